import { type BiasVerdict, biasVerdicts, isCalibrated, tolerance } from "./biasVerdict.ts";
import type { CheckInput } from "./checkInput.ts";
import { type LossParts, lossParts, meanOutput, type OutputMoments, outputMoments } from "./lossParts.ts";
import { usualExcess } from "./reference.ts";
import { type ReportedVerdict, reportedVerdict } from "./reportedLoss.ts";
import type { Sample } from "./sample.ts";

/** Everything from which the causes of a gap are inferred. */
export interface Situation {
  readonly sample: Sample;
  readonly data: CheckInput["data"];
  readonly parts: LossParts;
  readonly moments: OutputMoments;
  /** Biases that explain the mean output better than the optimal one, the likeliest first. */
  readonly biases: readonly BiasVerdict[];
  /** Where the mean output costs much: biases that explain it about as well as an offset of the network's own does. */
  readonly possible: readonly BiasVerdict[];
  /** Whether the mean output is neither the optimum nor near it in loss. */
  readonly isOff: boolean;
  /** Whether the output layer has a bias at all. */
  readonly hasBias: boolean;
  readonly reported?: ReportedVerdict;
  readonly reportedLoss?: number;
}

/** @returns undefined where the loss of these outputs is beyond what a float64 holds */
export function situationOf(input: CheckInput, sample: Sample): Situation | { readonly measured: number } {
  const mean = meanOutput(sample);
  const parts = lossParts(sample, mean);
  if (!Number.isFinite(parts.measured)) return { measured: parts.measured };
  const moments = outputMoments(sample, mean);
  const { reportedLoss, data } = input;
  // an output layer without a bias is one whose bias is known to be 0
  const known = input.hasBias === false ? new Float64Array(sample.width) : input.bias;
  const biases = biasVerdicts(sample, parts, moments, known);
  const isFarOff = parts.atMean - parts.expected > usualExcess * Math.abs(parts.expected);
  return {
    sample,
    data,
    parts,
    moments,
    biases: biases.filter(({ isClear }) => isClear),
    possible: isFarOff ? biases.filter(({ isClear }) => !isClear) : [],
    isOff: !isCalibrated(sample, parts, moments) && parts.atMean - parts.expected > tolerance(sample, parts),
    hasBias: input.hasBias !== false,
    ...(reportedLoss !== undefined && { reportedLoss, reported: reportedVerdict(sample, parts, input) }),
  };
}
