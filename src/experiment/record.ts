/** What a run writes down: plain data, one record a finished trial, and one summary of the run. */

/** The interval in which the initial loss of a sound network lies (docs/theory.md, The band). */
export interface Band {
  readonly low: number;
  readonly high: number;
}

/** How well a model does on the test set. Losses in nats, the rest as fractions in [0, 1]. */
export interface Evaluation {
  readonly loss: number;
  readonly accuracy: number;
  /** Mean of the classes' recalls. */
  readonly balancedAccuracy: number;
  /** Recall of each class. */
  readonly recall: readonly number[];
}

/** One finished trial: one arm of one seed. */
export interface Trial {
  readonly arm: string;
  readonly seed: number;
  /** Bias of the output layer before training. */
  readonly outputBias: readonly number[];
  /** Loss the labels predict for a network whose output is its bias alone. */
  readonly expectedLoss: number;
  /** Loss over the whole training subset before training. */
  readonly initialLoss: number;
  readonly band: Band;
  /** Whether `initialLoss` lies in `band`. */
  readonly inBand: boolean;
  /** Epoch (from 0) of each batch. All arrays below have one entry a batch. */
  readonly epochs: readonly number[];
  /** Each batch's own mean loss. */
  readonly batchLosses: readonly number[];
  /** Mean loss over the rows of the epoch so far: what Keras logs as `loss`. */
  readonly runningLosses: readonly number[];
  /** Accuracy over the rows of the epoch so far. */
  readonly runningAccuracies: readonly number[];
  /** On all test images as they are (1,000 a class). */
  readonly test: Evaluation;
  /** The same outputs, each class weighted by its share of the training subset. */
  readonly testReweighted: Evaluation;
  /** Whether an observer stopped the training before its end. */
  readonly stopped: boolean;
  /** Wall time of training alone, in seconds. */
  readonly trainSeconds: number;
}

/** A difference between two arms over paired seeds (first minus second), with a bootstrap 95 % interval. */
export interface Difference {
  readonly mean: number;
  /** Null for a single seed. */
  readonly low: number | null;
  readonly high: number | null;
  /** One a seed. */
  readonly values: readonly number[];
  /** Whether the interval excludes 0. Always false for a single seed. */
  readonly distinguishable: boolean;
}

/** Steps the baseline needs before its running loss falls to where the arm's loss was before training. */
export interface StepsSaved {
  /** One a seed; null where the baseline never got there. */
  readonly values: readonly (number | null)[];
  /** Seeds in which it never got there: they count with all steps of the run, so that the mean is a lower bound. */
  readonly never: number;
  readonly mean: number;
  /** Bootstrap 95 % interval of that mean; null for a single seed. */
  readonly low: number | null;
  readonly high: number | null;
}

/** What a run ran on. */
export interface Environment {
  readonly baserate: string;
  readonly node: string;
  /** Name and version of the runtime: `onnxruntime-node 1.30.0`. */
  readonly runtime: string;
  readonly machine: string;
  /** Arms at once. */
  readonly workers: number;
}
