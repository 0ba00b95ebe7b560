import type { Weights } from "../graph/initialWeights.ts";
import type { Network } from "../graph/network.ts";
import { elementCount } from "../graph/tensor.ts";
import { toOnnx } from "../graph/toOnnx.ts";
import { forward } from "../graph/trainStep.ts";
import { copyInputs, drawNoise, type Examples, emptyInputs, exampleTypes, rowCount } from "./examples.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";

/** The fastest size measured for small images, so many of which fit into a core's cache (docs/performance.md). */
const defaultMicroBatchSize = 64;

export interface PredictorOptions extends RuntimeOptions {
  readonly model: Network;
  readonly examples: Examples;
  /** Rows that are computed together. */
  readonly microBatchSize?: number;
  /** Whether batch normalisation and dropout behave as in training; false unless given. */
  readonly training?: boolean;
  /** Seed of the noise of dropout layers in training mode; 0 unless given. */
  readonly seed?: number;
}

/** A network at given weights, without training. */
export interface Predictor {
  /** Outputs before the link, (rows x places, K) row-major. `onRows` hears how many rows are done. */
  outputs(weights: Weights, rows: ArrayLike<number>, onRows?: (done: number) => void): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Creates a predictor: the network without training. */
export async function createPredictor(runtime: Runtime, options: PredictorOptions): Promise<Predictor> {
  const { model, examples, microBatchSize = defaultMicroBatchSize, training, seed = 0 } = options;
  rowCount(model, examples);
  const types = exampleTypes(examples);
  const whole = training === true && model.batchDependent;
  const load = async (size: number) => ({
    session: await runtime.load(toOnnx(forward({ model, types, microBatchSize: size, training })), options),
    inputs: emptyInputs(model, types, [size]),
  });
  const sessions = new Map([[microBatchSize, await load(microBatchSize)]]);
  const width = elementCount(model.output) * model.places;
  return {
    async outputs(weights, rows, onRows) {
      const result = new Float32Array(rows.length * width);
      for (let start = 0; start < rows.length; start += microBatchSize) {
        const iteration = Array.prototype.slice.call(rows, start, start + microBatchSize);
        const size = whole ? iteration.length : microBatchSize;
        const { session, inputs } = sessions.get(size) ?? (await load(size));
        if (!sessions.has(size)) sessions.set(size, { session, inputs });
        copyInputs(model, examples, iteration, inputs);
        const noise = whole
          ? model
              .noise(size)
              .map((one) => [one.name, drawNoise(one, seed, 1 + start / microBatchSize)] as const)
          : [];
        const { output } = await session.run({ ...weights, ...inputs, ...Object.fromEntries(noise) });
        result.set((output.data as Float32Array).subarray(0, iteration.length * width), start * width);
        onRows?.(start + iteration.length);
      }
      return result;
    },
    async dispose() {
      for (const { session } of sessions.values()) await session.dispose();
    },
  };
}
