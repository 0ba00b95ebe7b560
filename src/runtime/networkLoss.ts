import { InputError } from "../errors.ts";
import type { Network } from "../graph/network.ts";
import { elementCount, type TensorData } from "../graph/tensor.ts";
import { placesOf } from "./examples.ts";
import { type LossChoice, type TrainingLoss, trainingLoss } from "./trainingLoss.ts";

/** The loss of a network's outputs: its places are the rows of the loss. */
export function networkLoss(
  model: Pick<Network, "places" | "output">,
  choice: LossChoice,
  labels: TensorData,
  rows: number,
): TrainingLoss {
  const choiceOfPlaces = {
    ...choice,
    rows: choice.rows && placesOf(model, choice.rows),
    sampleWeights: choice.sampleWeights && perPlace(model, choice.sampleWeights),
  };
  try {
    return trainingLoss(choiceOfPlaces, labels, rows * model.places, elementCount(model.output));
  } catch (error) {
    if (!(error instanceof InputError) || model.places === 1) throw error;
    const rowOf = (place: string) => String(Math.floor((Number(place) - 1) / model.places) + 1);
    throw new InputError(error.message.replace(/(?<=\brow )\d+/, rowOf));
  }
}

/** A number per row, repeated for each of the row's places. */
export const perPlace = ({ places }: Pick<Network, "places">, values: ArrayLike<number>) =>
  places === 1
    ? values
    : Float64Array.from({ length: values.length * places }, (_, i) => values[Math.floor(i / places)]);
