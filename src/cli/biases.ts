import { readFile } from "node:fs/promises";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { type Solution, solve } from "../heads/solve.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import type { Change } from "../models/apply.ts";
import { readable } from "../models/disk.ts";

/** Where one output's bias comes from: label statistics and a loss, or numbers. */
export interface BiasSource {
  readonly counts?: readonly number[];
  readonly loss?: string;
  readonly options?: Readonly<Record<string, number | string | number[]>>;
  readonly bias?: string;
}

/** A change, and the solution it comes from, if it was solved for. */
export type Intended = Change & { readonly solution?: Solution };

const list = z.array(z.number()).min(1);
/** What `baserate solve --json` prints. */
const solved = z.looseObject({ head: z.string(), bias: list });
const headsFile = z.record(
  z.string(),
  z.union([
    list,
    z.strictObject({ bias: list }),
    z.strictObject({
      counts: list,
      loss: z.string(),
      options: z.record(z.string(), z.union([z.number(), z.string(), z.array(z.number())])).optional(),
    }),
  ]),
);

/** The bias of counts under a loss. Throws an InputError where there is none. */
export async function biasOf({
  counts,
  loss,
  options,
}: BiasSource): Promise<{ values: readonly number[]; solution: Solution }> {
  if (loss === undefined)
    throw new InputError("--counts needs the loss as well: --loss softmax, for instance");
  const solution = solve(loss, fromCounts(counts!), options);
  if (solution.kind === "none") {
    throw new InputError(`${solution.head} has no optimal bias: ${solution.reason}; ${solution.instead}`);
  }
  return { values: solution.bias, solution };
}

/**
 * A file of biases: a list for the one output there is, an object with a list (or, in a file of heads, counts and a
 * loss) for each output, or what `baserate solve --json` prints.
 */
export async function readBiases(path: string): Promise<Intended[]> {
  const content = await parse(path);
  const plain = list.safeParse(content);
  if (plain.success) return [{ values: plain.data }];
  const one = solved.safeParse(content);
  if (one.success) return [{ values: one.data.bias }];
  const several = headsFile.safeParse(content);
  if (!several.success || Object.keys(several.data).length === 0) {
    throw new InputError(
      `${path}: neither a list of numbers, nor {output: list of numbers}, nor {output: {counts: list, loss: name}}`,
    );
  }
  const entries = Object.entries(several.data).map(async ([output, source]): Promise<Intended> => {
    if (Array.isArray(source)) return { output, values: source };
    return "bias" in source ? { output, values: source.bias } : { output, ...(await biasOf(source)) };
  });
  return Promise.all(entries);
}

/** YAML, of which JSON is a part. */
async function parse(path: string): Promise<unknown> {
  const { parse: parseYaml, YAMLParseError } = await import("yaml");
  try {
    return parseYaml(await readFile(path, "utf8"));
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw new InputError(`${path}: ${readable(error)}`);
    throw new InputError(`${path}: ${error.message.split("\n")[0]}`);
  }
}
