import { InputError, unknownName } from "../errors.ts";
import type { DataInput, NetworkPart } from "../graph/import/networkOnData.ts";
import { initialWeights, type Weights } from "../graph/initialWeights.ts";
import { dense, rescaling } from "../graph/layers.ts";
import { functional, type Model } from "../graph/model.ts";
import type { Network } from "../graph/network.ts";
import { placeLayers } from "./placeLayers.ts";
import type { Plan } from "./plan.ts";

/**
 * The network of a plan's layers, from rows of the given shape to the outputs that its loss needs. Bytes are scaled to
 * [0, 1], but for whole numbers that an embedding reads.
 *
 * @throws InputError where a layer does not fit what comes before it
 */
export function makeModel(
  { layers, initial }: Pick<Plan, "layers" | "initial">,
  { shape, imageScale = 1 }: Pick<DataInput, "shape" | "imageScale">,
  outputs: number,
): Model {
  try {
    const model = functional(shape, (x) => {
      const scaled = "embedding" in layers[0] ? x : x.pipe(rescaling(imageScale));
      return placeLayers(scaled, layers).pipe(dense(outputs));
    });
    return withInitial(model, initial ?? {});
  } catch (error) {
    throw error instanceof RangeError ? new InputError(`layers: ${error.message}`) : error;
  }
}

/** A model whose parameters start from normal values of the given standard deviations, by name. */
export function withInitial(model: Model, deviations: Readonly<Record<string, number>>): Model {
  const names = model.parameters.map(({ name }) => name).filter((name) => name !== model.outputBias);
  for (const name of Object.keys(deviations)) {
    if (name === model.outputBias)
      throw new InputError(`invalid initial: ${name} is what the arms set; expected other parameters`);
    if (!names.includes(name))
      throw new InputError(`initial: ${unknownName("parameter", name, names).message}`);
  }
  const parameters = model.parameters.map((parameter) => {
    const standardDeviation = deviations[parameter.name];
    if (standardDeviation === undefined) return parameter;
    return { ...parameter, initializer: { kind: "normal", standardDeviation } as const };
  });
  return { ...model, parameters };
}

/** An output that a loss reads. */
export interface TrialPart extends NetworkPart {
  /** The output bias that the file has. */
  readonly asIs?: readonly number[];
}

/** The network of a plan on its data, with the weights that each seed starts from. */
export interface TrialNetwork {
  readonly network: Network & { readonly outputBias: string };
  /** The weights of a seed, with output biases of zeros. */
  weights(seed: number): Weights;
  /** How a seed's weights differ from those in the file, one sentence per tensor; none for layers. */
  readonly redrawn: readonly string[];
  /** The outputs that losses read, in the order of the plan. */
  readonly parts: readonly TrialPart[];
  /** What the reader of a report must know of the network. */
  readonly notes: readonly string[];
  /** The network's file with other weights, in inference form. */
  exportTrained?(weights: Weights): Uint8Array;
}

/** The network of a plan's layers. */
export function layersNetwork(
  plan: Pick<Plan, "layers" | "initial">,
  input: DataInput,
  outputs: number,
): TrialNetwork {
  const model = makeModel(plan, input, outputs);
  const network: TrialNetwork["network"] = {
    ...model,
    inputs: [input],
    apply: (graph, inputs, weights, mode) =>
      model.apply(graph, new Map([[model.inputs[0].name, inputs.get(input.name)!]]), weights, mode),
  };
  const [width] = network.output;
  return {
    network,
    parts: [{ places: network.places, width, outputBias: network.outputBias }],
    weights: (seed) => initialWeights(model, seed),
    redrawn: [],
    notes: [],
  };
}
