import type { ModelOutput } from "./model.ts";
import { parts, type Shapes } from "./tensorNames.ts";

/**
 * The candidate with the highest number, where all are numbered children of one parent: `net.0`, `net.2`, `net.4`; not
 * if a weight without a bias has a higher one.
 */
export function lastOfSequence(candidates: readonly ModelOutput[], shapes: Shapes): ModelOutput | undefined {
  const numbered = candidates.map((output) => {
    const match = /^(.*?)(\d+)$/.exec(output.layer);
    return { output, parent: match?.[1], index: Number(match?.[2]) };
  });
  const parent = numbered[0].parent;
  const isSequence = numbered.every(
    ({ parent: own, index }) =>
      own !== undefined && own === parent && /(^|[./])$/.test(own) && Number.isSafeInteger(index),
  );
  if (!isSequence) return undefined;
  const last = numbered.reduce((latest, next) => (next.index > latest.index ? next : latest));
  const behind = [...shapes].some(([name, shape]) => {
    const number = name.startsWith(parent!) ? /^\d+(?=[./])/.exec(name.slice(parent!.length)) : null;
    return shape.length > 1 && Number(number?.[0] ?? 0) > last.index;
  });
  return behind ? undefined : last.output;
}

/**
 * The last layer of a chain of all candidates in which each feeds the next one: in the file's order, or in the only
 * other one that is possible. Not if a weight without a bias takes the last one's units.
 */
export function lastOfChain(candidates: readonly ModelOutput[], shapes: Shapes): ModelOutput | undefined {
  const inputs = (layer: string) =>
    [...shapes].flatMap(([name, shape]) =>
      shape.length > 1 && (name.startsWith(`${layer}.`) || name.startsWith(`${layer}/`))
        ? inputsOf(name, shape)
        : [],
    );
  const isFedBy = (output: ModelOutput, before: ModelOutput) =>
    inputs(output.layer).some((count) => feeds(before, output, count));
  const isChain = candidates.every((output, i) => i === 0 || isFedBy(output, candidates[i - 1]));
  const last = isChain ? candidates.at(-1)! : lastOfOnlyOrder(candidates, isFedBy);
  if (!last) return undefined;
  const own = candidates.flatMap(({ layer }) => [`${layer}.`, `${layer}/`]);
  const isTaken = [...shapes].some(
    ([name, shape]) =>
      shape.length > 1 &&
      !own.some((prefix) => name.startsWith(prefix)) &&
      inputsOf(name, shape) === last.units,
  );
  return isTaken ? undefined : last;
}

/** The end of the chain, if every candidate but one feeds exactly one other, and they form one chain. */
function lastOfOnlyOrder(
  candidates: readonly ModelOutput[],
  isFedBy: (output: ModelOutput, before: ModelOutput) => boolean,
): ModelOutput | undefined {
  const next = new Map(
    candidates.map((one) => [one, candidates.filter((other) => other !== one && isFedBy(other, one))]),
  );
  const ends = candidates.filter((one) => next.get(one)!.length === 0);
  const [start, ...otherStarts] = candidates.filter((one) => ![...next.values()].flat().includes(one));
  if (ends.length !== 1 || !start || otherStarts.length > 0) return undefined;
  const seen = new Set<ModelOutput>();
  let at = start;
  for (; !seen.has(at); [at = at] = next.get(at)!) {
    seen.add(at);
    if (next.get(at)!.length > 1) return undefined;
  }
  return seen.size === candidates.length ? ends[0] : undefined;
}

/** A convolution's channels are flattened before a dense layer: it has channels x places inputs. */
export function feeds(before: ModelOutput, next: ModelOutput, inputs: number): boolean {
  const isFlattened = before.convolution && !next.convolution;
  return isFlattened ? inputs % before.units! === 0 : inputs === before.units;
}

/** Inputs of a weight: PyTorch has [out, in, ...] and calls it weight, weight_ih_l0 or parametrizations.weight.original1. */
export function inputsOf(name: string, shape: readonly number[]): number {
  return parts(name).some((word) => /^weight(_|$)/.test(word)) ? shape[1] : shape.at(-2)!;
}
