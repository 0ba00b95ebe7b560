import type { Weights } from "../graph/initialWeights.ts";
import type { Network } from "../graph/network.ts";
import { elementCount, type Tensor } from "../graph/tensor.ts";
import { toFastOnnx } from "../graph/toOnnx.ts";
import { forward } from "../graph/trainStep.ts";
import {
  copyInputs,
  drawNoise,
  type ExampleInputs,
  emptyInputs,
  inputCount,
  inputTypes,
} from "./examples.ts";
import { loadOnThread, type Runtime, type RuntimeOptions, type Session } from "./runtime.ts";

/** The fastest size measured for small images, so many of which fit into a core's cache (docs/performance.md). */
const defaultMicroBatchSize = 64;

export interface PredictorOptions extends RuntimeOptions {
  readonly model: Network;
  readonly examples: ExampleInputs;
  /** Rows that are computed together. */
  readonly microBatchSize?: number;
  /** Whether batch normalisation and dropout behave as in training; false unless given. */
  readonly training?: boolean;
  /** Seed of the noise of dropout layers in training mode; 0 unless given. */
  readonly seed?: number;
  /** Threads that share the rows, with bit for bit the same results; 1 unless given. */
  readonly workers?: number;
}

/** A network at given weights, without training. */
export interface Predictor {
  /** Outputs before the link, (rows x places, K) row-major. `onRows` hears how many rows are done. */
  outputs(weights: Weights, rows: ArrayLike<number>, onRows?: (done: number) => void): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** A session, and the tensors that its rows are copied to. */
interface Lane {
  readonly session: Session;
  readonly inputs: Record<string, Tensor>;
}

/**
 * Creates a predictor: the network without training.
 *
 * @throws RangeError if there are several workers and the runtime has no threads
 */
export async function createPredictor(runtime: Runtime, options: PredictorOptions): Promise<Predictor> {
  const {
    model,
    examples,
    microBatchSize = defaultMicroBatchSize,
    training,
    seed = 0,
    workers = 1,
  } = options;
  inputCount(model, examples);
  const types = { inputs: inputTypes(examples) };
  const whole = training === true && model.batchDependent;
  const models = new Map<number, Uint8Array>();
  const modelOf = (size: number): Uint8Array => {
    const bytes = models.get(size) ?? toFastOnnx(forward({ model, types, microBatchSize: size, training }));
    models.set(size, bytes);
    return bytes;
  };
  const loaded = Array.from({ length: workers }, () => new Map<number, Promise<Lane>>());
  /** The lane of a worker for so many rows at a time; the first worker is the calling thread. */
  const laneOf = (worker: number, size: number): Promise<Lane> => {
    const load = async () => {
      const bytes = modelOf(size);
      const session = worker === 0 ? runtime.load(bytes, options) : loadOnThread(runtime, bytes);
      return { session: await session, inputs: emptyInputs(model, types, [size]) };
    };
    const lane = loaded[worker].get(size) ?? load();
    loaded[worker].set(size, lane);
    return lane;
  };
  await Promise.all(loaded.map((_, worker) => laneOf(worker, microBatchSize)));
  const width = elementCount(model.output) * model.places;

  /** Noise of a micro-batch that is computed as in training. */
  const noiseOf = (size: number, step: number) =>
    Object.fromEntries(
      whole ? model.noise(size).map((one) => [one.name, drawNoise(one, seed, step)] as const) : [],
    );
  return {
    async outputs(weights, rows, onRows) {
      const result = new Float32Array(rows.length * width);
      let [next, done] = [0, 0];
      const work = async (worker: number) => {
        while (next < rows.length) {
          const start = next;
          next += microBatchSize;
          const own = Array.prototype.slice.call(rows, start, start + microBatchSize);
          const size = whole ? own.length : microBatchSize;
          const { session, inputs } = await laneOf(worker, size);
          copyInputs(model, examples, own, inputs);
          const noise = noiseOf(size, 1 + start / microBatchSize);
          const { output } = await session.run({ ...weights, ...inputs, ...noise });
          result.set((output.data as Float32Array).subarray(0, own.length * width), start * width);
          done += own.length;
          onRows?.(done);
        }
      };
      const stopOthers = (error: unknown) => {
        next = rows.length;
        throw error;
      };
      // Where one fails, or is stopped, the others end what they are at: a thread that is at work can't be ended.
      const ends = await Promise.allSettled(loaded.map((_, worker) => work(worker).catch(stopOthers)));
      for (const end of ends) if (end.status === "rejected") throw end.reason;
      return result;
    },
    async dispose() {
      const lanes = await Promise.all(loaded.flatMap((own) => [...own.values()]));
      await Promise.all(lanes.map(({ session }) => session.dispose()));
    },
  };
}
