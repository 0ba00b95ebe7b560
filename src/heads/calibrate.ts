import { InputError } from "../errors.ts";
import { meanRow } from "../math/meanRow.ts";
import { type Differentiable, minimize } from "../math/minimize.ts";
import { increasingRootFrom } from "../math/root.ts";
import { cellOptionsOf, resolveAll } from "./bind.ts";
import type { Head, Label, LabelColumn, ResolvedOptions } from "./head.ts";
import { findHead } from "./index.ts";
import type { Options } from "./options.ts";

export interface Calibration {
  /** The bias that is optimal for these outputs. */
  readonly bias: readonly number[];
  /** Mean loss of the batch at that bias, and at bias 0. */
  readonly loss: number;
  readonly lossAtZero: number;
  /** Largest absolute component of the gradient of the mean loss at the bias; of losses with kinks, the jump there. */
  readonly slope: number;
  readonly warnings: readonly string[];
}

export interface CalibrationBatch {
  /** N × K raw outputs without bias, row after row. */
  readonly outputs: ArrayLike<number>;
  /** N labels, or N × C for a head with C columns, row after row: class indices, distributions, numbers, or [time, event]. */
  readonly labels: ArrayLike<Label>;
  /** N. */
  readonly rows: number;
}

/**
 * The bias that is optimal for *this* network: it minimises the mean loss over one batch of the network's outputs plus the
 * bias. For convex losses of one output it is the root of the mean slope, column by column, also at kinks. For others it is
 * found by L-BFGS, starting from minus the mean output (the usual shortcut) or from 0, whichever has the lower loss: the
 * minimum where the loss is convex, otherwise a local minimum. A class that does not occur in the batch counts as
 * `pseudoCount` rows with the mean output.
 *
 * @param batch outputs and labels of some rows
 * @param options the loss's options; weights are numbers, not `balanced`
 * @throws InputError if the head's loss has no gradient in the bias, or the sizes do not match
 */
export function calibrate(
  head: Head | string,
  { outputs, labels, rows }: CalibrationBatch,
  options: Options = {},
): Calibration {
  const found = typeof head === "string" ? findHead(head) : { head, options: {} };
  const batch = readBatch(found.head, outputs, labels, rows, { ...found.options, ...options });
  const warnings = addAbsent(batch);
  const meanLoss = lossOfBias(batch);
  const zero = batch.mean.map(() => 0);
  const lossAtZero = lossOfBias({ ...batch, cells: batch.cells.slice(0, labels.length) })(zero).value;
  const start = rootOfSlopes(batch) ?? lowest(meanLoss, [zero, batch.mean.map((mean) => -mean)]);
  const { at, value, slope } = minimize(
    meanLoss,
    start,
    1e-11,
    found.head.convex && batch.width === 1 ? 0 : 1000,
  );
  return { bias: at, loss: value, lossAtZero, slope, warnings };
}

/** One label with the outputs that predict it. */
interface BatchCell {
  readonly output: readonly number[];
  readonly label: Label;
  readonly column: number;
  readonly weight: number;
}

interface Batch {
  readonly head: Head;
  readonly options: ResolvedOptions;
  readonly cellOptions: readonly ResolvedOptions[];
  readonly cells: BatchCell[];
  readonly width: number;
  /** Mean outputs, of all columns. */
  readonly mean: readonly number[];
}

function readBatch(
  head: Head,
  outputs: ArrayLike<number>,
  labels: ArrayLike<Label>,
  rows: number,
  given: Options,
): Batch {
  const options = resolveAll(head, given);
  if (head.none || head.loss === undefined || head.gradient === undefined) {
    throw new InputError(`no calibration for ${head.name}: ${head.none?.reason ?? head.notTrainable}`);
  }
  const columns = labels.length / rows;
  const width = outputs.length / labels.length;
  if (!(rows >= 1 && Number.isInteger(columns) && Number.isInteger(width) && width >= 1)) {
    throw new InputError(
      `invalid sizes: ${outputs.length} outputs and ${labels.length} labels for ${rows} rows; each row needs the same number of both`,
    );
  }
  const classes = { labels: { length: head.reads === "binary" ? 2 : width } } as LabelColumn;
  return {
    head,
    options,
    cellOptions: Array.from({ length: columns }, (_, j) => cellOptionsOf(head, options, classes, j, columns)),
    cells: Array.from(labels, (label, cell) => ({
      output: Array.from({ length: width }, (_, i) => outputs[cell * width + i]),
      label,
      column: cell % columns,
      weight: 1,
    })),
    width,
    mean: meanRow(outputs, width * columns),
  };
}

/** Largest total of outputs of the rows that stand in for absent classes. */
const maxAbsent = 2 ** 24;

/** Adds a cell of weight pseudoCount for each class (or answer) that does not occur in a column; returns warnings. */
function addAbsent({ head, options, cells, cellOptions, width, mean }: Batch): string[] {
  if (head.reads !== "classes" && head.reads !== "binary") return [];
  const labels = head.reads === "binary" ? 2 : width + (head.family === "ordinal" ? 1 : 0);
  const seen = cellOptions.map(() => new Set<number>());
  for (const { label, column } of cells) {
    for (const k of classesOf(label, head.reads === "binary")) seen[column].add(k);
  }
  const absent = seen.flatMap((set, column) =>
    Array.from({ length: labels }, (_, label) => ({ label, column })).filter(({ label }) => !set.has(label)),
  );
  if (absent.length * width > maxAbsent) {
    throw new InputError(
      `no calibration for ${width} outputs: ${absent.length} classes do not occur in the batch; use the bias that the labels of the whole dataset give (solve)`,
    );
  }
  for (const { label, column } of absent) {
    const output = mean.slice(column * width, (column + 1) * width);
    cells.push({ output, label, column, weight: options.pseudoCount as number });
  }
  const place = (column: number) => (cellOptions.length > 1 ? ` in column ${column}` : "");
  return absent.map(
    ({ label, column }) =>
      `no row of class ${label}${place(column)} in the batch: counted as ${options.pseudoCount} of a row`,
  );
}

function classesOf(label: Label, yesNo: boolean): number[] {
  if (typeof label !== "number") return Array.from(label, (_, k) => k).filter((k) => label[k] > 0);
  return yesNo && label > 0 && label < 1 ? [0, 1] : [label];
}

/** The mean loss of a batch and its gradient as a function of the bias. */
function lossOfBias({ head, options, cellOptions, cells, width }: Batch): Differentiable {
  const { loss, gradient, rowWeight } = head;
  return (bias) => {
    const total = new Array<number>(bias.length).fill(0);
    let [value, divisor] = [0, 0];
    for (const { output, label, column, weight } of cells) {
      const o = cellOptions[column];
      const z = output.map((v, i) => v + bias[column * width + i]);
      value += weight * loss!(z, label, o);
      divisor += weight * (options.reduction === "mean" ? (rowWeight?.(label, o) ?? 1) : 1);
      gradient!(z, label, o).forEach((g, i) => {
        total[column * width + i] += weight * g;
      });
    }
    const scale = (options.columns === "sum" ? cellOptions.length : 1) / divisor;
    return { value: value * scale, gradient: total.map((g) => g * scale) };
  };
}

/** Mean slopes this small count as zero, so that a minimum at infinity is not approached further. */
const level = 1e-11;

/** For a convex loss of one output, each column's root of the mean slope; undefined for others. */
function rootOfSlopes({ head, cellOptions, cells, width, mean }: Batch): number[] | undefined {
  if (!head.convex || width !== 1) return undefined;
  return cellOptions.map((o, j) => {
    const own = cells.filter(({ column }) => column === j);
    const slope = (b: number) => {
      const total = own.reduce(
        (sum, { output, label, weight }) => sum + weight * head.gradient!([output[0] + b], label, o)[0],
        0,
      );
      return Math.abs(total) < level * own.length ? 0 : total;
    };
    return increasingRootFrom(slope, -mean[j]);
  });
}

const lowest = (f: Differentiable, points: readonly (readonly number[])[]) =>
  points.reduce((best, point) => (f(point).value < f(best).value ? point : best));
