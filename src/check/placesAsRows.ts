import { InputError } from "../errors.ts";
import { elementCount } from "../graph/tensor.ts";
import type { Head, Label } from "../heads/head.ts";
import { float64 } from "../math/float64.ts";

/** Numbers of any shape, row-major; the first axis runs over the inputs. */
export interface PlaceArray {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

export interface PlaceRows {
  /** N × K */
  readonly outputs: Float64Array;
  /** N labels, or N × K if each output has its own. */
  readonly labels: readonly Label[];
  readonly rows: number;
}

/**
 * What each label belongs to, by the shapes of outputs and labels: a whole input, a single place of it (pixel, token,
 * anchor; places share the output layer's bias), or one output of a place.
 */
export function labelsBelongTo(
  head: Head,
  outputs: readonly number[],
  labels: readonly number[],
): "input" | "place" | "output" {
  const axes = outputs.slice(1).filter((length) => length > 1).length;
  const places = labels.slice(1).filter((length) => length > 1).length;
  if (axes <= 1 || places < (head.reads === "classes" ? 1 : 2)) return "input";
  return isSame(labels, outputs) ? "output" : "place";
}

export interface PlaceOptions {
  /** The axis of K; by default the last or the second, whichever alone fits the labels. */
  readonly classAxis?: number;
}

/**
 * Turns the outputs of a network that predicts at many places of an input into rows: one row per place.
 *
 * @param outputs N × ... × K (Keras, JAX) or N × K × ... (PyTorch)
 * @param labels N × ..., one label per place; or of the outputs' shape, one per output
 * @throws InputError if the shapes do not fit together, or if both axes would fit
 */
export function placesAsRows(
  head: Head,
  outputs: PlaceArray,
  labels: PlaceArray,
  { classAxis }: PlaceOptions = {},
): PlaceRows {
  const axis = classAxis ?? findAxis(outputs.shape, labels.shape);
  if (!(Number.isInteger(axis) && axis >= 1 && axis < outputs.shape.length)) {
    throw new InputError(
      `invalid class axis: ${axis}; outputs of ${text(outputs.shape)} have axes 1 to ${outputs.shape.length - 1}`,
    );
  }
  const width = outputs.shape[axis];
  const rows = elementCount(outputs.shape) / width;
  const perOutput = isSame(labels.shape, outputs.shape);
  if (!perOutput && !isSame(without(outputs.shape, axis), labels.shape)) {
    throw misfit(outputs.shape, labels.shape);
  }
  const moved = axisLast(outputs, axis);
  const flat = perOutput ? axisLast(labels, axis) : labels.values;
  const isDistribution = perOutput && head.reads === "classes";
  return {
    outputs: moved,
    labels: isDistribution
      ? Array.from({ length: rows }, (_, i) => Array.prototype.slice.call(flat, i * width, (i + 1) * width))
      : Array.from(flat),
    rows,
  };
}

function findAxis(outputs: readonly number[], labels: readonly number[]): number {
  const last = outputs.length - 1;
  const perOutput = isSame(labels, outputs);
  const fitting = [1, last].filter((axis) =>
    perOutput
      ? outputs[axis] === 1 || outputs.slice(1).every((length) => length > 1)
      : isSame(without(outputs, axis), labels),
  );
  if (fitting.length === 1) return fitting[0];
  if (fitting.length === 0) throw misfit(outputs, labels);
  throw new InputError(
    `outputs of ${text(outputs)} and labels of ${text(labels)}: both axes could hold the classes; set --class-axis to ${last} (the last axis) or 1 (PyTorch)`,
  );
}

const text = (shape: readonly number[]) => shape.join(" x ");
const without = (shape: readonly number[], axis: number) => shape.filter((_, i) => i !== axis);

/** Whether shapes are the same but for axes of length 1. */
function isSame(a: readonly number[], b: readonly number[]): boolean {
  const significant = (shape: readonly number[]) => text(shape.filter((length, i) => i === 0 || length > 1));
  return significant(a) === significant(b);
}

const misfit = (outputs: readonly number[], labels: readonly number[]) =>
  new InputError(
    `labels of ${text(labels)} do not fit outputs of ${text(outputs)}; give one label per place (the outputs' shape without the class axis) or one per output`,
  );

/** The numbers with one axis moved to the end. */
function axisLast({ shape, values }: PlaceArray, axis: number): Float64Array {
  const width = shape[axis];
  const inner = elementCount(shape.slice(axis + 1));
  if (inner === 1) return float64(values);
  const moved = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const k = Math.floor(i / inner) % width;
    const place = Math.floor(i / (inner * width)) * inner + (i % inner);
    moved[place * width + k] = values[i];
  }
  return moved;
}

/** Rows whose label is not `ignored`, such as PyTorch's `ignore_index`. Throws an InputError if rows have several labels. */
export function withoutLabel({ outputs, labels, rows }: PlaceRows, ignored: number): PlaceRows {
  if (labels.length !== rows) {
    throw new InputError(`rows with label ${ignored} can only be ignored if each row has one label`);
  }
  const width = outputs.length / rows;
  const kept = labels.flatMap((label, i) => (label === ignored ? [] : [i]));
  const left = new Float64Array(kept.length * width);
  kept.forEach((row, i) => {
    left.set(outputs.subarray(row * width, (row + 1) * width), i * width);
  });
  return { outputs: left, labels: kept.map((row) => labels[row]), rows: kept.length };
}
