import type { Activation } from "../../../src/graph/activations.ts";
import type { Weights } from "../../../src/graph/initialWeights.ts";
import type { Layer } from "../../../src/graph/layer.ts";
import { conv2d, dense, flatten, maxPool2d } from "../../../src/graph/layers.ts";
import { type Model, sequential } from "../../../src/graph/model.ts";
import { elementCount, tensor } from "../../../src/graph/tensor.ts";
import { seededRandom } from "../../../src/math/seededRandom.ts";
import { nodeRuntime } from "../../../src/runtime/node.ts";
import { createPredictor } from "../../../src/runtime/predictor.ts";

/** Rows that the checks of the bench look at. */
export const rows = 256;

/** Inputs of the bench: rows of numbers of one shape, as the network is fed. */
export interface Inputs {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export const initialisers = {
  glorot: ({ fanIn, fanOut }: Fans, { uniform }: Draw) =>
    Math.sqrt(6 / (fanIn + fanOut)) * (2 * uniform() - 1),
  he: ({ fanIn }: Fans, { normal }: Draw) => Math.sqrt(2 / fanIn) * normal(),
  lecun: ({ fanIn }: Fans, { normal }: Draw) => Math.sqrt(1 / fanIn) * normal(),
  torch: ({ fanIn }: Fans, { uniform }: Draw) => Math.sqrt(1 / fanIn) * (2 * uniform() - 1),
  "normal 0.02": (_: Fans, { normal }: Draw) => 0.02 * normal(),
  "normal 1": (_: Fans, { normal }: Draw) => normal(),
  constant: () => 0.02,
};
export type Initialiser = keyof typeof initialisers;

interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}
type Draw = ReturnType<typeof seededRandom>;

/** Fresh weights; torch's biases are random too, but for the output layer's, which is added to the outputs. */
function drawWeights(model: Model, initialiser: Initialiser, seed: number): Weights {
  let fanIn = 1;
  return Object.fromEntries(
    model.parameters.map(({ name, shape }) => {
      const draw = seededRandom(seed, `${initialiser}/${name}`);
      const area = elementCount(shape.slice(0, -2));
      const isKernel = name.endsWith(".kernel");
      if (isKernel) fanIn = area * shape[shape.length - 2];
      const fans = { fanIn, fanOut: area * shape[shape.length - 1] };
      const isDrawn = isKernel || (initialiser === "torch" && name !== model.outputBias);
      const values = Array.from({ length: elementCount(shape) }, () =>
        isDrawn ? initialisers[initialiser](fans, draw) : 0,
      );
      return [name, tensor("float32", shape, values)];
    }),
  );
}

export const architectures: Record<string, (activation: Activation) => { layers: Layer[]; images: boolean }> =
  {
    "small CNN": (activation) => ({
      layers: [
        conv2d(16, [3, 3], { activation, strides: [2, 2] }),
        maxPool2d([2, 2]),
        flatten(),
        dense(32, activation),
      ],
      images: true,
    }),
    "deeper CNN": (activation) => ({
      layers: [
        conv2d(16, [3, 3], { activation, strides: [2, 2] }),
        conv2d(16, [3, 3], { activation, padding: "same" }),
        maxPool2d([2, 2]),
        conv2d(32, [3, 3], { activation }),
        conv2d(32, [3, 3], { activation }),
        flatten(),
        dense(64, activation),
      ],
      images: true,
    }),
    "1 layer of 64": (activation) => ({ layers: [flatten(), dense(64, activation)], images: false }),
    "2 layers of 64": (activation) => ({
      layers: [flatten(), dense(64, activation), dense(64, activation)],
      images: false,
    }),
    "2 layers of 512": (activation) => ({
      layers: [flatten(), dense(512, activation), dense(512, activation)],
      images: false,
    }),
    "6 layers of 128": (activation) => ({
      layers: [flatten(), ...Array.from({ length: 6 }, () => dense(128, activation))],
      images: false,
    }),
  };

export interface Network {
  outputs(inputs: Inputs, initialiser: Initialiser, seed: number): Promise<Float64Array>;
  dispose(): Promise<void>;
}

/** A network that is loaded once and run with many weights. Outputs are without the output layer's bias. */
export async function makeNetwork(
  name: string,
  activation: Activation,
  units: number,
  shape: readonly number[],
): Promise<Network> {
  const model = sequential(shape, [...architectures[name](activation).layers, dense(units)]);
  // One set of rows, which each call overwrites: loading a network takes longer than running it.
  const images = new Float32Array(rows * elementCount(shape));
  const all = Uint32Array.from({ length: rows }, (_, i) => i);
  const predictor = await createPredictor(await nodeRuntime(), {
    model,
    examples: { inputs: { images } },
    microBatchSize: 64,
  });
  return {
    async outputs({ values }, initialiser, seed) {
      images.set(values);
      return Float64Array.from(await predictor.outputs(drawWeights(model, initialiser, seed), all));
    },
    dispose: () => predictor.dispose(),
  };
}
