import { inputsOf } from "./layerOrder.ts";
import type { ModelOutput } from "./model.ts";
import { isInBlock, parts, type Shapes, splitName } from "./tensorNames.ts";

/** Names of networks that are kept in one file with others; each has an output of its own. */
const networkNames = /^(generator|discriminator|actor|critic|teacher|student|online|target)$/i;
/** Names under which model code keeps outputs side by side rather than one after the other. */
const listNames = /^(heads|outputs|classifiers|regressors)$/i;

/**
 * The candidates that are outputs beside the chosen one. They are outside of repeated blocks, and no other layer has as
 * many inputs as they have units; or they are the last layers of another network, or numbered beside the chosen one
 * in a list called heads.
 */
export function outputsBeside(
  chosen: ModelOutput,
  candidates: readonly ModelOutput[],
  shapes: Shapes,
): ModelOutput[] {
  const network = networkOf(chosen.layer);
  const others = candidates.filter(
    (other) => other !== chosen && !isInBlock(other.layer) && !other.layer.startsWith(`${chosen.layer}.`),
  );
  const ends = others.filter(
    (other) => isEnd(other, chosen, candidates, shapes) || isListedWith(chosen, other, shapes),
  );
  const networks = new Map<string, ModelOutput>();
  for (const other of others) {
    const own = networkOf(other.layer);
    if (own !== undefined && own !== network) networks.set(own, later(networks.get(own), other));
  }
  return [...new Set([...ends, ...(network === undefined ? [] : networks.values())])];
}

const networkOf = (layer: string) => parts(layer).find((word) => networkNames.test(word));

/** The one with the higher last number, else the second. */
function later(before: ModelOutput | undefined, next: ModelOutput): ModelOutput {
  const number = ({ layer }: ModelOutput) => Number(/(\d+)$/.exec(layer)?.[1] ?? 0);
  return before && number(before) > number(next) ? before : next;
}

/** A weight of rank 2 or more: its name, its layer, and how many inputs it takes. */
interface Weight {
  readonly layer: string;
  readonly inputs: number;
  readonly isMatrix: boolean;
}

/** All weights that mix channels, in the file's order; convolutions of each channel alone (depthwise) do not. */
function weightsOf(shapes: Shapes): Weight[] {
  return [...shapes].flatMap(([name, shape]) => {
    if (shape.length < 2) return [];
    const inputs = inputsOf(name, shape);
    if (shape.length > 2 && inputs === 1) return [];
    return [{ layer: splitName(name).layer, inputs, isMatrix: shape.length === 2 }];
  });
}

/**
 * Whether no other layer takes the candidate's units as its inputs: whole, flattened, or split in 2 to 4 equal parts.
 * A layer that comes earlier in the file does not, unless the names are sorted, as safetensors sorts them.
 */
function isEnd(
  candidate: ModelOutput,
  chosen: ModelOutput,
  all: readonly ModelOutput[],
  shapes: Shapes,
): boolean {
  const { layer, units = 0, convolution } = candidate;
  const weights = weightsOf(shapes);
  const isWithin = (name: string) =>
    name === layer || name.startsWith(`${layer}.`) || name.startsWith(`${layer}/`);
  const own = weights.findLastIndex((weight) => isWithin(weight.layer));
  if (own < 0) return false;
  const feedsChosen = weights.some((weight) => weight.layer === chosen.layer && takes(weight.inputs, units));
  if (feedsChosen) return false;
  const names = [...shapes.keys()];
  const isSorted = names.every((name, i) => i === 0 || names[i - 1] <= name);
  const isCoincidence = isDataWidth(candidate, chosen, all, weights, shapes);
  return !weights.some((weight, i) => {
    if (isWithin(weight.layer) || (!isSorted && i < own)) return false;
    if (takes(weight.inputs, units)) return !(weight.inputs === units && isCoincidence);
    return convolution && weight.isMatrix && weight.inputs > units && weight.inputs % units === 0;
  });
}

/** Query, key and value, or the gates of a unit, are computed by one layer and split. Outputs are rarely that wide. */
const takes = (inputs: number, units: number) =>
  inputs === units || (units >= 8 && [2, 3, 4].some((count) => inputs * count === units));

/**
 * Whether the layers with as many inputs as the candidate has units must take the data instead: no other layer could,
 * and none but possible outputs has so many units. Three classes are as many as the channels of an image.
 */
function isDataWidth(
  { units }: ModelOutput,
  chosen: ModelOutput,
  all: readonly ModelOutput[],
  weights: readonly Weight[],
  shapes: Shapes,
): boolean {
  const made = new Set([...all.map((one) => one.units), chosen.units]);
  const widths = new Set(
    [...shapes.values()].filter((shape) => shape.length === 1).map(([length]) => length),
  );
  const hasSource =
    [...shapes.keys()].some((name) => /embed|wte/i.test(name)) ||
    weights.some(({ inputs }) => !made.has(inputs) && !widths.has(inputs));
  const isMadeInside = all.some((one) => one.units === units && isInBlock(one.layer));
  return !hasSource && !isMadeInside;
}

/** Whether both are numbered in one list called heads, and take the same number of inputs. */
function isListedWith(chosen: ModelOutput, other: ModelOutput, shapes: Shapes): boolean {
  const [a, b] = [parts(chosen.layer), parts(other.layer)];
  const isListed =
    a.length === b.length &&
    a.slice(0, -1).join(".") === b.slice(0, -1).join(".") &&
    listNames.test(a.at(-2) ?? "");
  const inputs = ({ layer }: ModelOutput) =>
    [...shapes].find(([name, shape]) => shape.length > 1 && splitName(name).layer === layer);
  const [first, second] = [inputs(chosen), inputs(other)];
  return (
    isListed && first !== undefined && second !== undefined && inputsOf(...first) === inputsOf(...second)
  );
}

const shiftParts = /^(bias|beta|offset|b)$/;
const statisticParts = /^(weight|scale|gamma|running_mean|running_var|moving_mean|moving_variance|mean|var)$/;
/** A normalisation without scale and shift has these alone. */
const varianceParts = /^(running_var|moving_variance|var)$/;

/**
 * The layer that looks like a normalisation of the chosen layer's units: vectors of that length for scale and shift,
 * or for a running variance, without a matrix, behind it in a numbered sequence, or where no other layer is as wide.
 */
export function normalisationAfter(chosen: ModelOutput, shapes: Shapes): string | undefined {
  const layers = new Map<string, string[]>();
  for (const [name, shape] of shapes) {
    const { layer, part } = splitName(name);
    if (shape.length === 1 && shape[0] === chosen.units)
      layers.set(layer, [...(layers.get(layer) ?? []), part]);
  }
  const isOnlyOne = ![...shapes].some(
    ([name, shape]) =>
      shape.length > 1 &&
      splitName(name).layer !== chosen.layer &&
      !name.startsWith(`${chosen.layer}.`) &&
      shape.includes(chosen.units!),
  );
  for (const [layer, names] of layers) {
    const hasMatrix = [...shapes].some(
      ([name, shape]) => shape.length > 1 && splitName(name).layer === layer,
    );
    const isNorm =
      names.some((part) => varianceParts.test(part)) ||
      (names.some((part) => shiftParts.test(part)) && names.some((part) => statisticParts.test(part)));
    if (hasMatrix || !isNorm) continue;
    if (isOnlyOne || isNumberedAfter(layer, chosen.layer)) return layer;
  }
  return undefined;
}

/** Whether a layer comes after another in one numbered sequence, as `classifier.5` does after `classifier.3`. */
export function isNumberedAfter(layer: string, before: string): boolean {
  const [a, b] = [layer, before].map((name) => /^(.*?)(\d+)$/.exec(name));
  return a !== null && b !== null && a[1] === b[1] && Number(a[2]) > Number(b[2]);
}
