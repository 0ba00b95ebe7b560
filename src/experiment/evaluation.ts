import { resolveAll } from "../heads/bind.ts";
import { findHead } from "../heads/index.ts";
import { sum } from "../math/sum.ts";
import type { Evaluation } from "./record.ts";

const { head } = findHead("softmax");
const options = resolveAll(head, {});

/** The cross-entropy of each row, from outputs (rows, K) plus a bias of K numbers; in float64. */
export function rowLosses(
  outputs: Float32Array,
  labels: ArrayLike<number>,
  bias: readonly number[],
): Float64Array {
  const classes = bias.length;
  const output = new Float64Array(classes);
  return Float64Array.from(labels, (label, row) => {
    for (let k = 0; k < classes; k++) output[k] = outputs[row * classes + k] + bias[k];
    return head.loss!(output, label, options);
  });
}

/**
 * How well outputs (rows, K) predict the labels.
 *
 * @param frequencies of the classes to evaluate for: each class counts as often as given here; by default as often as in
 *   the labels. A class with a frequency above 0 must have rows.
 */
export function evaluateOutputs(
  outputs: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  frequencies?: readonly number[],
): Evaluation {
  const losses = rowLosses(outputs, labels, new Array(classes).fill(0));
  const rows = new Float64Array(classes);
  const hits = new Float64Array(classes);
  const loss = new Float64Array(classes);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row];
    rows[label] += 1;
    loss[label] += losses[row];
    hits[label] += Number(argMax(outputs, row * classes, classes) === label);
  }
  const present = [...rows.keys()].filter((k) => rows[k] > 0);
  const weight = (k: number) => frequencies?.[k] ?? rows[k] / labels.length;
  const recall = Array.from(hits, (count, k) => (rows[k] > 0 ? count / rows[k] : Number.NaN));
  return {
    loss: sum(present.map((k) => (weight(k) * loss[k]) / rows[k])),
    accuracy: sum(present.map((k) => weight(k) * recall[k])),
    balancedAccuracy: sum(present.map((k) => recall[k])) / present.length,
    recall,
  };
}

/** Position (from 0) of the largest of `count` numbers that begin at `start`; of equal numbers the first. */
function argMax(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[start + k] > values[start + best]) best = k;
  return best;
}
