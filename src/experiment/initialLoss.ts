import { band } from "../heads/band.ts";
import { solve } from "../heads/solve.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import { meanRow } from "../math/meanRow.ts";
import { sum } from "../math/sum.ts";
import { type ArmName, armBias } from "./arms.ts";
import { rowLosses } from "./evaluation.ts";
import type { InitialLoss } from "./record.ts";

export interface InitialOutputs {
  /** The untrained network's outputs without bias, (rows, K), and the labels of these rows. */
  readonly outputs: Float32Array;
  readonly labels: ArrayLike<number>;
  /** Positions of the rows of the first training batch, which the calibrated arm is computed from. */
  readonly firstBatch: ArrayLike<number>;
}

/**
 * The initial loss of each arm, compared with the expected one. One set of outputs serves all arms of a seed, since they
 * differ in their bias alone.
 *
 * @param counts rows of each class
 */
export function initialLosses(
  arms: readonly ArmName[],
  counts: readonly number[],
  { outputs, labels, firstBatch }: InitialOutputs,
): Map<ArmName, InitialLoss> {
  const labelSummary = fromCounts(counts);
  const prior = solve("softmax", labelSummary).bias;
  const classes = counts.length;
  const meanOutput = meanRow(outputs, classes, firstBatch);
  const offset = meanRow(outputs, classes);
  const settings = {
    batchSize: labels.length,
    outputVariance: sum(Array.from(outputs, (z) => z * z)) / outputs.length,
    sharedVariance: sum(offset.map((z) => z * z)) / classes,
  };
  return new Map(
    arms.map((arm) => {
      const outputBias = armBias(arm, { prior, meanOutput });
      // A calibrated bias is the prior of the outputs minus their mean.
      const nominal = arm === "calibrated" ? prior : outputBias;
      const { low, high, expectedLoss } = band("softmax", labelSummary, { ...settings, bias: nominal });
      const initialLoss = sum(rowLosses(outputs, labels, outputBias)) / labels.length;
      const inBand = initialLoss >= low && initialLoss <= high;
      return [arm, { outputBias, expectedLoss, initialLoss, band: { low, high }, inBand }];
    }),
  );
}
