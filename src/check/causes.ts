import { significant } from "../math/significant.ts";
import type { BiasName } from "./biasVerdict.ts";
import type { Cause, CauseName, Finding } from "./cause.ts";
import type { CheckInput } from "./checkInput.ts";
import { patternCauses } from "./patternCauses.ts";
import { maxDeviation, usualDeviation } from "./reference.ts";
import { reportedCauses } from "./reportedLoss.ts";
import type { Sample } from "./sample.ts";
import type { Situation } from "./situation.ts";
import { isSmallSample } from "./smallSample.ts";
import type { ValuePattern } from "./valuePattern.ts";

interface CauseRow {
  readonly name: CauseName;
  find(situation: Situation): (Finding & Pick<Cause, "isHonest">) | undefined;
}

/** Causes visible in the outputs' values come first: nothing else computed from such outputs can be trusted. */
export function causesOf(pattern: ValuePattern, situation: Situation | undefined): Cause[] {
  const sure = patternCauses(pattern, situation);
  const causes = sure.map(({ isConclusive: _, ...cause }) => cause);
  if (sure.some(({ isConclusive }) => isConclusive) || situation === undefined) return causes;
  const found = table.flatMap(({ name, find }) => {
    const finding = find(situation);
    return finding ? [{ name, ...finding }] : [];
  });
  // a fault before what is honest; then by how much of the gap it explains, and how probable that is
  const size = ({ explained = Infinity, share = 1 }: Cause) => explained * share;
  const order = (a: Cause, b: Cause) => +(a.isHonest ?? false) - +(b.isHonest ?? false) || size(b) - size(a);
  return [...causes, ...found.sort(order)];
}

/** Root mean square of the outputs: their deviation between inputs, and the distance of their mean from the optimum unless a bias explains it. */
const outputSize = ({ moments, biases }: Situation) =>
  Math.sqrt(moments.between + (biases.length === 0 ? moments.offset : 0));

const isTooLarge = (s: Situation) => outputSize(s) > usualDeviation(s.sample.width);

/** Inputs larger than the first count as not scaled (if outputs are too large); inputs that vary by less than the second, as scaled twice. */
const maxInputSize = 20;
const minInputDeviation = 0.02;
/** Largest possible deviation of the inputs from their middle: they may have been centred after being scaled twice. */
const inputDeviation = ({ low, high, size }: NonNullable<CheckInput["data"]>) =>
  Math.min(size, (high - low) / 2);
/** Labels are not standardised if their standard deviation differs from 1 by more than this factor, or their mean lies more than this many standard deviations from 0. */
const standardWithin = 10;

const reportedRow = (name: CauseName): CauseRow => ({
  name,
  find: ({ reported, reportedLoss, parts, sample }) =>
    reported?.cause === name
      ? {
          evidence: reported.equals
            ? `the reported ${significant(reportedLoss!)} is ${reported.equals}; ${sample.head.name} is ${significant(parts.measured)} on these rows`
            : `the reported ${significant(reportedLoss!)} is not ${sample.head.name}, which is ${significant(parts.measured)} on these rows`,
          fix: reported.fix,
        }
      : undefined,
});

const tooLarge = (s: Situation) => {
  const [between, size] = [Math.sqrt(s.moments.between), outputSize(s)];
  const limit = usualDeviation(s.sample.width);
  const scale = s.sample.units.some((u) => u !== 1) ? ", in standard deviations of the labels" : "";
  return {
    explained:
      s.parts.independent - s.parts.atMean + (s.biases.length === 0 ? s.parts.atMean - s.parts.expected : 0),
    size:
      between > limit
        ? `outputs differ by ${significant(between)} (root mean square${scale}) from input to input; most networks stay below ${significant(limit)}`
        : `outputs are ${significant(size)} from the optimum (root mean square${scale}), ${significant(between)} of it from input to input; most networks stay below ${significant(limit)}`,
  };
};

const isNotStandard = ({ sample }: Situation) => {
  const { head, bound, units } = sample;
  if (head.family !== "regression") return false;
  return bound.columns.some(
    ({ mean }, j) =>
      units[j] > standardWithin ||
      units[j] < 1 / standardWithin ||
      Math.abs(mean) > standardWithin * units[j],
  );
};

/** Causes inferred from the loss and the moments of the outputs, each against what a sound network may show. */
const table: readonly CauseRow[] = [
  ...reportedCauses.map(reportedRow),
  {
    name: "inputs scaled twice",
    find: ({ data, moments }) =>
      data && inputDeviation(data) <= minInputDeviation && Math.sqrt(moments.between) < 0.1
        ? {
            evidence: `inputs are from ${significant(data.low)} to ${significant(data.high)}, and outputs differ by only ${significant(Math.sqrt(moments.between))} from input to input`,
            fix: "scale the inputs only once: x / 255 applied twice leaves almost nothing",
          }
        : undefined,
  },
  {
    name: "inputs not scaled",
    find: (s) =>
      isTooLarge(s) && s.data && s.data.size > maxInputSize
        ? {
            evidence: `inputs range from ${significant(s.data.low)} to ${significant(s.data.high)}, and ${tooLarge(s).size}`,
            fix: "scale the inputs before the network: x / 255 for bytes, or (x - mean) / standard deviation",
            explained: tooLarge(s).explained,
          }
        : undefined,
  },
  {
    name: "outputs too large",
    find: (s) =>
      isTooLarge(s) && !(s.data && s.data.size > maxInputSize) && !isNotStandard(s)
        ? {
            evidence: tooLarge(s).size,
            fix: s.data
              ? "scale down the last kernel, or start it at zero"
              : "scale down the last kernel, and the inputs if they are not near 1",
            explained: tooLarge(s).explained,
            isHonest: Math.sqrt(s.moments.between) <= maxDeviation(s.sample.width),
          }
        : undefined,
  },
  {
    name: "target not standardised",
    find: (s) => {
      const { sample, biases, parts } = s;
      if (!isNotStandard(s) || (biases.length === 0 && !isTooLarge(s))) return undefined;
      const { mean } = sample.bound.columns[0];
      return {
        evidence: `labels have mean ${significant(mean)} and standard deviation ${significant(sample.units[0])}, outputs start near ${significant(s.moments.mean[0])}`,
        fix: "train on (y - mean) / standard deviation and invert this for the predictions; or set the bias to the mean",
        explained: Math.max(parts.measured - parts.expected, ...biases.map(({ gap }) => gap)),
      };
    },
  },
  biasRow(
    "bias not set",
    ["zero"],
    (s, gap) =>
      `the mean output is that of a bias of 0, which costs ${significant(gap)} (loss ${significant(s.parts.atZero)} against ${significant(s.parts.expected)})`,
  ),
  biasRow(
    "weighted training with unweighted prior",
    ["unweighted prior"],
    () => "the mean output is the optimum of the loss without its weights",
  ),
  biasRow(
    "labels shifted or permuted",
    ["labels shifted"],
    () => "the mean output is the optimum moved by one class",
  ),
  biasRow(
    "labels shifted or permuted",
    ["labels permuted"],
    () => "the mean output has the optimum's values, but on other classes",
  ),
  biasRow("wrong sign", ["wrong sign"], () => "the mean output is minus the optimum"),
  biasRow(
    "wrong link",
    ["wrong link"],
    () => "the mean output is log p, as for a softmax; a sigmoid takes log(p / (1 - p))",
  ),
  biasRow("another data set's prior", ["another prior"], (s) =>
    s.sample.units.every((u) => u === 1)
      ? "the mean prediction is far from the labels' frequencies, and the variance of the outputs does not explain it"
      : `the mean output, ${significant(s.moments.mean[0])}, is far from the labels' ${significant(s.sample.optimum[0])}`,
  ),
  {
    name: "trained already",
    find: ({ parts }) =>
      parts.measured < parts.expected - 0.5 * Math.abs(parts.expected) - 3 * parts.standardError
        ? {
            evidence: `the loss is ${significant(parts.measured)}; no network without information about its inputs can get below ${significant(parts.expected)}`,
            fix: "check an untrained network; if this one is untrained, look for the labels among its inputs",
          }
        : undefined,
  },
];

/** Explanations less probable than this, among those that explain the mean output, are not mentioned. */
const minShare = 0.01;

/** A cause inferred from the bias that the outputs show. */
function biasRow(
  name: CauseName,
  names: readonly BiasName[],
  evidence: (s: Situation, gap: number) => string,
): CauseRow {
  return {
    name,
    find(s) {
      const verdict = [...s.biases, ...s.possible].find((bias) => names.includes(bias.name));
      if (verdict === undefined || verdict.share < minShare) return undefined;
      const { gap, share } = verdict;
      const cannotBeSet = !s.hasBias;
      if (cannotBeSet && name !== "bias not set") return undefined;
      const own = "; or an offset of the network's own, which can be as large";
      return {
        evidence: evidence(s, gap) + (verdict.isClear ? "" : own),
        fix: cannotBeSet ? addPrior : setBias(s.sample),
        isHonest: cannotBeSet || !verdict.isClear,
        explained: gap,
        ...(share < 1 - minShare && { share }),
      };
    },
  };
}

const addPrior =
  "an output layer without a bias cannot start lower; to do so, give it one, or add the log-frequencies of the labels to its outputs (docs/check.md, Language models)";

function setBias({ optimum, labelRows, width }: Sample): string {
  const values =
    optimum.length <= 10
      ? `[${optimum.map((b) => Number(b.toFixed(3))).join(", ")}]`
      : `the log-frequencies of all training labels (${width} values: baserate solve --json)`;
  return `start the output bias at ${values}${isSmallSample(labelRows, width) ? `; ${labelRows} rows are too few to give them` : ""}`;
}
