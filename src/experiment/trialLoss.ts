import type { ExperimentData } from "../data/exampleSet.ts";
import { InputError } from "../errors.ts";
import { findHead } from "../heads/index.ts";
import { placesOf } from "../runtime/examples.ts";
import { networkLoss, perPlace } from "../runtime/networkLoss.ts";
import type { LossChoice, TrainingLoss } from "../runtime/trainingLoss.ts";
import type { Plan } from "./plan.ts";
import type { TrialNetwork } from "./plannedModel.ts";

/** The loss of a plan, on the rows that it trains on. */
export interface TrialLoss {
  /** What is trained with. */
  readonly choice: LossChoice;
  /** What is reported. Losses that training adds up (reduction `sum`) are reported as their mean, whatever the batch. */
  readonly loss: TrainingLoss;
  /** The loss of a training batch as it is reported. */
  reported(loss: number, rows: ArrayLike<number>): number;
}

/** @throws InputError where the labels do not fit the loss, or the network */
export function trialLoss(
  plan: Plan,
  { network }: TrialNetwork,
  { train, ignoreLabel, labelFile }: ExperimentData,
  rows: Uint32Array,
): TrialLoss {
  const loss = plan.loss ?? "softmax";
  const options = { ...findHead(loss).options, ...plan.lossOptions };
  const choice: LossChoice = {
    loss,
    options: plan.lossOptions,
    sampleWeights: train.weights,
    ignoreLabel,
    rows,
  };
  const isSum = options.reduction === "sum";
  const mean = isSum ? { ...choice, options: { ...plan.lossOptions, reduction: "mean" } } : choice;
  try {
    const reportedLoss = networkLoss(network, mean, train.labels, train.count);
    const weights = train.weights && perPlace(network, train.weights);
    const { divisorOf } = reportedLoss.over(train.labels, weights);
    return {
      choice,
      loss: reportedLoss,
      reported(loss, batch) {
        if (!isSum) return loss;
        return loss / Array.from(placesOf(network, batch), divisorOf).reduce((sum, one) => sum + one, 0);
      },
    };
  } catch (error) {
    const isLabel = error instanceof InputError && error.message.includes("label in row");
    if (labelFile === undefined || !isLabel) throw error;
    throw new InputError(`${labelFile}: ${error.message}`);
  }
}
