import { significant } from "../math/significant.ts";
import type { BiasVerdict } from "./biasEvidence.ts";
import type { CheckInput } from "./checkOutputs.ts";
import type { LossParts, OutputSpread } from "./lossParts.ts";
import type { ReportedVerdict } from "./reportedLoss.ts";
import type { Sample } from "./sample.ts";
import { type Shape, shapeCauses } from "./shapeCauses.ts";

export type CauseName =
  | "NaN or infinity"
  | "softmax missing"
  | "sigmoid missing"
  | "softmax applied twice"
  | "sigmoid applied twice"
  | "wrong link"
  | "wrong activation"
  | "input-independent outputs"
  | "identical units"
  | "dead or saturated outputs"
  | "labels shifted or permuted"
  | "wrong sign"
  | "wrong reduction"
  | "wrong loss"
  | "inputs not scaled"
  | "inputs scaled twice"
  | "outputs too large"
  | "target not standardised"
  | "bias not set"
  | "weighted training with unweighted prior"
  | "another data set's prior"
  | "trained already";

/** What a cause was told by, and what to do. */
export interface Finding {
  /** The figure that gave it away, in a sentence without a full stop. */
  readonly evidence: string;
  /** The line that mends it. */
  readonly fix: string;
  /** How much of the gap between measured and expected loss goes with it, nats (or the loss's unit); where that is known. */
  readonly explained?: number;
}

export interface Cause extends Finding {
  readonly name: CauseName;
}

/** All that the causes of a gap are told from. */
export interface Situation {
  readonly sample: Sample;
  readonly data: CheckInput["data"];
  readonly parts: LossParts;
  readonly spread: OutputSpread;
  readonly bias: BiasVerdict;
  readonly reported?: ReportedVerdict;
  readonly reportedLoss?: number;
}

interface CauseRow {
  readonly name: CauseName;
  find(situation: Situation): Finding | undefined;
}

/** Causes that lie in the shape of the outputs come first: what else is computed from such outputs is not to be trusted. */
export function causesOf(shape: Shape, situation: Situation | undefined): Cause[] {
  const sure = shapeCauses(shape);
  if (sure.some(({ misleads }) => misleads) || situation === undefined) {
    return sure.map(({ misleads: _, ...cause }) => cause);
  }
  const found = table.flatMap(({ name, find }) => {
    const finding = find(situation);
    return finding ? [{ name, ...finding }] : [];
  });
  const size = ({ explained = Infinity }: Cause) => explained;
  return [...sure.map(({ misleads: _, ...cause }) => cause), ...found.sort((a, b) => size(b) - size(a))];
}

/**
 * Largest root mean square of a sound network's outputs in their units. Kernels that keep the size of what passes (Glorot,
 * He) make outputs of about 1; three times that is let pass, and more of a single output, which random kernels may favour.
 */
const largestOutput = (width: number) => 3 * Math.sqrt(1 + 1 / width);

/** Root mean square of the outputs: between inputs, and their mean's distance from the optimum, unless a bias explains that. */
const outputSize = ({ spread, bias }: Situation) =>
  Math.sqrt(spread.between + (bias.name === "optimal" ? spread.offset : 0));

const isTooLarge = (s: Situation) => outputSize(s) > largestOutput(s.sample.width);

/** Inputs beyond this are taken for not scaled, where outputs are too large; inputs that differ by less than the other for scaled twice. */
const largestInput = 20;
const smallestInput = 0.02;
/** The most that inputs can deviate from their middle: they may have been centred after they were scaled once too often. */
const inputDeviation = ({ low, high, size }: NonNullable<CheckInput["data"]>) =>
  Math.min(size, (high - low) / 2);
/** Labels whose deviation is further from 1 than this factor, or whose mean is more deviations from 0, are not standardised. */
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
  const [between, size] = [Math.sqrt(s.spread.between), outputSize(s)];
  const limit = largestOutput(s.sample.width);
  const scale = s.sample.units.some((u) => u !== 1) ? ", in deviations of the labels" : "";
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

/** Causes told from loss and spread, each against what a sound network may show. */
const table: readonly CauseRow[] = [
  ...(["wrong sign", "wrong reduction", "wrong loss", "wrong link"] as const).map(reportedRow),
  ...(["softmax missing", "sigmoid missing", "softmax applied twice", "sigmoid applied twice"] as const).map(
    reportedRow,
  ),
  {
    name: "inputs scaled twice",
    find: ({ data, spread }) =>
      data && inputDeviation(data) <= smallestInput && Math.sqrt(spread.between) < 0.1
        ? {
            evidence: `inputs are from ${significant(data.low)} to ${significant(data.high)}, and outputs differ by only ${significant(Math.sqrt(spread.between))} from input to input`,
            fix: "scale the inputs once: x / 255 twice leaves next to nothing",
          }
        : undefined,
  },
  {
    name: "inputs not scaled",
    find: (s) =>
      isTooLarge(s) && s.data && s.data.size > largestInput
        ? {
            evidence: `inputs reach from ${significant(s.data.low)} to ${significant(s.data.high)}, and ${tooLarge(s).size}`,
            fix: "scale the inputs before the network: x / 255 for bytes, or (x - mean) / deviation",
            explained: tooLarge(s).explained,
          }
        : undefined,
  },
  {
    name: "outputs too large",
    find: (s) =>
      isTooLarge(s) && !(s.data && s.data.size > largestInput) && !isNotStandard(s)
        ? {
            evidence: tooLarge(s).size,
            fix: s.data
              ? "scale the last kernel down, or start it at zero"
              : "scale the last kernel (and the inputs, if they are not near 1) down; --data x.npy tells which",
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
        evidence: `labels have mean ${significant(mean)} and deviation ${significant(sample.units[0])}, outputs start near ${significant(s.spread.mean[0])}`,
        fix: "train on (y - mean) / deviation and undo it on the predictions; or set the bias to the mean",
        explained: Math.max(parts.measured - parts.expected, bias.gap),
      };
    },
  },
  biasRow(
    "bias not set",
    ["zero"],
    (s) =>
      `the mean output is that of bias 0, which costs ${significant(s.bias.gap)} (loss ${significant(s.parts.atZero)} against ${significant(s.parts.expected)})`,
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
      ? `the mean prediction is far from the labels' frequencies, and the spread of the outputs does not explain it`
      : `the mean output, ${significant(s.spread.mean[0])}, is far from the labels' ${significant(s.sample.optimum[0])}`,
  ),
  {
    name: "trained already",
    find: ({ parts }) =>
      parts.measured < parts.expected - 0.5 * Math.abs(parts.expected) - 3 * parts.standardError
        ? {
            evidence: `the loss is ${significant(parts.measured)}; no network that knows nothing gets below ${significant(parts.expected)}`,
            fix: "check an untrained network; if it is one, look for the labels among its inputs",
          }
        : undefined,
  },
];

/** A cause told by the bias that the outputs show. A large spread hides the bias. */
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
