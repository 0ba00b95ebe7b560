import { seededRandom } from "../math/seededRandom.ts";
import type { Initializer, Layer, LayerParameter, PooledLayer } from "./layers.ts";
import type { Network } from "./network.ts";
import type { Tensor } from "./tensor.ts";
import { elementCount, tensor } from "./tensor.ts";

/** A network made of layers. Its input is called `images`, whatever it holds. */
export interface Model extends Network {
  /** Shape of one example. */
  readonly input: readonly number[];
  /** In the order of the layers; names are unique: `conv2d.kernel`, `conv2d_1.kernel`. */
  readonly parameters: readonly LayerParameter[];
  /** Name of the last layer's bias. */
  readonly outputBias: string;
}

/** Layers one after another. `input` is the shape of one example, without the batch axis. */
export function sequential(input: readonly number[], layers: readonly Layer[]): Model {
  const seen = new Map<string, number>();
  let shape = input;
  const placed: Placed[] = layers.map((layer) => {
    const count = seen.get(layer.kind) ?? 0;
    seen.set(layer.kind, count + 1);
    const prefix = count === 0 ? layer.kind : `${layer.kind}_${count}`;
    const parameters = layer
      .parameters(shape)
      .map((parameter) => ({ ...parameter, name: `${prefix}.${parameter.name}` }));
    shape = layer.output(shape);
    return { parameters, output: shape, layer };
  });
  const stages = withPooling(placed);
  const parameters = placed.flatMap((place) => place.parameters);
  const last = placed.at(-1)?.parameters.find(({ name }) => name.endsWith(".bias"));
  if (!last) throw new RangeError("the last layer must have a bias");
  return {
    inputs: [{ name: "images", shape: input }],
    input,
    output: shape,
    places: 1,
    parameters,
    fixed: [],
    outputBias: last.name,
    batchDependent: false,
    noise: () => [],
    apply(graph, inputs, weights) {
      const output = stages.reduce((y, { parameters, output, layer }, i) => {
        const read = stages[i + 1]?.layer.reads?.(output) ?? [output[0], output[1]];
        return layer.apply(
          graph,
          y,
          parameters.map(({ name }) => weights.get(name)!),
          read,
        );
      }, inputs.get("images")!);
      return { output, nextState: new Map() };
    },
  };
}

interface Stage {
  readonly parameters: readonly LayerParameter[];
  /** Shape without the batch axis. */
  readonly output: readonly number[];
  readonly layer: Pick<PooledLayer, "apply"> & Partial<PooledLayer>;
}

interface Placed extends Stage {
  readonly layer: Layer;
}

/** The stages of a network: its layers, some of them fused with the pooling that follows. */
function withPooling(placed: readonly Placed[]): Stage[] {
  return placed.flatMap((place, i): Stage[] => {
    const pooledBy = (at: number) => {
      const windows = placed[at + 1]?.layer.windows;
      return windows && placed[at]?.layer.pooled?.(windows);
    };
    if (pooledBy(i - 1)) return [];
    const pooled = pooledBy(i);
    return [pooled ? { ...place, layer: pooled, output: placed[i + 1].output } : place];
  });
}

/** Weights by parameter name: what a training step takes and returns. */
export type Weights = Record<string, Tensor>;

/** Initial float32 weights. Each parameter has its own random stream, so that none depends on the size of another. */
export function initialWeights(model: Model, seed: number): Weights {
  return Object.fromEntries(
    model.parameters.map(({ name, shape, initializer }) => [
      name,
      tensor("float32", shape, draw(initializer, shape, seed, name)),
    ]),
  );
}

function draw(initializer: Initializer, shape: readonly number[], seed: number, name: string): Float32Array {
  const values = new Float32Array(elementCount(shape));
  if (initializer.kind === "zeros") return values;
  const limit = Math.sqrt(6 / (initializer.fanIn + initializer.fanOut));
  const { uniform } = seededRandom(seed, `weights/${name}`);
  return values.map(() => limit * (2 * uniform() - 1));
}
