import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { fileError } from "../files/openByteSource.ts";
import { resolveAll } from "../heads/bind.ts";
import { linkOf } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import type { Link } from "../heads/links.ts";
import type { Options } from "../heads/options.ts";
import { type Solution, solve } from "../heads/solve.ts";
import type { BiasChange } from "../models/editBias.ts";
import { isDatabaseAddress } from "../tables/databases/address.ts";
import { readings } from "../tables/labelChoices.ts";
import { tableFormats } from "../tables/table.ts";
import { type LabelFlags, labelsOf } from "./labelFlags.ts";

/** A change, and where its numbers come from if they were solved for. */
export interface IntendedBias extends BiasChange {
  readonly solved?: SolvedBias;
}

export interface SolvedBias {
  readonly solution: Solution;
  /** What was read, in a line. */
  readonly source: string;
  readonly link: Link;
}

/** The bias of labels under a loss. Throws an InputError where there is none. */
export async function solveBias(
  loss: string,
  file: string | undefined,
  flags: LabelFlags,
  options: Options,
): Promise<{ values: readonly number[]; solved: SolvedBias }> {
  const { head, options: implied } = findHead(loss);
  const { summary, source, warnings = [] } = await labelsOf(head, file, flags);
  const solved = solve(loss, summary, options);
  const solution = { ...solved, warnings: [...warnings, ...solved.warnings] };
  if (solution.kind === "none") {
    throw new InputError(`${solution.head} has no optimal bias: ${solution.reason}; ${solution.instead}`);
  }
  const link = linkOf(head, resolveAll(head, { ...implied, ...options }));
  return { values: solution.bias, solved: { solution, source, link } };
}

const list = z.array(z.number()).min(1);
/** What `baserate solve --json` prints. */
const solution = z.looseObject({ head: z.string(), bias: list });
const source = z.strictObject({
  labels: z.string().optional(),
  loss: z.string(),
  counts: list.optional(),
  column: z.union([z.string().transform((text) => text.split(",")), z.array(z.string())]).optional(),
  table: z.string().optional(),
  query: z.string().optional(),
  where: z.string().optional(),
  weightColumn: z.string().optional(),
  countColumn: z.string().optional(),
  classes: z.union([z.number(), z.array(z.string())]).optional(),
  ignoreIndex: z.union([z.number(), z.string()]).optional(),
  as: z.enum(readings).optional(),
  missing: z.enum(["refuse", "skip"]).optional(),
  format: z.enum(tableFormats).optional(),
  encoding: z.string().optional(),
  header: z.boolean().optional(),
  options: z.record(z.string(), z.union([z.number(), z.string(), z.array(z.number())])).optional(),
});
const several = z.record(z.string(), z.union([list, z.strictObject({ bias: list }), source]));

/**
 * A file of biases: a list for the one output there is; an object with an entry for each output, which is a list,
 * {bias: list}, or labels (or counts) and a loss, with the flags of `baserate solve` in camel case; or what `baserate
 * solve --json` prints. Paths in it count from its folder.
 */
export async function readBiases(path: string): Promise<IntendedBias[]> {
  const content = await parse(path);
  const plain = list.safeParse(content);
  if (plain.success) return [{ values: plain.data }];
  const one = solution.safeParse(content);
  if (one.success) return [{ values: one.data.bias }];
  const found = several.safeParse(content);
  if (!found.success || Object.keys(found.data).length === 0) {
    throw new InputError(
      `${path}: expected a list of numbers, {output: list}, or {output: {labels or counts, loss}}`,
    );
  }
  const intended: IntendedBias[] = [];
  for (const [output, entry] of Object.entries(found.data)) {
    if (Array.isArray(entry)) intended.push({ output, values: entry });
    else if ("bias" in entry) intended.push({ output, values: entry.bias });
    else intended.push({ output, ...(await fromLabels(path, entry)) });
  }
  return intended;
}

function fromLabels(path: string, { loss, labels, options = {}, ...flags }: z.infer<typeof source>) {
  const isPath = labels !== undefined && !isDatabaseAddress(labels);
  const file = isPath ? resolve(dirname(path), labels) : labels;
  const { counts, ignoreIndex } = flags;
  return solveBias(
    loss,
    file,
    {
      ...flags,
      counts: counts?.join(","),
      ignoreIndex: ignoreIndex?.toString(),
    },
    options,
  );
}

/** YAML, of which JSON is a part. */
async function parse(path: string): Promise<unknown> {
  const { parse: parseYaml, YAMLParseError } = await import("yaml");
  try {
    return parseYaml(await readFile(path, "utf8"));
  } catch (error) {
    const isTooDeep = error instanceof RangeError;
    const why =
      error instanceof YAMLParseError
        ? error.message.split("\n")[0]
        : isTooDeep
          ? "its lists are nested too deep"
          : fileError(error);
    throw new InputError(`${path}: ${why}`);
  }
}
