import { InputError } from "../errors.ts";
import type { DataInput } from "../graph/import/networkOnData.ts";
import { initialWeights, type Weights } from "../graph/initialWeights.ts";
import type { Layer } from "../graph/layer.ts";
import { averagePool2d, conv2d, dense, flatten, maxPool2d, rescaling } from "../graph/layers.ts";
import { type Model, sequential } from "../graph/model.ts";
import type { Network } from "../graph/network.ts";
import type { LayerPlan, Plan } from "./plan.ts";

/**
 * The network of a plan's layers, from rows of the given shape to the outputs that its loss needs. Bytes are scaled to
 * [0, 1].
 *
 * @throws InputError where a layer does not fit what comes before it
 */
export function makeModel(
  { layers }: Pick<Plan, "layers">,
  { shape, imageScale = 1 }: Pick<DataInput, "shape" | "imageScale">,
  outputs: number,
): Model {
  try {
    return sequential(shape, [rescaling(imageScale), ...layers.map(makeLayer), dense(outputs)]);
  } catch (error) {
    throw error instanceof RangeError ? new InputError(`layers: ${error.message}`) : error;
  }
}

function makeLayer(plan: LayerPlan): Layer {
  if ("conv2d" in plan) return conv2d(plan.conv2d.filters, plan.conv2d.kernel, plan.conv2d);
  if ("maxPool2d" in plan) return maxPool2d(plan.maxPool2d.kernel, plan.maxPool2d.strides);
  if ("averagePool2d" in plan) return averagePool2d(plan.averagePool2d.kernel, plan.averagePool2d.strides);
  if ("dense" in plan) return dense(plan.dense.units, plan.dense.activation);
  return flatten();
}

/** The network of a plan on its data, with the weights that each seed starts from. */
export interface TrialNetwork {
  readonly network: Network & { readonly outputBias: string };
  /** The weights of a seed, with an output bias of zeros. */
  weights(seed: number): Weights;
  /** How a seed's weights differ from those in the file, one sentence per tensor; none for layers. */
  readonly redrawn: readonly string[];
  /** The output bias that the file has. */
  readonly asIs?: readonly number[];
  /** What the reader of a report must know of the network. */
  readonly notes: readonly string[];
  /** The network's file with other weights, in inference form. */
  exportTrained?(weights: Weights): Uint8Array;
}

/** The network of a plan's layers. */
export function layersNetwork(plan: Pick<Plan, "layers">, input: DataInput, outputs: number): TrialNetwork {
  const model = makeModel(plan, input, outputs);
  const network: TrialNetwork["network"] = {
    ...model,
    inputs: [input],
    apply: (graph, inputs, weights, mode) =>
      model.apply(graph, new Map([[model.inputs[0].name, inputs.get(input.name)!]]), weights, mode),
  };
  return {
    network,
    weights: (seed) => initialWeights(model, seed),
    redrawn: [],
    notes: [],
  };
}
