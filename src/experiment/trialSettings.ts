import { type ExampleSet, pickRows, rowsOfSet } from "../data/exampleSet.ts";
import { imbalancedSubset } from "../data/imbalancedSubset.ts";
import { InputError } from "../errors.ts";
import type { Network } from "../graph/network.ts";
import { forward } from "../graph/trainStep.ts";
import { optimalOutput } from "../heads/solve.ts";
import { sum } from "../math/sum.ts";
import { exampleTypes } from "../runtime/examples.ts";
import { armBias, biasesOfPart } from "./arms.ts";
import type { Plan } from "./plan.ts";
import type { TrialNetwork } from "./plannedModel.ts";
import { settingsOf } from "./settings.ts";
import { trialLoss } from "./trialLoss.ts";
import { type TrialMaterials, trialNetwork } from "./trialNetwork.ts";

/** A setting with everything that its trials need. */
export interface TrialSetting {
  readonly plan: Plan;
  /** Rows of the training set. */
  readonly rows: Uint32Array;
  readonly network: TrialNetwork;
}

/**
 * The settings of a plan, in order, on its data. Networks and losses that do not fit are refused before any work.
 *
 * @throws InputError where the plan does not fit the data
 */
export function trialSettings(plan: Plan, materials: TrialMaterials): readonly TrialSetting[] {
  return settingsOf(plan).map(({ plan }) => {
    const rows = trainingRows(plan, materials);
    const network = trialNetwork(plan, materials);
    const setting = { plan, rows, network };
    constantLosses(setting, materials);
    requireBatches(plan, network.network, materials.data.train, rows.length);
    return setting;
  });
}

/**
 * By arm: the expected loss before training, where the output is the arm's bias alone. That of `calibrated` is the
 * prior's, since it takes away what a network adds.
 *
 * @throws InputError where the loss does not fit the data, or a bias the network
 */
export function constantLosses(
  { plan, rows, network }: TrialSetting,
  { data, biases }: TrialMaterials,
): Record<string, number> {
  const { parts } = trialLoss(plan, network, data, rows);
  const expected = parts.map(({ loss: { bound }, asIs, lossWeight }, i) => {
    const prior = optimalOutput(bound);
    const known = {
      prior,
      meanOutput: prior.map(() => 0),
      asIs,
      files: biasesOfPart(biases, network.parts, i),
    };
    return (arm: string) => lossWeight * bound.expectedLoss(armBias(arm, known));
  });
  return Object.fromEntries(plan.arms.map((arm) => [arm, sum(expected.map((of) => of(arm)))]));
}

/** The rows that a plan trains on: all of them, or so many of each class. */
function trainingRows({ counts }: Plan, { data }: TrialMaterials): Uint32Array {
  const { train, classNames, labelShape } = data;
  const all = rowsOfSet(train);
  if (counts === undefined) return all;
  if (classNames === undefined || labelShape.length > 0) {
    throw new InputError(`counts need one class per row; ${data.name} has other labels`);
  }
  const kept = imbalancedSubset(pickRows(train.labels, all, 1), counts, classNames);
  return kept.map((position) => all[position]);
}

/**
 * PyTorch refuses to normalise one value; Keras makes it 0, so that the layer's output is its offset, and takes 0 into the
 * running variance. We refuse it as PyTorch does, before training.
 *
 * @throws InputError where batch normalisation would have one value per channel, in a last batch of one row
 */
function requireBatches({ batchSize }: Plan, network: Network, train: ExampleSet, rows: number): void {
  if (!network.batchDependent || rows % batchSize !== (batchSize === 1 ? 0 : 1)) return;
  try {
    forward({ model: network, types: exampleTypes(train), microBatchSize: 1, training: true });
  } catch (error) {
    throw new InputError(
      `a batch of ${batchSize === 1 ? "1 row" : `${batchSize} leaves 1 of ${rows} rows for the last`}: ${(error as Error).message}; choose another batch size`,
    );
  }
}
