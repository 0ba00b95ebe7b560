import { significant } from "../math/significant.ts";
import type { CauseName, Finding } from "./cause.ts";
import { isPrediction, keepsValues } from "./sample.ts";
import type { Situation } from "./situation.ts";
import {
  areConstant,
  constantWithin,
  gives,
  inUnit,
  isOne,
  isSigmoid,
  isSoftmax,
  isSoftmaxOfSoftmax,
  looksLikeSigmoid,
  rangeText,
  unitsAreIdentical,
  type ValuePattern,
} from "./valuePattern.ts";

interface PatternCause extends Finding {
  readonly name: CauseName;
  /** Whether the loss and mean of such outputs say nothing, so that no other cause should be sought. */
  readonly isConclusive: boolean;
}

interface PatternRow {
  readonly name: CauseName;
  readonly isConclusive: boolean;
  find(pattern: ValuePattern, situation: Situation | undefined): Finding | undefined;
}

/** @param situation undefined where the outputs are not finite */
export function patternCauses(pattern: ValuePattern, situation: Situation | undefined): PatternCause[] {
  for (const { name, isConclusive, find } of rows) {
    const finding = find(pattern, situation);
    if (finding) return [{ name, isConclusive, ...finding }];
  }
  return [];
}

/** Values that are no probabilities, given as predictions of a loss that takes them. */
const missingActivation = (
  activation: "softmax" | "sigmoid",
  isActivationOf: (pattern: ValuePattern) => boolean,
): PatternRow => ({
  name: `${activation} missing`,
  isConclusive: true,
  find: (pattern) =>
    gives(pattern, "predictions") &&
    isActivationOf(pattern) &&
    !isPrediction(pattern.sample.link, pattern.sample.values)
      ? {
          evidence: `the loss takes probabilities, but ${rangeText(pattern)}`,
          fix: `add a ${activation} after the last layer, or set from_logits=True (Keras)`,
        }
      : undefined,
});

/** Share of outputs that may be the same for all inputs. */
const minStill = 0.02;

/** Whether some output varies by far more than rounding. */
const varyClearly = (pattern: ValuePattern) => Math.max(...pattern.ranges) > 100 * constantWithin(pattern);

/** A constant output that a bias explains: the optimal one, as of an output layer that starts at zero, or a wrong one. */
const isExplained = (situation: Situation | undefined) =>
  situation !== undefined &&
  (situation.biases.length > 0 ? situation.biases[0].name !== "another prior" : !situation.isOff);

/** In the order in which they are tried: an earlier one explains what later ones would find. */
const rows: readonly PatternRow[] = [
  {
    name: "NaN or infinity",
    isConclusive: true,
    find({ notFinite, sample: { values, valuesPerRow } }) {
      if (notFinite < 0) return undefined;
      const count = values.reduce((n, value) => n + +!Number.isFinite(value), 0);
      return {
        evidence: `${count} of ${values.length} outputs are not finite, the first (${values[notFinite]}) in row ${Math.floor(notFinite / valuesPerRow)}`,
        fix: "look for a division by zero, a logarithm of 0, NaN in the inputs, or kernels that are far too large",
      };
    },
  },
  {
    name: "labels shifted or permuted",
    isConclusive: false,
    find: ({ sample }) =>
      sample.shifted
        ? {
            evidence: `labels range from 1 to ${sample.width}, and the ${sample.width} outputs are classes 0 to ${sample.width - 1}`,
            fix: "subtract 1 from the labels: classes are counted from 0",
          }
        : undefined,
  },
  {
    name: "softmax applied twice",
    isConclusive: true,
    find: (pattern) =>
      gives(pattern, "outputs") &&
      isSoftmax(pattern) &&
      pattern.sample.width > 1 &&
      inUnit(pattern) &&
      pattern.rowsSumToOne
        ? {
            evidence:
              "every row of outputs lies between 0 and 1 and sums to 1: these are probabilities, and the loss applies softmax again",
            fix: "remove the softmax of the last layer, or set from_logits=False (Keras)",
          }
        : undefined,
  },
  {
    name: "wrong link",
    isConclusive: true,
    find: (pattern) =>
      gives(pattern, "outputs") && isSoftmax(pattern) && inUnit(pattern) && pattern.columnSums.every(isOne)
        ? {
            evidence: `values lie between 0 and 1, and each column sums to 1 over the ${pattern.sample.rows} rows: a softmax over the batch`,
            fix: "remove the softmax of the last layer: the loss applies one itself, over the classes",
          }
        : undefined,
  },
  missingActivation("softmax", isSoftmax),
  {
    name: "wrong link",
    isConclusive: true,
    find(pattern) {
      const { sample, columnSums, rowsSumToOne } = pattern;
      if (!gives(pattern, "predictions") || sample.width < 2) return undefined;
      if (isSigmoid(pattern)) {
        const together = sample.bound.columns.reduce((total, { mean }) => total + mean, 0);
        return rowsSumToOne && Math.abs(together - 1) > 0.05
          ? {
              evidence: `every row of predictions sums to 1, but the labels of a row sum to ${significant(together)}: a softmax instead of sigmoids`,
              fix: "use a sigmoid for each output",
            }
          : undefined;
      }
      if (!isSoftmax(pattern) || rowsSumToOne) return undefined;
      const even = Math.max(...columnSums) - Math.min(...columnSums) < 4e-3 * Math.max(...columnSums);
      return even && Math.abs(columnSums[0] - Math.round(columnSums[0])) < 4e-3 * columnSums[0]
        ? {
            evidence: `columns sum to ${significant(columnSums[0])} and rows do not sum to 1: a softmax over the batch`,
            fix: "apply the softmax over the classes (the last axis)",
          }
        : {
            evidence: "values lie between 0 and 1, but rows do not sum to 1: not a softmax",
            fix: "use a softmax over the classes, or the loss of a sigmoid (--loss sigmoid)",
          };
    },
  },
  missingActivation("sigmoid", isSigmoid),
  {
    name: "wrong activation",
    isConclusive: true,
    find({ low, high, sample }) {
      if (!(low === high && Math.abs(low) === 1 && sample.head.family === "regression")) return undefined;
      return {
        evidence: `all outputs are exactly ${low}: a saturated sigmoid or tanh on the output layer`,
        fix: `remove the activation of the output layer; ${sample.head.name} takes raw outputs`,
      };
    },
  },
  {
    name: "wrong link",
    isConclusive: true,
    find: (pattern) =>
      gives(pattern, "predictions") &&
      isSigmoid(pattern) &&
      pattern.sample.width === 1 &&
      pattern.low === 1 &&
      pattern.high === 1
        ? {
            evidence: "all predictions are exactly 1: a softmax over a single output",
            fix: "use a sigmoid, or two outputs with the softmax loss",
          }
        : undefined,
  },
  {
    name: "wrong activation",
    isConclusive: true,
    find(pattern) {
      const { low, high, zeros, sample } = pattern;
      const isDeclared = keepsValues(sample.link) && sample.link.low === 0;
      if (low !== 0 || high === 0 || zeros < 0.02 || isDeclared || !gives(pattern, "outputs"))
        return undefined;
      return {
        evidence: `no output is below 0, and ${significant(100 * zeros)} % are exactly 0: a ReLU on the output layer`,
        fix: `remove the activation of the output layer; ${sample.head.name} takes raw outputs`,
      };
    },
  },
  {
    name: "input-independent outputs",
    isConclusive: true,
    find(pattern, situation) {
      if (pattern.input.allowConstant || !areConstant(pattern) || isExplained(situation)) return undefined;
      return {
        evidence: `all ${pattern.sample.rows} rows have the same outputs, and no bias gives their loss`,
        fix: "look for a dead layer or identical inputs; with batch normalisation, save the outputs in training mode, since its running averages are not meaningful before training",
      };
    },
  },
  {
    name: "identical units",
    isConclusive: true,
    find(pattern) {
      const { sample } = pattern;
      return sample.width > 1 &&
        varyClearly(pattern) &&
        !pattern.input.allowConstant &&
        unitsAreIdentical(sample, constantWithin(pattern))
        ? {
            evidence: `the ${sample.width} outputs differ by the same constant in every row: their units are copies of each other`,
            fix: "initialise kernels at random (Glorot, He), not with a constant",
          }
        : undefined;
    },
  },
  {
    name: "dead or saturated outputs",
    isConclusive: true,
    find(pattern) {
      const { sample, ranges } = pattern;
      const still = ranges.filter((range) => range <= constantWithin(pattern)).length;
      // a padding token's row of a tied embedding is one in thousands; next to outputs that hardly vary, it is rounding
      const isMuch = still > minStill * sample.width && still < sample.width && varyClearly(pattern);
      if (isMuch && !pattern.input.allowConstant && sample.rows >= 8) {
        return {
          evidence: `${still} of ${sample.width} outputs are the same in all ${sample.rows} rows`,
          fix: "remove a ReLU on the output layer, and look for dead units before it",
        };
      }
      const { ends } = pattern;
      return ends > 0.5 && sample.given === "outputs"
        ? {
            evidence: `${Math.round(100 * ends)} % of the outputs are exactly 1 or -1`,
            fix: "remove a tanh or sigmoid on the output layer, and scale down the inputs and kernels",
          }
        : undefined;
    },
  },
  {
    name: "softmax applied twice",
    isConclusive: true,
    find: (pattern) =>
      gives(pattern, "predictions") && isSoftmax(pattern) && isSoftmaxOfSoftmax(pattern)
        ? {
            evidence:
              "these predictions are a softmax of numbers between 0 and 1 that sum to 1, and these fit the labels' frequencies: a softmax of a softmax",
            fix: "apply softmax only once: in the last layer or in the loss (from_logits=True), not in both",
          }
        : undefined,
  },
  {
    name: "sigmoid applied twice",
    isConclusive: true,
    find: (pattern) =>
      isSigmoid(pattern) && looksLikeSigmoid(pattern)
        ? {
            evidence: gives(pattern, "outputs")
              ? "all outputs lie between 0 and 1: these are probabilities, and the loss applies sigmoid again"
              : "these predictions are sigmoids of numbers between 0 and 1: a sigmoid of a sigmoid",
            fix: "remove the sigmoid of the last layer, or set from_logits=False (Keras)",
          }
        : undefined,
  },
  {
    name: "wrong activation",
    isConclusive: true,
    find(pattern) {
      const { sample } = pattern;
      const beyond = sample.labels.filter((y) => typeof y === "number" && (y < 0 || y > 1)).length;
      const isOff =
        isSoftmax(pattern) ||
        (sample.head.family === "regression" && keepsValues(sample.link) && beyond > 0.05 * sample.rows);
      return gives(pattern, "outputs") && isOff && looksLikeSigmoid(pattern)
        ? {
            evidence: `all outputs lie between 0 and 1, around ${significant(pattern.columnSums[0] / sample.rows)}: a sigmoid on the output layer`,
            fix: `remove the activation of the output layer; ${sample.head.name} takes raw outputs`,
          }
        : undefined;
    },
  },
];
