import { Graph } from "./graph.ts";
import type { Layer, LayerContext, LayerParameter, PooledLayer } from "./layer.ts";
import type { Network } from "./network.ts";
import { type NetworkNoise, networkNoise } from "./noise.ts";
import type { Value } from "./op.ts";

/** A network made of layers. Its input is called `images`, whatever it holds. */
export interface Model extends Network {
  /** Shape of one example. */
  readonly input: readonly number[];
  /** In the order of the layers; names are unique: `conv2d.kernel`, `conv2d_1.kernel`. */
  readonly parameters: readonly LayerParameter[];
  /** What training updates without a gradient: `batchNorm.mean`. */
  readonly fixed: readonly LayerParameter[];
  /** Name of the last layer's bias. */
  readonly outputBias: string;
}

/** A value inside a network: what `functional` builds networks from. */
export interface ModelValue {
  /** Without the batch axis. */
  readonly shape: readonly number[];
  /** What the layers make of it, one after another. */
  pipe(...layers: readonly Layer[]): ModelValue;
  /** The sum with another value of the same shape: a residual connection. */
  add(other: ModelValue): ModelValue;
}

/** Layers one after another. `input` is the shape of one example, without the batch axis. */
export function sequential(input: readonly number[], layers: readonly Layer[]): Model {
  return functional(input, (x) => x.pipe(...layers));
}

/**
 * A network as a function of its input, for other forms than a chain of layers:
 * `functional([8], (x) => x.add(x.pipe(dense(8, "relu"))).pipe(dense(2)))`.
 *
 * @param input shape of one example, without the batch axis
 * @throws RangeError where shapes do not fit, or the last layer has no bias
 */
export function functional(input: readonly number[], build: (x: ModelValue) => ModelValue): Model {
  const layers = new PlacedLayers();
  const output = build(layers.value(input, ({ x }) => x));
  const { stages } = layers;
  const last = layers.lastOf(output)?.parameters.find(({ name }) => name.endsWith(".bias"));
  if (!last) throw new RangeError("the last layer must have a bias");
  const declared = [stages.flatMap(({ parameters }) => parameters), stages.flatMap(({ fixed }) => fixed)];
  const noise = new Map<number, NetworkNoise[]>();
  const noiseOf = (rows: number): NetworkNoise[] => {
    const found: NetworkNoise[] = [];
    const graph = new Graph();
    const declare = (name: string, shape: readonly number[]) => graph.input(name, "float32", shape);
    const weights = new Map(declared.flat().map(({ name, shape }) => [name, declare(name, shape)]));
    layers.build(output, graph, declare("images", [rows, ...input]), weights, {
      training: true,
      setState: () => {},
      noise(name, kind, shape) {
        found.push(networkNoise(name, kind, shape));
        return declare(name, shape);
      },
    });
    noise.set(rows, found);
    return found;
  };
  return {
    inputs: [{ name: "images", shape: input }],
    input,
    output: output.shape,
    places: 1,
    parameters: declared[0],
    fixed: declared[1],
    outputBias: last.name,
    batchDependent: stages.some(({ layer }) => layer.batchDependent),
    noise: (rows) => noise.get(rows) ?? noiseOf(rows),
    apply(graph, inputs, weights, mode) {
      const nextState = new Map<string, Value>();
      const value = layers.build(output, graph, inputs.get("images")!, weights, {
        training: mode.training,
        setState: (name, next) => nextState.set(name, next),
        noise: (name) => mode.noise!.get(name)!,
      });
      return { output: value, nextState };
    },
  };
}

/** What a network is being built with. */
interface Build {
  readonly graph: Graph;
  readonly x: Value;
  readonly weights: ReadonlyMap<string, Value>;
  readonly context: LayerContext;
  /** The value of the graph for one of the network. */
  readonly computed: (value: ModelValue) => Value;
}

/** A layer in its place. */
interface Stage {
  readonly name: string;
  readonly parameters: readonly LayerParameter[];
  readonly fixed: readonly LayerParameter[];
  /** Shape without the batch axis. */
  readonly output: readonly number[];
  readonly layer: Layer;
}

/** The layers of a network, in the order in which they were added, and its values. */
class PlacedLayers {
  readonly stages: Stage[] = [];
  readonly #computed = new Map<ModelValue, (build: Build) => Value>();
  readonly #last = new Map<ModelValue, Stage>();
  readonly #counts = new Map<string, number>();

  value(shape: readonly number[], compute: (build: Build) => Value): ModelValue {
    const value: ModelValue = {
      shape,
      pipe: (...layers) => this.#pipe(value, layers),
      add: (other) => {
        if (other.shape.join() !== shape.join())
          throw new RangeError(`can't add values of shapes [${shape}] and [${other.shape}]`);
        return this.value(shape, ({ graph, computed }) => graph.add(computed(value), computed(other)));
      },
    };
    this.#computed.set(value, compute);
    return value;
  }

  /** The layer that a value is the output of, if it is one's. */
  lastOf(value: ModelValue): Stage | undefined {
    return this.#last.get(value);
  }

  build(
    output: ModelValue,
    graph: Graph,
    x: Value,
    weights: ReadonlyMap<string, Value>,
    context: LayerContext,
  ): Value {
    const values = new Map<ModelValue, Value>();
    const computed = (value: ModelValue): Value => {
      const made = values.get(value) ?? this.#computed.get(value)!({ graph, x, weights, context, computed });
      values.set(value, made);
      return made;
    };
    return computed(output);
  }

  #pipe(from: ModelValue, layers: readonly Layer[]): ModelValue {
    if (layers.length === 0) return from;
    let { shape } = from;
    const placed = layers.map((layer) => {
      const stage = this.#place(layer, shape);
      shape = stage.output;
      return stage;
    });
    this.stages.push(...placed);
    const fused = withPooling(placed);
    const value = this.value(shape, (build) =>
      fused.reduce((y, stage, i) => applyStage(build, y, stage, fused[i + 1]), build.computed(from)),
    );
    this.#last.set(value, placed.at(-1)!);
    return value;
  }

  #place(layer: Layer, input: readonly number[]): Stage {
    const count = this.#counts.get(layer.kind) ?? 0;
    this.#counts.set(layer.kind, count + 1);
    const name = count === 0 ? layer.kind : `${layer.kind}_${count}`;
    const named = (parameters: readonly LayerParameter[]) =>
      parameters.map((parameter) => ({ ...parameter, name: `${name}.${parameter.name}` }));
    const output = layer.output(input);
    return {
      name,
      parameters: named(layer.parameters(input)),
      fixed: named(layer.state?.(input) ?? []),
      output,
      layer,
    };
  }
}

/** A stage, whose layer may be fused with the pooling that follows. */
interface FusedStage extends Omit<Stage, "layer"> {
  readonly layer: Layer | PooledLayer;
}

const isPooled = (layer: Layer | PooledLayer): layer is PooledLayer => "reads" in layer;

/** The stages of a chain: its layers, some of them fused with the pooling that follows. */
function withPooling(placed: readonly Stage[]): FusedStage[] {
  return placed.flatMap((place, i): FusedStage[] => {
    const pooledBy = (at: number) => {
      const windows = placed[at + 1]?.layer.windows;
      return windows && placed[at]?.layer.pooled?.(windows);
    };
    if (pooledBy(i - 1)) return [];
    const pooled = pooledBy(i);
    return [pooled ? { ...place, layer: pooled, output: placed[i + 1].output } : place];
  });
}

function applyStage(
  { graph, weights, context }: Build,
  x: Value,
  { name, parameters, fixed, output, layer }: FusedStage,
  next: FusedStage | undefined,
): Value {
  const own = [...parameters, ...fixed].map((parameter) => weights.get(parameter.name)!);
  if (isPooled(layer)) {
    const read = next && isPooled(next.layer) ? next.layer.reads(output) : ([output[0], output[1]] as const);
    return layer.apply(graph, x, own, read);
  }
  return layer.apply(graph, x, own, {
    training: context.training,
    noise: (own, kind, shape) => context.noise(`${name}.${own}`, kind, shape),
    setState: (own, value) => context.setState(`${name}.${own}`, value),
  });
}
