import { significant } from "../math/significant.ts";
import type { BiasVerdict } from "./biasVerdict.ts";
import type { Cause, CauseName, Finding } from "./cause.ts";
import type { CheckInput } from "./checkInput.ts";
import type { LossParts, OutputMoments } from "./lossParts.ts";
import { patternCauses } from "./patternCauses.ts";
import type { ReportedVerdict } from "./reportedLoss.ts";
import type { Sample } from "./sample.ts";
import type { ValuePattern } from "./valuePattern.ts";

/** Everything from which the causes of a gap are inferred. */
export interface Situation {
  readonly sample: Sample;
  readonly data: CheckInput["data"];
  readonly parts: LossParts;
  readonly moments: OutputMoments;
  readonly bias: BiasVerdict;
  readonly reported?: ReportedVerdict;
  readonly reportedLoss?: number;
}

interface CauseRow {
  readonly name: CauseName;
  find(situation: Situation): Finding | undefined;
}

/** Causes visible in the outputs' values come first: nothing else computed from such outputs can be trusted. */
export function causesOf(pattern: ValuePattern, situation: Situation | undefined): Cause[] {
  const sure = patternCauses(pattern);
  if (sure.some(({ isConclusive }) => isConclusive) || situation === undefined) {
    return sure.map(({ isConclusive: _, ...cause }) => cause);
  }
  const found = table.flatMap(({ name, find }) => {
    const finding = find(situation);
    return finding ? [{ name, ...finding }] : [];
  });
  const size = ({ explained = Infinity }: Cause) => explained;
  return [...sure.map(({ isConclusive: _, ...cause }) => cause), ...found.sort((a, b) => size(b) - size(a))];
}

/**
 * Largest root mean square of a sound network's outputs, in their units. Kernels that preserve the scale of their inputs
 * (Glorot, He) give outputs of about 1. Three times that is allowed, and more for a single output, where chance is larger.
 */
const maxOutputSize = (width: number) => 3 * Math.sqrt(1 + 1 / width);

/** Root mean square of the outputs: their deviation between inputs, and the distance of their mean from the optimum unless a bias explains it. */
const outputSize = ({ moments, bias }: Situation) =>
  Math.sqrt(moments.between + (bias.name === "optimal" ? moments.offset : 0));

const isTooLarge = (s: Situation) => outputSize(s) > maxOutputSize(s.sample.width);

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
  const limit = maxOutputSize(s.sample.width);
  const scale = s.sample.units.some((u) => u !== 1) ? ", in standard deviations of the labels" : "";
  return {
    explained: s.parts.independent - s.parts.atMean,
    size:
      between > limit
        ? `outputs differ by ${significant(between)} (root mean square${scale}) from input to input; sound networks stay below ${significant(limit)}`
        : `outputs are ${significant(size)} from the optimum (root mean square${scale}), ${significant(between)} of it from input to input; sound networks stay below ${significant(limit)}`,
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
  ...(["wrong sign", "wrong reduction", "wrong loss", "wrong link"] as const).map(reportedRow),
  ...(["softmax missing", "sigmoid missing", "softmax applied twice", "sigmoid applied twice"] as const).map(
    reportedRow,
  ),
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
          }
        : undefined,
  },
  {
    name: "target not standardised",
    find: (s) => {
      const { sample, bias, parts } = s;
      if (!isNotStandard(s) || (bias.name === "optimal" && !isTooLarge(s))) return undefined;
      const { mean } = sample.bound.columns[0];
      return {
        evidence: `labels have mean ${significant(mean)} and standard deviation ${significant(sample.units[0])}, outputs start near ${significant(s.moments.mean[0])}`,
        fix: "train on (y - mean) / standard deviation and invert this for the predictions; or set the bias to the mean",
        explained: Math.max(parts.measured - parts.expected, bias.gap),
      };
    },
  },
  biasRow(
    "bias not set",
    ["zero"],
    (s) =>
      `the mean output is that of a bias of 0, which costs ${significant(s.bias.gap)} (loss ${significant(s.parts.atZero)} against ${significant(s.parts.expected)})`,
  ),
  biasRow(
    "weighted training with unweighted prior",
    ["unweighted prior"],
    () => "the mean output is the optimum of the loss without its weights",
  ),
  biasRow("labels shifted or permuted", ["labels shifted", "labels permuted"], (s) =>
    s.bias.name === "labels shifted"
      ? "the mean output is the optimum moved by one class"
      : "the mean output has the optimum's values, but on other classes",
  ),
  biasRow("wrong sign", ["wrong sign"], () => "the mean output is minus the optimum"),
  biasRow(
    "wrong link",
    ["wrong link"],
    () => "the mean output is log p, as for a softmax; a sigmoid takes log(p / (1 - p))",
  ),
  biasRow("another data set's prior", ["another prior"], (s) =>
    s.sample.units.every((u) => u === 1)
      ? `the mean prediction is far from the labels' frequencies, and the variance of the outputs does not explain it`
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

/** A cause inferred from the bias that the outputs show. Outputs that vary a lot hide the bias. */
function biasRow(
  name: CauseName,
  biases: readonly BiasVerdict["name"][],
  evidence: (s: Situation) => string,
): CauseRow {
  return {
    name,
    find(s) {
      if (!biases.includes(s.bias.name) || isTooLarge(s)) return undefined;
      return { evidence: evidence(s), fix: setBias(s.sample.optimum), explained: s.bias.gap };
    },
  };
}

function setBias(bias: readonly number[]): string {
  const values =
    bias.length <= 10
      ? `[${bias.map((b) => Number(b.toFixed(3))).join(", ")}]`
      : `${bias.length} values (baserate solve --json)`;
  return `start the output bias at ${values}`;
}
