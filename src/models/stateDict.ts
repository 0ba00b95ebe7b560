import { lastOfChain, lastOfSequence } from "./layerOrder.ts";
import type { ModelOutput, StoredTensor } from "./model.ts";
import { isNumberedAfter, normalisationAfter, outputsBeside } from "./otherOutputs.ts";
import {
  clarity,
  clarityOf,
  isBiasName,
  isInBlock,
  parts,
  type Shapes,
  splitName,
  weightNames,
} from "./tensorNames.ts";

/** The outputs of a file that holds only named tensors: those that the names tell, else all candidates, and why. */
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
 * or the last of numbered siblings, as in PyTorch's Sequential; or the last of a chain: `conv1`, `fc1`, `fc2`, each with
 * as many inputs as the one before has units. Layers that could be outputs as well are outputs too, so that the user
 * is asked. A layer named head that has no bias is the output too: one with none to set.
 */
export function outputsOfStateDict(tensors: ReadonlyMap<string, StoredTensor>, shapes: Shapes): FoundOutputs {
  const found = [...tensors].flatMap(([name, tensor]) => candidate(name, tensor, shapes) ?? []);
  const clearest = Math.max(0, ...found.map(({ layer }) => clarityOf(layer)));
  const isOfBlock = (layer: string) => isInBlock(layer) && clarityOf(layer) < clarity.byOtherWord;
  const rank = (layer: string) => (isOfBlock(layer) ? -1 : clarityOf(layer));
  const candidates = found.toSorted((a, b) => rank(b.layer) - rank(a.layer));
  const none = (reason: string) => ({ outputs: [], candidates, reason });
  if (clearest < clarity.byLastWord) {
    const bare = layersWithoutBias(shapes);
    if (bare.length === 1) return { outputs: bare, candidates };
  }
  if (candidates.length === 0)
    return none([...shapes.keys()].some(isBiasName) ? noCandidates : noBias(shapes));
  const pool = found.filter(({ layer }) => clarityOf(layer) === clearest);
  const named = clearest > 0 && pool.length === 1 ? pool[0] : undefined;
  const behind = named && layersWithoutBias(shapes).find(({ layer }) => isNumberedAfter(layer, named.layer));
  if (behind) return { outputs: [behind], candidates };
  const chosen = named ?? lastOfSequence(pool, shapes) ?? lastOfChain(pool, shapes);
  if (!chosen) {
    if (candidates.every(({ layer }) => isOfBlock(layer))) {
      return { outputs: [], candidates: [], reason: noBias(shapes, candidates[0].layer) };
    }
    const count = candidates.length === 1 ? "one" : candidates.length;
    return none(
      `the file holds named tensors only, and ${count} of them could be the bias of an output layer`,
    );
  }
  const norm = normalisationAfter(chosen, shapes);
  if (norm !== undefined) {
    return none(
      `layer ${norm} looks like a normalisation after ${chosen.layer}, which would cancel its bias; set the shift of the normalisation with --tensor if that is the output`,
    );
  }
  return { outputs: [chosen, ...outputsBeside(chosen, candidates, shapes)], candidates };
}

const noCandidates =
  "no tensor looks like the bias of an output layer (a vector called bias beside a weight of rank 2 or more); if one is, name it with --tensor";

/** Why no output is found where the output layer has no bias, as in GPT-2 and T5, whose output layer is the embedding. */
function noBias(shapes: Shapes, blocks?: string): string {
  const packed = [...shapes].findLast(([name, shape]) => /_packed_params/.test(name) && shape.length === 1);
  if (packed) {
    return `PyTorch has quantised the layers and packed each bias with its weight; the last one is ${packed[0]}: set it with --tensor, or set the bias before quantising`;
  }
  const embedding = [...shapes.keys()].find((name) => /embed|wte|shared/i.test(name));
  const tied = embedding === undefined ? "" : ` (the output layer may be tied to ${embedding})`;
  if (blocks === undefined) return `the file has no bias at all${tied}; ${addInCode}`;
  return `no bias of an output layer is in the file, only those of repeated blocks, such as ${blocks}${tied}; if one is the output's, name it with --tensor, else ${addInCode}`;
}

/** What to do where the model's code would ignore a bias that is added to the file. */
export const addInCode =
  "add the bias to the outputs in the model's code (baserate solve prints it), or check the model with baserate check";

function candidate(name: string, tensor: StoredTensor, shapes: Shapes): ModelOutput | undefined {
  if (!isBiasName(name) || tensor.shape.length !== 1) return undefined;
  const { layer } = splitName(name);
  const units = tensor.shape[0];
  const weight = weightOf(name, units, shapes);
  if (!weight || shapes.has(`${layer}/recurrent_kernel`)) return undefined;
  return {
    name: /[./]/.test(name) ? layer : name,
    layer: layer || name,
    units,
    convolution: weight.length > 2,
    bias: tensor,
    described: false,
  };
}

/** The weight beside a bias; that of a part of the layer where it is parametrized, or tied to an embedding. */
function weightOf(bias: string, units: number, shapes: Shapes): readonly number[] | undefined {
  const { layer } = splitName(bias);
  const fits = (shape: readonly number[]) =>
    shape.length > 1 && (shape[0] === units || shape.at(-1) === units);
  const isTied = clarityOf(layer) === clarity.byLastWord || /(^|[./])predictions$/.test(layer);
  let fallback: readonly number[] | undefined;
  for (const [name, shape] of shapes) {
    const own = splitName(name);
    if (own.layer === layer && weightNames.includes(own.part)) return fits(shape) ? shape : undefined;
    const isWithin = layer !== "" && name.startsWith(layer) && /[./]/.test(name[layer.length] ?? "");
    const isEmbedding = isTied && /embed/i.test(name) && shape[0] === units;
    if ((isWithin || isEmbedding) && fits(shape)) fallback ??= shape;
  }
  return fallback;
}

/** Layers that are certainly outputs by their names and have a weight, but no bias. */
function layersWithoutBias(shapes: Shapes): ModelOutput[] {
  const bare: ModelOutput[] = [];
  for (const [name, shape] of shapes) {
    const { layer, part } = splitName(name);
    if (shape.length < 2 || !weightNames.includes(part) || clarityOf(layer) < clarity.byLastWord) continue;
    if (shapes.has(`${name.slice(0, -part.length)}bias`)) continue;
    const units = parts(name).at(-1) === "weight" ? shape[0] : shape.at(-1)!;
    const reason = `layer ${layer} has a weight but no bias, and code that loads the file would ignore an added one; ${addInCode}`;
    bare.push({ name: layer, layer, units, convolution: shape.length > 2, described: false, reason });
  }
  return bare;
}
