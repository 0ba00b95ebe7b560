import type { TensorData } from "../graph/tensor.ts";
import { band } from "../heads/band.ts";
import { optimalOutput } from "../heads/solve.ts";
import { meanRow } from "../math/meanRow.ts";
import { sum } from "../math/sum.ts";
import type { TrainingLoss } from "../runtime/trainingLoss.ts";
import { type ArmInputs, armBias } from "./arms.ts";
import { type LabelledOutputs, rowLosses } from "./evaluation.ts";
import type { InitialLoss } from "./record.ts";

export interface InitialOutputs extends LabelledOutputs {
  /** The untrained network's outputs without bias, (rows, K), and the labels of these rows. */
  readonly outputs: Float32Array;
  readonly labels: TensorData;
  /** Positions of the rows of the first training batch, which the calibrated arm is computed from. */
  readonly firstBatch: ArrayLike<number>;
}

/**
 * The initial loss of each arm, compared with the expected one. One set of outputs serves all arms of a seed, since they
 * differ in their bias alone.
 *
 * @param known the biases that do not follow from labels and outputs
 */
export function initialLosses(
  arms: readonly string[],
  loss: TrainingLoss,
  { outputs, labels, weights, firstBatch }: InitialOutputs,
  known: Pick<ArmInputs, "asIs" | "files">,
): Map<string, InitialLoss> {
  const { bound, summary } = loss;
  const prior = optimalOutput(bound);
  const width = bound.outputs;
  const meanOutput = meanRow(outputs, width, firstBatch);
  const offset = meanRow(outputs, width);
  const rows = loss.over(labels, weights);
  const counted = Array.from({ length: outputs.length / width }, (_, row) => row).filter(
    (row) => rows.weightOf(row) > 0,
  );
  const divisor = sum(counted.map(rows.divisorOf));
  const settings = {
    batchSize: counted.length,
    outputVariance: sum(Array.from(outputs, (z) => z * z)) / outputs.length,
    sharedVariance: sum(offset.map((z) => z * z)) / width,
  };
  return new Map(
    arms.map((arm) => {
      const outputBias = armBias(arm, { prior, meanOutput, ...known });
      // A calibrated bias is the prior of the outputs minus their mean.
      const nominal = arm === "calibrated" ? prior : outputBias;
      const { low, high, expectedLoss } = band(bound.head, summary, {
        ...settings,
        bias: nominal,
        options: bound.options,
      });
      const losses = rowLosses(bound, outputs, rows, outputBias);
      const initialLoss = sum(counted.map((row) => rows.weightOf(row) * losses[row])) / divisor;
      const inBand = initialLoss >= low && initialLoss <= high;
      return [arm, { outputBias, expectedLoss, initialLoss, band: { low, high }, inBand }];
    }),
  );
}

/** The initial losses of several outputs as one: losses and bands are added, each times its weight. */
export function joinedInitialLosses(
  parts: readonly {
    readonly name?: string;
    readonly lossWeight: number;
    readonly losses: ReadonlyMap<string, InitialLoss>;
  }[],
): Map<string, InitialLoss> {
  const [{ losses }] = parts;
  if (parts.length === 1) return new Map(losses);
  return new Map(
    [...losses.keys()].map((arm) => {
      const own = parts.map(({ losses }) => losses.get(arm)!);
      const total = (of: (one: InitialLoss) => number) =>
        sum(own.map((one, i) => parts[i].lossWeight * of(one)));
      const initialLoss = total((one) => one.initialLoss);
      const [low, high] = [total(({ band }) => band.low), total(({ band }) => band.high)];
      const joined: InitialLoss = {
        outputBias: own.flatMap(({ outputBias }) => outputBias),
        expectedLoss: total(({ expectedLoss }) => expectedLoss),
        initialLoss,
        band: { low, high },
        inBand: initialLoss >= low && initialLoss <= high,
        outputs: Object.fromEntries(
          own.map(({ expectedLoss, initialLoss }, i) => [parts[i].name!, { expectedLoss, initialLoss }]),
        ),
      };
      return [arm, joined] as const;
    }),
  );
}
