import type { Output, Tensor } from "./model.ts";

/** Last parts of a name under which frameworks keep a layer's bias: torch and Flax "bias", Haiku and NumPy habits "b". */
const biasNames = new Set(["bias", "b"]);

/** Names that model code gives to the output layer, in torch, timm, transformers, Flax and Keras. */
const headNames =
  /^(head|heads|fc|fc_?out|lm_head|classifier|cls|classification_head|class_?embed|score|scorer|logits|out|output|outputs|predictions?|probs|probabilities|regressor|final|last_linear)$/i;

/** Where a file holds only named tensors: the output if it can be told, else all that could be meant, and why. */
export interface FoundOutputs {
  readonly outputs: readonly Output[];
  readonly candidates: readonly Output[];
  readonly reason?: string;
}

/**
 * Finds the output layer among named tensors. `shapes` has all tensors' shapes (of any type); `tensors` those that can
 * be a bias. A candidate is a vector called bias beside a weight of rank 2 or more with that many outputs (which leaves
 * out normalisations). It is chosen if it is the only one; or the only one of which a part of the name says head,
 * classifier, fc, ...; or the last of numbered siblings, as in torch's Sequential, where all candidates are siblings.
 */
export function outputsOfStateDict(
  tensors: ReadonlyMap<string, Tensor>,
  shapes: ReadonlyMap<string, readonly number[]>,
): FoundOutputs {
  const candidates: Output[] = [];
  for (const [name, tensor] of tensors) {
    const output = candidate(name, tensor, shapes);
    if (output) candidates.push(output);
  }
  if (candidates.length === 0) {
    return {
      outputs: [],
      candidates,
      reason:
        "no tensor looks like the bias of an output layer (a vector called bias beside a weight of rank 2 or more); name one with --tensor",
    };
  }
  const chosen = choose(candidates);
  if (chosen) return { outputs: [chosen], candidates };
  return {
    outputs: [],
    candidates,
    reason: `the file holds named tensors only, and ${candidates.length} of them could be the output layer's bias`,
  };
}

function parts(name: string): string[] {
  return name.split(/[./]/);
}

function candidate(
  name: string,
  tensor: Tensor,
  shapes: ReadonlyMap<string, readonly number[]>,
): Output | undefined {
  const last = parts(name).at(-1)!;
  if (!biasNames.has(last) || tensor.shape.length !== 1) return undefined;
  const prefix = name.slice(0, name.length - last.length);
  const units = tensor.shape[0];
  const weight = ["weight", "kernel", "w"].map((word) => shapes.get(prefix + word)).find((shape) => shape);
  // torch: outputs first (Linear, Conv); Keras and Flax: outputs last.
  if (!weight || weight.length < 2 || (weight[0] !== units && weight.at(-1) !== units)) return undefined;
  const layer = prefix.slice(0, -1);
  return { name: layer || name, layer: layer || name, units, convolution: weight.length > 2, bias: tensor };
}

function choose(candidates: readonly Output[]): Output | undefined {
  if (candidates.length === 1) return candidates[0];
  const heads = candidates.filter(({ layer }) => parts(layer).some((part) => headNames.test(part)));
  if (heads.length === 1) return heads[0];
  return lastOfSequence(heads.length > 0 ? heads : candidates);
}

/** The candidate with the highest number, where all are numbered children of one parent: `net.0`, `net.2`, `net.4`. */
function lastOfSequence(candidates: readonly Output[]): Output | undefined {
  const numbered = candidates.map((output) => {
    const match = /^(.*?)(\d+)$/.exec(output.layer);
    return { output, parent: match?.[1], index: Number(match?.[2]) };
  });
  const isSequence = numbered.every(
    ({ parent, index }) =>
      parent !== undefined &&
      parent === numbered[0].parent &&
      /(^|[./])$/.test(parent) &&
      Number.isSafeInteger(index),
  );
  if (!isSequence) return undefined;
  return numbered.reduce((last, next) => (next.index > last.index ? next : last)).output;
}
