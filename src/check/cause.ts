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
  | "label smoothing differs"
  | "padding counted"
  | "inputs not scaled"
  | "inputs scaled twice"
  | "outputs too large"
  | "target not standardised"
  | "bias not set"
  | "weighted training with unweighted prior"
  | "another data set's prior"
  | "trained already";

/** The evidence for a cause, and what to do about it. */
export interface Finding {
  /** The numbers that show it, as a sentence without a full stop. */
  readonly evidence: string;
  /** How to fix it, in one line. */
  readonly fix: string;
  /** How much of the gap between measured and expected loss it explains, in the loss's unit; absent if unknown. */
  readonly explained?: number;
  /** Where several causes explain the same gap: the probability of this one among them. */
  readonly share?: number;
}

export interface Cause extends Finding {
  readonly name: CauseName;
  /** Whether this only makes the loss start high, as some architectures and initialisers do on purpose, and is not a fault. */
  readonly isHonest?: boolean;
}

/** What a check found in a network that starts high, where no cause is certain. */
export const foundWithoutFault = (causes: readonly Cause[]): string =>
  causes.length > 0 ? "a possible cause, but no certain fault" : "no fault was found";
