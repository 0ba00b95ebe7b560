import type { Band } from "../heads/band.ts";

/** How well a model does on the test set: its loss, and the measures that the loss allows. Shares are in [0, 1]. */
export interface Evaluation {
  readonly loss: number;
  readonly accuracy?: number;
  /** Mean of the classes' recalls. */
  readonly balancedAccuracy?: number;
  /** Recall of each class. */
  readonly recall?: readonly number[];
  /** For yes/no labels: area under the ROC curve, and average precision. NaN where the test set has one class alone. */
  readonly rocAuc?: number;
  readonly averagePrecision?: number;
  /** For numbers: means of absolute and squared errors of predictions; for counts also the mean deviance. */
  readonly absoluteError?: number;
  readonly squaredError?: number;
  readonly deviance?: number;
  /** Where several outputs have losses: each output by itself, by name. `loss` is then the sum of theirs, by weight. */
  readonly outputs?: Readonly<Record<string, Evaluation>>;
}

/** The loss of one arm before training, compared with the expected one. */
export interface InitialLoss {
  /** Bias of the output layer before training; of several outputs in the order of the plan, one after another. */
  readonly outputBias: readonly number[];
  /** Loss that the labels predict for a network whose output is its bias alone. */
  readonly expectedLoss: number;
  /** Loss over the whole training subset before training. */
  readonly initialLoss: number;
  /** The interval in which the initial loss of a sound network lies (docs/theory.md, The band). */
  readonly band: Pick<Band, "low" | "high">;
  /** Whether `initialLoss` lies in `band`. */
  readonly inBand: boolean;
  /** Where several outputs have losses: those of each output, by name. */
  readonly outputs?: Readonly<Record<string, Pick<InitialLoss, "expectedLoss" | "initialLoss">>>;
}

/** The result of training and testing an arm. */
export interface TrainingResult {
  /** Steps between two entries of the arrays below; 1 unless given. Trainings of very many steps leave some out. */
  readonly stepsPerEntry?: number;
  /** Epoch (from 0) of each batch. This array and the three below have one entry per batch. */
  readonly epochs: readonly number[];
  /** Mean loss of each batch; if steps are left out, the mean since the previous entry. */
  readonly batchLosses: readonly number[];
  /** Mean loss over the rows of the epoch so far: what Keras logs as `loss`. */
  readonly runningLosses: readonly number[];
  /** Accuracy over the rows of the epoch so far; empty where labels are neither classes nor yes/no. */
  readonly runningAccuracies: readonly number[];
  /** On all test rows as they are (CIFAR-10: 1,000 per class). */
  readonly test: Evaluation;
  /** The same outputs, each class weighted by its frequency in the training subset; where the plan sets class counts. */
  readonly testTrainingMix?: Evaluation;
  /** With early stopping: the test loss after each epoch. `test` is that of the epoch with the lowest. */
  readonly epochTestLosses?: readonly number[];
  /** Whether an observer stopped the training before its end. */
  readonly stopped: boolean;
}

/** What names a trial. */
export interface TrialKey {
  /** Hash of the plan's setting (see settings.ts). */
  readonly plan: string;
  readonly seed: number;
  readonly arm: string;
}

export const trialKeyText = ({ plan, seed, arm }: TrialKey) => `${plan}-${seed}-${arm}`;

/** One finished trial: one arm of one seed. The same key gives the same trial, bit for bit, on the same machine. */
export interface Trial extends TrialKey, InitialLoss, TrainingResult {}

/** A difference between two arms over paired seeds (first minus second), with a bootstrap 95 % interval. */
export interface Difference {
  readonly mean: number;
  /** Null for a single seed. */
  readonly low: number | null;
  readonly high: number | null;
  /** One per seed. */
  readonly values: readonly number[];
  /** Whether the interval excludes 0. Always false for a single seed. */
  readonly distinguishable: boolean;
  /**
   * Seeds with which a difference of this mean and deviation is told apart from 0 in four runs of five; null for a single
   * seed, or a mean of 0.
   */
  readonly seedsNeeded: number | null;
}

/** Steps the baseline needs before its running loss falls to where the arm's loss was before training. */
export interface StepsSaved {
  /** One per seed; null where the baseline never got there. */
  readonly values: readonly (number | null)[];
  /** Seeds in which it never got there: they count with all steps of the run, so that the mean is a lower bound. */
  readonly never: number;
  readonly mean: number;
  /** Bootstrap 95 % interval of that mean; null for a single seed. */
  readonly low: number | null;
  readonly high: number | null;
}

/** What a run's results depend on beside its plan. */
export interface Versions {
  readonly baserate: string;
  readonly node: string;
  /** Name and version of the runtime: `onnxruntime-node 1.30.0`. */
  readonly runtime: string;
  /** SHA-256 in hex of the dataset: training images, training labels, test images and test labels; of a network's file too. */
  readonly data: string;
}

/** What a run ran on. */
export interface Environment extends Versions {
  readonly machine: string;
  /** Arms trained at the same time. */
  readonly workers: number;
}
