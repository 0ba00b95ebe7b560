import type { ExperimentData } from "../data/exampleSet.ts";
import { networkLoss } from "../runtime/networkLoss.ts";
import type { LossChoice, TrainingLoss } from "../runtime/trainingLoss.ts";
import type { Plan } from "./plan.ts";
import type { TrialNetwork } from "./plannedModel.ts";

/** The loss of a plan, on the rows that it trains on. */
export function trialLoss(
  plan: Plan,
  { network }: TrialNetwork,
  { train, ignoreLabel }: ExperimentData,
  rows: Uint32Array,
): { choice: LossChoice; loss: TrainingLoss } {
  const choice: LossChoice = {
    loss: plan.loss ?? "softmax",
    options: plan.lossOptions,
    sampleWeights: train.weights,
    ignoreLabel,
    rows,
  };
  return { choice, loss: networkLoss(network, choice, train.labels, train.count) };
}
