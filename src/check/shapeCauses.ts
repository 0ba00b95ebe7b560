import { sigmoidLink, softmaxLink } from "../heads/links.ts";
import { logit } from "../math/logit.ts";
import { significant } from "../math/significant.ts";
import { sum } from "../math/sum.ts";
import type { CauseName, Finding } from "./causes.ts";
import type { CheckInput } from "./checkOutputs.ts";
import { clip, isPrediction, type Sample } from "./sample.ts";

/** What can be told from the outputs' values alone. */
export interface Shape {
  readonly sample: Sample;
  readonly input: CheckInput;
  /** Index of the first value that is not finite; −1 if all are. */
  readonly notFinite: number;
  readonly low: number;
  readonly high: number;
  /** Whether each row sums to 1, within the rounding of float16. */
  readonly rowsSumToOne: boolean;
  /** Sums of the columns. */
  readonly columnSums: readonly number[];
  /** Largest change of each column over the rows, in size. */
  readonly ranges: readonly number[];
  /** Share of values that are exactly 0. */
  readonly zeros: number;
}

interface ShapeCause extends Finding {
  readonly name: CauseName;
  /** Whether the loss and the mean of such outputs say nothing about the rest. */
  readonly misleads: boolean;
}

interface ShapeRow {
  readonly name: CauseName;
  readonly misleads: boolean;
  find(shape: Shape): Finding | undefined;
}

/** A sum of probabilities, within the rounding of float16. */
const isOne = (total: number) => Math.abs(total - 1) < 4e-3;

export function shapeOf(sample: Sample, input: CheckInput): Shape {
  const { values, width, rows } = sample;
  const columnSums = new Array<number>(width).fill(0);
  const lows = new Array<number>(width).fill(Infinity);
  const highs = new Array<number>(width).fill(-Infinity);
  let [zeros, rowsSumToOne] = [0, true];
  for (let i = 0; i < rows; i++) {
    let total = 0;
    for (let k = 0; k < width; k++) {
      const value = values[i * width + k];
      total += value;
      columnSums[k] += value;
      lows[k] = Math.min(lows[k], value);
      highs[k] = Math.max(highs[k], value);
      zeros += +(value === 0);
    }
    rowsSumToOne &&= isOne(total);
  }
  return {
    sample,
    input,
    notFinite: values.findIndex((value) => !Number.isFinite(value)),
    low: Math.min(...lows),
    high: Math.max(...highs),
    rowsSumToOne,
    columnSums,
    ranges: lows.map((low, k) => highs[k] - low),
    zeros: zeros / values.length,
  };
}

export function shapeCauses(shape: Shape): ShapeCause[] {
  for (const { name, misleads, find } of rows) {
    const finding = find(shape);
    if (finding) return [{ name, misleads, ...finding }];
  }
  return [];
}

const isSoftmax = ({ sample }: Shape) => sample.link === softmaxLink;
const isSigmoid = ({ sample: { head, link } }: Shape) => head.reads === "binary" && link === sigmoidLink;
const gives = ({ sample }: Shape, given: Sample["given"]) => sample.given === given;
const inUnit = ({ low, high }: Shape) => low >= 0 && high <= 1;
const rangeText = ({ low, high }: Shape) => `values reach from ${significant(low)} to ${significant(high)}`;

/** Values of all outputs in (0, 1): of a few outputs by chance, unless a sigmoid explains their means and raw outputs do not. */
function looksLikeSigmoid(shape: Shape): boolean {
  const { head, width, rows } = shape.sample;
  if (!inUnit(shape) || rows < 8) return false;
  if (width >= 4) return true;
  return shape.columnSums.every((total, k) => {
    const mean = total / rows;
    // a sigmoid against its upper end, where the labels reach beyond
    if (head.family === "regression" && mean > 0.95) return true;
    if (isSigmoid(shape)) return isExplainedBySigmoid(shape.sample, k);
    const within = width < 3 ? 0.4 : 0.75;
    return [0, shape.sample.optimum[k]].some((bias) => Math.abs(logit(mean) - bias) < within);
  });
}

/** In deviations: how far values are from a bias that does not explain them; and how many times nearer one that does is. */
const nearer = 3;

/**
 * Whether a bias of 0, or the optimal one, explains what a sigmoid made these values from much better than the values
 * themselves. Values about the optimal bias are sound raw outputs, even if all of them are from 0 to 1.
 */
function isExplainedBySigmoid({ values, width, optimum }: Sample, k: number): boolean {
  const raw = values.filter((_, i) => i % width === k);
  const distances = (z: Float64Array) => {
    const mean = sum(z) / z.length;
    const deviation = Math.sqrt(sum(z.map((v) => (v - mean) ** 2)) / z.length);
    return [optimum[k], 0].map((bias) => Math.abs(mean - bias) / Math.max(deviation, 0.02));
  };
  const without = distances(raw);
  const before = distances(raw.map((p) => logit(clip(p))));
  return without[0] > nearer && nearer * Math.min(...before) < Math.min(...without);
}

/** Changes smaller than this are the rounding of float32: four units in the last place of the largest value. */
const constant = ({ low, high }: Shape) => 4 * 2 ** -23 * Math.max(Math.abs(low), Math.abs(high));

/** In the order in which they are asked: an earlier one explains what later ones would see. */
const rows: readonly ShapeRow[] = [
  {
    name: "NaN or infinity",
    misleads: true,
    find({ notFinite, sample: { values, width } }) {
      if (notFinite < 0) return undefined;
      const count = values.reduce((n, value) => n + +!Number.isFinite(value), 0);
      return {
        evidence: `${count} of ${values.length} outputs are not finite, the first (${values[notFinite]}) in row ${Math.floor(notFinite / width)}`,
        fix: "look for a division by zero, a log of 0, NaN in the inputs, or kernels far too large",
      };
    },
  },
  {
    name: "labels shifted or permuted",
    misleads: false,
    find: ({ sample }) =>
      sample.shifted
        ? {
            evidence: `labels reach from 1 to ${sample.width}, and the ${sample.width} outputs are classes 0 to ${sample.width - 1}`,
            fix: "labels - 1 (classes are counted from 0)",
          }
        : undefined,
  },
  {
    name: "softmax applied twice",
    misleads: true,
    find: (shape) =>
      gives(shape, "outputs") &&
      isSoftmax(shape) &&
      shape.sample.width > 1 &&
      inUnit(shape) &&
      shape.rowsSumToOne
        ? {
            evidence:
              "every row of outputs is from 0 to 1 and sums to 1: probabilities, to which the loss applies softmax again",
            fix: "drop the softmax of the last layer, or say from_logits=False (Keras)",
          }
        : undefined,
  },
  {
    name: "wrong link",
    misleads: true,
    find: (shape) =>
      gives(shape, "outputs") && isSoftmax(shape) && inUnit(shape) && shape.columnSums.every(isOne)
        ? {
            evidence: `values are from 0 to 1, and each column sums to 1 over the ${shape.sample.rows} rows: a softmax over the batch`,
            fix: "drop the softmax of the last layer: the loss takes one itself, over the classes",
          }
        : undefined,
  },
  {
    name: "softmax missing",
    misleads: true,
    find: (shape) =>
      gives(shape, "predictions") && isSoftmax(shape) && !isPrediction(shape.sample.link, shape.sample.values)
        ? {
            evidence: `the loss takes probabilities, but ${rangeText(shape)}`,
            fix: "put a softmax after the last layer, or say from_logits=True (Keras)",
          }
        : undefined,
  },
  {
    name: "wrong link",
    misleads: true,
    find(shape) {
      const { sample, columnSums, rowsSumToOne } = shape;
      if (!gives(shape, "predictions") || sample.width < 2) return undefined;
      if (isSigmoid(shape)) {
        const together = sample.bound.columns.reduce((total, { mean }) => total + mean, 0);
        return rowsSumToOne && Math.abs(together - 1) > 0.05
          ? {
              evidence: `every row sums to 1, but the labels of a row to ${significant(together)}: a softmax in place of sigmoids`,
              fix: "use a sigmoid for each output",
            }
          : undefined;
      }
      if (!isSoftmax(shape) || rowsSumToOne) return undefined;
      const even = Math.max(...columnSums) - Math.min(...columnSums) < 4e-3 * Math.max(...columnSums);
      return even && Math.abs(columnSums[0] - Math.round(columnSums[0])) < 4e-3 * columnSums[0]
        ? {
            evidence: `columns sum to ${significant(columnSums[0])}, rows do not sum to 1: a softmax over the batch`,
            fix: "take the softmax over the classes (the last axis)",
          }
        : {
            evidence: "values are from 0 to 1, but rows do not sum to 1: not a softmax",
            fix: "use a softmax over the classes, or the loss of a sigmoid (--loss sigmoid)",
          };
    },
  },
  {
    name: "sigmoid missing",
    misleads: true,
    find: (shape) =>
      gives(shape, "predictions") && isSigmoid(shape) && !isPrediction(shape.sample.link, shape.sample.values)
        ? {
            evidence: `the loss takes probabilities, but ${rangeText(shape)}`,
            fix: "put a sigmoid after the last layer, or say from_logits=True (Keras)",
          }
        : undefined,
  },
  {
    name: "wrong activation",
    misleads: true,
    find({ low, high, sample }) {
      if (!(low === high && Math.abs(low) === 1 && sample.head.family === "regression")) return undefined;
      return {
        evidence: `all outputs are exactly ${low}: a sigmoid or tanh on the output layer, against its end`,
        fix: `give the output layer no activation; ${sample.head.name} takes raw outputs`,
      };
    },
  },
  {
    name: "input-independent outputs",
    misleads: true,
    find(shape) {
      if (shape.input.allowConstant || shape.ranges.some((range) => range > constant(shape)))
        return undefined;
      return {
        evidence: `all ${shape.sample.rows} rows have the same outputs`,
        fix: "look for a dead layer, inputs that are all alike, or kernels of zeros (of the last layer alone that is sound: --allow-constant); with batch normalisation save the outputs in training mode: its averages are not made yet",
      };
    },
  },
  {
    name: "identical units",
    misleads: true,
    find(shape) {
      const { sample } = shape;
      const moves = Math.max(...shape.ranges) > 100 * constant(shape);
      return sample.width > 1 &&
        moves &&
        !shape.input.allowConstant &&
        unitsAreIdentical(sample, constant(shape))
        ? {
            evidence: `the ${sample.width} outputs differ by the same constant in every row: their units are copies of each other`,
            fix: "start kernels at random (Glorot, He), not at one number",
          }
        : undefined;
    },
  },
  {
    name: "dead or saturated outputs",
    misleads: true,
    find(shape) {
      const { sample, ranges } = shape;
      const still = ranges.filter((range) => range <= constant(shape)).length;
      if (still > 0 && !shape.input.allowConstant && sample.rows >= 8) {
        return {
          evidence: `${still} of ${sample.width} outputs are the same in all ${sample.rows} rows`,
          fix: "no ReLU on the output layer; look for dead units before it",
        };
      }
      const ends = sample.values.reduce((n, v) => n + +(Math.abs(v) === 1), 0) / sample.values.length;
      return ends > 0.5 && sample.given === "outputs"
        ? {
            evidence: `${Math.round(100 * ends)} % of the outputs are exactly 1 or -1`,
            fix: "no tanh or sigmoid on the output layer; scale the inputs and kernels",
          }
        : undefined;
    },
  },
  {
    name: "wrong activation",
    misleads: true,
    find(shape) {
      const { low, zeros, sample } = shape;
      if (low !== 0 || zeros < 0.02 || !gives(shape, "outputs")) return undefined;
      return {
        evidence: `no output is below 0, and ${significant(100 * zeros)} % are exactly 0: a ReLU on the output layer`,
        fix: `give the output layer no activation; ${sample.head.name} takes raw outputs`,
      };
    },
  },
  {
    name: "sigmoid applied twice",
    misleads: true,
    find: (shape) =>
      gives(shape, "outputs") && isSigmoid(shape) && looksLikeSigmoid(shape)
        ? {
            evidence: "all outputs are from 0 to 1: probabilities, to which the loss applies sigmoid again",
            fix: "drop the sigmoid of the last layer, or say from_logits=False (Keras)",
          }
        : undefined,
  },
  {
    name: "wrong activation",
    misleads: true,
    find(shape) {
      const { sample } = shape;
      const beyond = sample.labels.filter((y) => typeof y === "number" && (y < 0 || y > 1)).length;
      const isOff = isSoftmax(shape) || (sample.head.family === "regression" && beyond > 0.05 * sample.rows);
      return gives(shape, "outputs") && isOff && looksLikeSigmoid(shape)
        ? {
            evidence: `all outputs are from 0 to 1, around ${significant(shape.columnSums[0] / sample.rows)}: a sigmoid on the output layer`,
            fix: `give the output layer no activation; ${sample.head.name} takes raw outputs`,
          }
        : undefined;
    },
  },
];

/** Whether outputs differ from the first by the same in each row, though they move. */
function unitsAreIdentical({ values, width, rows: count }: Sample, least: number): boolean {
  for (let i = 1; i < count; i++) {
    for (let k = 1; k < width; k++) {
      const here = values[i * width + k] - values[i * width];
      const first = values[k] - values[0];
      if (Math.abs(here - first) > 4 * least) return false;
    }
  }
  return true;
}
