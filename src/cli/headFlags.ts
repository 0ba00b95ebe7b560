import type { Command } from "commander";
import { commonOptions } from "../heads/bind.ts";
import { findHead } from "../heads/index.ts";
import { type OptionSpec, type Options, optionFromText, rangeText } from "../heads/options.ts";
import { kebab } from "./options.ts";

/** Adds the options of a loss as flags, from their descriptions: `labelSmoothing` becomes `--label-smoothing <number>`. */
export function addHeadFlags(command: Command, loss: string): void {
  const { head, options: implied } = findHead(loss);
  for (const [name, spec] of Object.entries(specsOf(loss))) {
    command.addOption(
      command
        .createOption(`--${kebab(name)} <${valueName(spec)}>`, helpText(spec, implied[name] ?? spec.default))
        .argParser((text) => optionFromText(spec, text))
        .helpGroup(`Options of ${head.name}:`),
    );
  }
}

/** The given flags that are options of the head, by name. */
export function headOptions(loss: string, flags: Readonly<Record<string, unknown>>): Options {
  const given = Object.keys(specsOf(loss)).filter((name) => flags[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, flags[name] as Options[string]]));
}

/** The loss that the command line names. It decides which options exist, so it is found before parsing. */
export function namedLoss(argv: readonly string[]): string {
  const at = argv.findIndex((word) => word === "--loss" || word.startsWith("--loss="));
  const loss = at < 0 ? undefined : argv[at] === "--loss" ? argv[at + 1] : argv[at].slice("--loss=".length);
  return loss ?? "softmax";
}

const specsOf = (loss: string): Readonly<Record<string, OptionSpec>> => ({
  ...findHead(loss).head.options,
  ...commonOptions,
});

function valueName(spec: OptionSpec): string {
  if (spec.type === "choice") return spec.choices.join("|");
  return spec.type === "list" ? `numbers${spec.balanced ? "|balanced" : ""}` : "number";
}

function helpText(spec: OptionSpec, value: unknown): string {
  const range = spec.type === "choice" ? "" : `; ${rangeText(spec.range)}`;
  const standard = Array.isArray(value) ? "1" : String(value);
  return `${spec.doc}${range} (default: ${standard})`;
}
