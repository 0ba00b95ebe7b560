import type { ModelOutput, StoredTensor } from "./model.ts";

/** The last parts of the name of a layer's bias: "bias" in PyTorch and Flax, "b" in Haiku and often in NumPy code. */
const biasNames = new Set(["bias", "b"]);
/** The same for its weight: PyTorch's has shape [out, in, ...], the others' have [..., in, out]. */
const weightNames = ["weight", "kernel", "w"];

/** Names that model code gives to the output layer, in PyTorch, timm, transformers, Flax and Keras. */
const outputNames =
  /^(head|heads|fc|fc_?out|lm_head|classifier|cls|classification_head|class_?embed|score|scorer|logits|out|output|outputs|predictions?|probs|probabilities|regressor|final|last_linear|qa_outputs|vocab_projector)$/i;
/** A part of a name that numbers the blocks of a stack: `layers.3`, `Block_3`. */
const blockNumber = /(^|_)\d+$/;

type Shapes = ReadonlyMap<string, readonly number[]>;

/** The outputs of a file that holds only named tensors: the output if it is clear, else all candidates, and why. */
export interface FoundOutputs {
  readonly outputs: readonly ModelOutput[];
  /** The likeliest first. */
  readonly candidates: readonly ModelOutput[];
  readonly reason?: string;
}

/**
 * Finds the output layer among named tensors. `shapes` has all tensors' shapes (of any type); `tensors` those that can
 * be a bias. A candidate is a vector called bias beside a weight of rank 2 or more with that many outputs (which leaves
 * out normalisations). Of those whose name says head, classifier, fc, ..., or of all if none does, it is the only one;
 * or the last of numbered siblings, as in torch's Sequential; or the last of a chain: `conv1`, `fc1`, `fc2`, each with as
 * many inputs as the one before has units. A layer named head that has no bias is the output too: one with none to set.
 */
export function outputsOfStateDict(tensors: ReadonlyMap<string, StoredTensor>, shapes: Shapes): FoundOutputs {
  const found = [...tensors].flatMap(([name, tensor]) => candidate(name, tensor, shapes) ?? []);
  const likeliest = Math.max(0, ...found.map(({ layer }) => likeliness(layer)));
  const candidates = found.sort((a, b) => likeliness(b.layer) - likeliness(a.layer));
  if (likeliest < surely) {
    const [bare, ...others] = layersWithoutBias(shapes);
    if (bare && others.length === 0) return { outputs: [bare], candidates };
  }
  if (candidates.length === 0) {
    return {
      outputs: [],
      candidates,
      reason:
        "no tensor looks like the bias of an output layer (a vector called bias beside a weight of rank 2 or more); name one with --tensor",
    };
  }
  const pool = candidates.filter(({ layer }) => likeliness(layer) === likeliest);
  const named = likeliest > 0 && pool.length === 1 ? pool[0] : undefined;
  const chosen = named ?? lastOfSequence(pool, shapes) ?? lastOfChain(pool, shapes);
  if (chosen) return { outputs: [chosen], candidates };
  const count = candidates.length === 1 ? "one" : candidates.length;
  return {
    outputs: [],
    candidates,
    reason: `the file holds named tensors only, and ${count} of them could be the bias of an output layer`,
  };
}

function parts(name: string): string[] {
  return name.split(/[./]/);
}

function candidate(name: string, tensor: StoredTensor, shapes: Shapes): ModelOutput | undefined {
  const last = parts(name).at(-1)!;
  if (!biasNames.has(last) || tensor.shape.length !== 1) return undefined;
  const prefix = name.slice(0, name.length - last.length);
  const units = tensor.shape[0];
  const weight = weightOf(prefix, units, shapes);
  if (!weight || shapes.has(`${prefix}recurrent_kernel`)) return undefined;
  const layer = prefix.slice(0, -1);
  return { name: layer || name, layer: layer || name, units, convolution: weight.length > 2, bias: tensor };
}

/** The weight beside a bias; that of a part of the layer where it is parametrized, or tied to an embedding. */
function weightOf(prefix: string, units: number, shapes: Shapes): readonly number[] | undefined {
  const fits = (shape: readonly number[] | undefined) =>
    shape !== undefined && shape.length > 1 && (shape[0] === units || shape.at(-1) === units);
  const own = weightNames.map((word) => shapes.get(prefix + word)).find((shape) => shape);
  if (own) return fits(own) ? own : undefined;
  const isTied = likeliness(prefix.slice(0, -1)) === surely;
  for (const [name, shape] of shapes) {
    const within = prefix !== "" && name.startsWith(prefix);
    if ((within || (isTied && /embed/i.test(name) && shape[0] === units)) && fits(shape)) return shape;
  }
  return undefined;
}

const surely = 3;

/** How clearly a layer's name says that it is an output: 3 by its last word, 2 by another word, 1 by a word within a numbered block, 0 not at all. */
function likeliness(layer: string): number {
  const words = parts(layer);
  const at = words.findLastIndex((word) => outputNames.test(word));
  if (at < 0) return 0;
  if (words.slice(0, at).some((word) => blockNumber.test(word))) return 1;
  return words.slice(at + 1).every((word) => /^\d+$/.test(word)) ? surely : 2;
}

/** Layers that are certainly outputs by their names and have a weight, but no bias. */
function layersWithoutBias(shapes: Shapes): ModelOutput[] {
  const bare: ModelOutput[] = [];
  for (const [name, shape] of shapes) {
    const words = parts(name);
    const layer = name.slice(0, -words.at(-1)!.length - 1);
    if (shape.length < 2 || !weightNames.includes(words.at(-1)!) || likeliness(layer) < surely) continue;
    const units = words.at(-1) === "weight" ? shape[0] : shape.at(-1)!;
    const reason = `the file has no bias for layer ${layer}, only a weight; build it with a bias and save again, or name another tensor with --tensor`;
    bare.push({ name: layer, layer, units, convolution: shape.length > 2, reason });
  }
  return bare;
}

/**
 * The candidate with the highest number, where all are numbered children of one parent: `net.0`, `net.2`, `net.4`; not
 * if a weight without a bias has a higher one.
 */
function lastOfSequence(candidates: readonly ModelOutput[], shapes: Shapes): ModelOutput | undefined {
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
function lastOfChain(candidates: readonly ModelOutput[], shapes: Shapes): ModelOutput | undefined {
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
function feeds(before: ModelOutput, next: ModelOutput, inputs: number): boolean {
  const isFlattened = before.convolution && !next.convolution;
  return isFlattened ? inputs % before.units! === 0 : inputs === before.units;
}

/** The weights of recurrent layers in PyTorch are called `weight_ih_l0`. */
function inputsOf(name: string, shape: readonly number[]): number {
  return parts(name).at(-1)!.startsWith("weight") ? shape[1] : shape.at(-2)!;
}
