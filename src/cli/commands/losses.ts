import type { Command } from "commander";
import { linkText } from "../../heads/bind.ts";
import { familyTitles } from "../../heads/familyTitles.ts";
import type { FrameworkName, Head } from "../../heads/head.ts";
import { type FoundHead, findHead, heads } from "../../heads/index.ts";
import { type OptionSpec, rangeText } from "../../heads/options.ts";
import { kebab } from "../options.ts";
import { wrap } from "../text.ts";

export function describe(command: Command): void {
  command
    .argument("[name]", "name of a loss to explain: baserate's, or a framework's, written as in code")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ baserate losses keras.losses.BinaryFocalCrossentropy")
    .action((name: string | undefined, { json }: { json?: true }) => {
      if (name === undefined) console.log(json ? toJson(heads.map(record)) : catalogue());
      else {
        const found = findHead(name);
        console.log(json ? toJson({ ...record(found.head), found: conventions(found) }) : explanation(found));
      }
    });
}

const toJson = (value: unknown) => JSON.stringify(value, null, 2);

/** The description of a head; JSON has no functions and no infinite numbers. */
const record = (head: Head) => {
  const { domain: _, ...rest } = head;
  return { ...rest, link: linkText(head) };
};

const conventions = ({ framework, options }: FoundHead) =>
  framework ? { name: framework.name, options, note: framework.note } : null;

function catalogue(): string {
  const widest = Math.max(...heads.map(({ name }) => name.length));
  const sections = Object.entries(familyTitles).map(([family, title]) => {
    const lines = heads
      .filter((head) => head.family === family)
      .map(({ name, summary, none }) => `  ${name.padEnd(widest)}  ${summary}${none ? " (no bias)" : ""}`);
    return [title, ...lines].join("\n");
  });
  return [...sections, "baserate losses NAME explains one."].join("\n\n");
}

function explanation(found: FoundHead): string {
  const { head } = found;
  const { formula, none } = head;
  const term = (name: string, text: string) => wrap(`${name.padEnd(12)}${text}`, 12);
  const paragraphs = [
    [`${head.name}: ${head.summary}`],
    found.framework
      ? [term("found as", `${fullName(found.framework)}: ${found.framework.note}`), ...implied(found)]
      : [],
    [
      term("link", linkText(head)),
      term("loss", formula.loss[0]),
      term(none ? "optimum" : "best bias", formula.optimum[0]),
      term("then loss", formula.expected[0]),
    ],
    [
      wrap(head.derivation, 0),
      ...(none ? [wrap(`Why none: ${none.reason}.`, 0), wrap(`Instead: ${none.instead}.`, 0)] : []),
    ],
    Object.entries(head.options).map(([name, spec]) => wrap(`--${kebab(name)}  ${optionText(spec)}`, 4)),
    head.names.map((one) => wrap(`${fullName(one)}: ${one.note}`, 4)),
    [wrap(`Reference: ${head.reference}.`, 4)],
  ];
  return paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** The usual spelling: names in boosting libraries are preceded by the library. */
const fullName = ({ framework, name }: FrameworkName) =>
  ["xgboost", "lightgbm", "catboost"].includes(framework) ? `${framework} ${name}` : name;

function implied({ options }: FoundHead): string[] {
  const entries = Object.entries(options);
  if (entries.length === 0) return [];
  return [
    wrap(`${"".padEnd(12)}implies ${entries.map(([name, value]) => `${name} = ${value}`).join(", ")}`, 12),
  ];
}

function optionText(spec: OptionSpec): string {
  const allowed = spec.type === "choice" ? spec.choices.join(" or ") : rangeText(spec.range);
  const standard = spec.type === "list" ? "1" : spec.default;
  return `${spec.doc} (${allowed}; default ${standard})`;
}
