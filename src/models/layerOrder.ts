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

/** The last candidate, if each feeds the next one in the file's order, and no weight without a bias takes the last one's units. */
export function lastOfChain(candidates: readonly ModelOutput[], shapes: Shapes): ModelOutput | undefined {
  const inputs = (layer: string) =>
    [...shapes].flatMap(([name, shape]) =>
      shape.length > 1 && (name.startsWith(`${layer}.`) || name.startsWith(`${layer}/`))
        ? inputsOf(name, shape)
        : [],
    );
  const isChain = candidates.every((output, i) => {
    const before = candidates[i - 1];
    return !before || inputs(output.layer).some((count) => feeds(before, output, count));
  });
  const last = candidates.at(-1)!;
  const own = candidates.flatMap(({ layer }) => [`${layer}.`, `${layer}/`]);
  const isTaken = [...shapes].some(
    ([name, shape]) =>
      shape.length > 1 &&
      !own.some((prefix) => name.startsWith(prefix)) &&
      inputsOf(name, shape) === last.units,
  );
  return isChain && !isTaken ? last : undefined;
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
