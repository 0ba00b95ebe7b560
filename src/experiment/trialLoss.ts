import { dataOf, type ExperimentData } from "../data/exampleSet.ts";
import { InputError } from "../errors.ts";
import { joinedLoss, joinLabels } from "../graph/outputParts.ts";
import type { TensorData } from "../graph/tensor.ts";
import { findHead } from "../heads/index.ts";
import { placesOf } from "../runtime/examples.ts";
import { networkLoss, perPlace } from "../runtime/networkLoss.ts";
import type { BatchLoss, LossChoice, TrainingLoss } from "../runtime/trainingLoss.ts";
import { type OutputPlan, outputPlans } from "./outputPlans.ts";
import type { Plan } from "./plan.ts";
import type { TrialNetwork, TrialPart } from "./plannedModel.ts";

/** The loss of a plan, on the rows that it trains on. */
export interface TrialLoss {
  /** What is trained with: the choice of a loss, or several losses together. */
  readonly choice: LossChoice | { readonly loss: BatchLoss };
  /** The labels that training is fed. */
  readonly labels: TensorData;
  /** The loss of each output, in the order of the plan. */
  readonly parts: readonly PartLoss[];
  /** The loss of a training batch as it is reported. */
  reported(loss: number, rows: ArrayLike<number>): number;
}

/** The loss of one output, and what it reads. */
export interface PartLoss extends TrialPart {
  /** What is reported. Losses that training adds up (reduction `sum`) are reported as their mean, whatever the batch. */
  readonly loss: TrainingLoss;
  /** What the loss is multiplied by before the losses of several outputs are added. */
  readonly lossWeight: number;
  /** The data with the labels of this output. */
  readonly data: ExperimentData;
}

/** @throws InputError where the labels do not fit the loss, or the network */
export function trialLoss(
  plan: Plan,
  { parts }: Pick<TrialNetwork, "parts">,
  data: ExperimentData,
  rows: Uint32Array,
): TrialLoss {
  const each = outputPlans(plan).map((own, i) => partLoss(own, parts[i], dataOf(data, own.output), rows));
  const losses = each.map(({ part }) => part);
  if (each.length > 1) {
    const batchLoss = joinedBatchLoss(losses);
    return {
      choice: { loss: batchLoss.loss },
      labels: batchLoss.labels,
      parts: losses,
      reported: (loss) => loss,
    };
  }
  const [{ choice, reported }] = each;
  return { choice, labels: losses[0].data.train.labels, parts: losses, reported };
}

/** The losses of several outputs together, each multiplied by its weight. */
function joinedBatchLoss(parts: readonly PartLoss[]): {
  readonly loss: BatchLoss;
  readonly labels: Float64Array;
} {
  const places = parts.reduce((sum, part) => sum + part.places, 0);
  const graphs = parts.map(({ loss }) => loss.graph);
  const labelled = parts.map((part, i) => ({ places: part.places, width: graphs[i].labelSize }));
  return {
    labels: joinLabels(
      labelled,
      parts.map(({ data }) => data.train.labels),
    ),
    loss: {
      graph: joinedLoss(parts, graphs),
      weightsOf(positions) {
        const rows = Array.from(
          { length: positions.length / places },
          (_, i) => positions[i * places] / places,
        );
        const weights = new Float64Array(positions.length);
        let start = 0;
        for (const part of parts) {
          const own = part.loss.weightsOf(placesOf(part, rows));
          own.forEach((weight, i) => {
            const row = Math.floor(i / part.places);
            weights[row * places + start + (i % part.places)] = part.lossWeight * weight;
          });
          start += part.places;
        }
        return weights;
      },
    },
  };
}

function partLoss(
  plan: OutputPlan,
  part: TrialPart,
  data: ExperimentData,
  rows: Uint32Array,
): Pick<TrialLoss, "reported"> & { readonly choice: LossChoice; readonly part: PartLoss } {
  const { train, ignoreLabel, labelFile } = data;
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
    const output = { places: part.places, output: [part.width] };
    const reportedLoss = networkLoss(output, mean, train.labels, train.count);
    const weights = train.weights && perPlace(part, train.weights);
    const { divisorOf } = reportedLoss.over(train.labels, weights);
    return {
      choice,
      part: { ...part, loss: reportedLoss, lossWeight: plan.lossWeight, data },
      reported(loss, batch) {
        if (!isSum) return loss;
        return loss / Array.from(placesOf(part, batch), divisorOf).reduce((sum, one) => sum + one, 0);
      },
    };
  } catch (error) {
    const isLabel = error instanceof InputError && error.message.includes("label in row");
    if (labelFile === undefined || !isLabel) {
      if (!(error instanceof InputError) || plan.heads === undefined) throw error;
      throw new InputError(`output ${plan.output}: ${error.message}`);
    }
    throw new InputError(`${labelFile}: ${error.message}`);
  }
}
