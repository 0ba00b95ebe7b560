import { z } from "zod";
import { InputError } from "../errors.ts";

/**
 * The output layers of a Keras model, found in its config: the JSON that Keras 3, Keras 2, TF-Keras and TensorFlow.js
 * write for Sequential and Functional models, nested or not. From each output it walks back through layers that keep a
 * constant unchanged (reshapes, pooling, dropout) or apply an activation, until it reaches a layer with a bias.
 */
export interface KerasOutput {
  readonly name: string;
  /** The layer where the walk ended: the one with the bias, or the one that hides it. */
  readonly layer: string;
  readonly className: string;
  /** Layer names from the outermost model to the layer, and their class names: its address in the weights. */
  readonly path: readonly PathStep[];
  readonly activation: string;
  readonly units: number | undefined;
  readonly convolution: boolean;
  /** Why the output's bias can't be set, and what to do. */
  readonly reason?: string;
}

/** One layer on the way, with all layers of its container: the weights are numbered in their order. */
export interface PathStep {
  readonly name: string;
  readonly className: string;
  readonly siblings: readonly { readonly name: string; readonly className: string }[];
}

interface KerasLayer {
  readonly name: string;
  readonly className: string;
  readonly config: Record<string, unknown>;
  readonly inbound: readonly unknown[];
}

/** A layer's output: its name, which call of the layer, which of the call's outputs. */
type Reference = readonly [layer: string, node: number, tensor: number];

interface Container {
  readonly layers: ReadonlyMap<string, KerasLayer>;
  readonly outputs: readonly { readonly name: string; readonly reference: Reference }[];
  readonly inputs: readonly string[];
  /** Whether each layer feeds the next one, so that layers do not name their inputs. */
  readonly sequential: boolean;
}

const modelSchema = z.looseObject({ class_name: z.string(), config: z.unknown() });
const layerSchema = z.looseObject({
  class_name: z.string(),
  config: z.looseObject({ name: z.string().optional() }),
  name: z.string().optional(),
  inbound_nodes: z.array(z.unknown()).optional(),
});
const referenceSchema = z.tuple([z.string(), z.number(), z.number()]).rest(z.unknown());

const models = new Set(["Sequential", "Functional", "Model"]);
const dense = new Set(["Dense", "EinsumDense"]);
const convolution = /^(Separable|Depthwise)?Conv[123]D(Transpose)?$/;
/** Layers that keep a constant unchanged, including those that reduce or pad within one channel. */
const transparent =
  /^(Reshape|Flatten|Permute|Identity|ActivityRegularization|Masking|Gaussian(Dropout|Noise)|(Alpha|Spatial)?Dropout([123]D)?|(Global)?(Average|Max)Pooling[123]D|UpSampling[123]D|Cropping[123]D)$/;
const activations = new Set([
  "Activation",
  "Softmax",
  "Sigmoid",
  "ReLU",
  "LeakyReLU",
  "ELU",
  "PReLU",
  "Relu",
  "Tanh",
  "Softplus",
]);
const normalization = /Normalization$/;
const merge = new Set(["Add", "Concatenate", "Average", "Multiply", "Subtract", "Maximum", "Minimum", "Dot"]);

/** No real model is nested deeper, or has more layers after its output layer. */
const maxDepth = 50;
const maxSteps = 10_000;

/**
 * Undefined for a subclassed model, whose config does not list its layers. `file` is its name in messages.
 * @throws InputError if the config is broken
 */
export function kerasOutputs(config: unknown, file: string): KerasOutput[] | undefined {
  const model = modelSchema.safeParse(config);
  if (!model.success) throw broken(file, "it has no class_name and config");
  if (!models.has(model.data.class_name)) return undefined;
  const container = readContainer(model.data.class_name, model.data.config, file);
  return container.outputs.map(({ name, reference }) => {
    const found = walk(container, reference, { path: [], applied: [], file, steps: { left: maxSteps } });
    return { name, ...conclude(found) };
  });
}

function broken(file: string, why: string): InputError {
  return new InputError(`${file}: broken model config: ${why}`);
}

function readContainer(className: string, config: unknown, file: string): Container {
  const sequential = className === "Sequential";
  const parsed = z
    .looseObject({
      layers: z.array(layerSchema),
      input_layers: z.unknown().optional(),
      output_layers: z.unknown().optional(),
    })
    // Keras 2.0 wrote a Sequential model's config as the bare list of its layers.
    .safeParse(Array.isArray(config) ? { layers: config } : config);
  if (!parsed.success) throw broken(file, "it has no list of layers");
  const layers = new Map<string, KerasLayer>();
  for (const { class_name, config: own, name = own.name ?? class_name, inbound_nodes = [] } of parsed.data
    .layers) {
    layers.set(name, { name, className: class_name, config: own, inbound: inbound_nodes });
  }
  if (layers.size === 0) throw broken(file, "it has no layers");
  const last = [...layers.keys()].at(-1)!;
  const outputs = sequential
    ? [{ name: last, reference: [last, 0, 0] as const }]
    : references(parsed.data.output_layers).map(({ key, reference }) => ({
        name: key ?? reference[0],
        reference,
      }));
  if (outputs.length === 0) throw broken(file, "it has no output layers");
  const inputs = sequential ? [] : references(parsed.data.input_layers).map(({ reference }) => reference[0]);
  return { layers, outputs: unique(outputs), inputs, sequential };
}

/** Outputs of the same layer get a number, so that each can be named. */
function unique<T extends { readonly name: string }>(outputs: readonly T[]): T[] {
  const seen = new Map<string, number>();
  return outputs.map((output) => {
    const count = (seen.get(output.name) ?? 0) + 1;
    seen.set(output.name, count);
    return count === 1 ? output : { ...output, name: `${output.name}:${count}` };
  });
}

/** All [layer, node, tensor] in nested lists and dictionaries, with the nearest dictionary key. */
function references(
  value: unknown,
  key?: string,
  depth = 0,
): { key: string | undefined; reference: Reference }[] {
  const single = referenceSchema.safeParse(value);
  if (single.success) {
    const [layer, node, tensor] = single.data;
    return [{ key, reference: [layer, node, tensor] }];
  }
  if (depth > maxDepth || value === null || typeof value !== "object") return [];
  // Keras 3 writes a call's arguments as tensors with their history; the call's other keywords are not inputs.
  const history = (value as { config?: { keras_history?: unknown } }).config?.keras_history;
  if (history !== undefined) return references(history, key, depth + 1);
  return Object.entries(value).flatMap(([name, item]) =>
    references(item, Array.isArray(value) ? key : name, depth + 1),
  );
}

interface Walk {
  readonly path: readonly PathStep[];
  /** Activations passed so far, the outermost first. */
  readonly applied: readonly string[];
  readonly file: string;
  readonly steps: { left: number };
}

interface WalkEnd extends Walk {
  readonly layer: KerasLayer;
  /** Set if the walk ended at an input of the container. */
  readonly input?: number;
  readonly reason?: string;
}

function walk(container: Container, [name, node, tensor]: Reference, state: Walk): WalkEnd {
  const layer = container.layers.get(name);
  if (!layer) throw broken(state.file, `it has no layer ${name}`);
  if (state.steps.left-- <= 0 || state.path.length > maxDepth)
    throw broken(state.file, "its layers form a cycle");
  const siblings = [...container.layers.values()];
  const step: PathStep = { name, className: layer.className, siblings };
  const here = { ...state, path: [...state.path, step], layer };
  const back = (applied: readonly string[]): WalkEnd => {
    const before = previous(container, layer, node);
    if (before.length === 0)
      return {
        ...here,
        input: 0,
        reason: `it comes straight from the input, through ${layer.className} ${name}`,
      };
    return walk(container, before[0], { ...state, applied });
  };
  const { className } = layer;
  if (models.has(className)) return walkNested(container, layer, node, tensor, here, state);
  if (className === "InputLayer")
    return {
      ...here,
      input: Math.max(0, container.inputs.indexOf(name)),
      reason: "no layer with weights comes before it",
    };
  if (activations.has(className)) return back([...state.applied, activationOf(layer)]);
  if (transparent.test(className)) return back(state.applied);
  if (className === "TimeDistributed") {
    const inner = layerSchema.safeParse(layer.config.layer);
    if (inner.success) {
      const wrapped = { ...layer, className: inner.data.class_name, config: inner.data.config };
      const innerStep: PathStep = { name: "layer", className: wrapped.className, siblings: [] };
      return { ...here, path: [...here.path, innerStep], layer: wrapped };
    }
  }
  return here;
}

/** Walks into a nested model from its output, and out at its input if it only has layers without weights. */
function walkNested(
  container: Container,
  layer: KerasLayer,
  node: number,
  tensor: number,
  here: WalkEnd,
  state: Walk,
): WalkEnd {
  const nested = readContainer(layer.className, layer.config, state.file);
  const output = nested.outputs[tensor];
  if (!output) throw broken(state.file, `${layer.name} has no output ${tensor}`);
  const found = walk(nested, output.reference, { ...state, path: here.path });
  if (found.input === undefined) return found;
  const before = previous(container, layer, node);
  if (before.length === 0) return found;
  return walk(container, before[found.input] ?? before[0], { ...state, applied: found.applied });
}

/** The inputs of the layer's call number `node`. */
function previous(container: Container, layer: KerasLayer, node: number): Reference[] {
  if (!container.sequential) {
    const call = layer.inbound[node] as { args?: unknown; kwargs?: unknown } | undefined;
    const given = call?.args === undefined ? [call] : [call.args, call.kwargs];
    return references(given).map(({ reference }) => reference);
  }
  const names = [...container.layers.keys()];
  const before = names[names.indexOf(layer.name) - 1];
  return before === undefined ? [] : [[before, 0, 0]];
}

/** The name of a layer's activation ("softmax"), also if the config describes it as a function or a layer. */
function activationOf(layer: KerasLayer): string {
  if (layer.className !== "Activation" && activations.has(layer.className))
    return layer.className.toLowerCase();
  const value = layer.config.activation;
  if (value === undefined || value === null) return "linear";
  if (typeof value === "string") return value;
  const { config, class_name: className } = value as { config?: unknown; class_name?: unknown };
  return typeof config === "string" ? config : String(className).toLowerCase();
}

function conclude({ layer, path, applied, reason: met }: WalkEnd): Omit<KerasOutput, "name"> {
  const { name, className, config } = layer;
  const hasBias = dense.has(className) || convolution.test(className);
  const chain = [...applied, ...(hasBias ? [activationOf(layer)] : [])]
    .filter((word) => word !== "linear")
    .reverse();
  const size = config.units ?? config.filters;
  return {
    layer: name,
    className,
    path,
    activation: chain.join(", then ") || "linear",
    units: typeof size === "number" ? size : undefined,
    convolution: convolution.test(className),
    reason: met ?? (hasBias ? biasReason(layer, chain) : noBiasReason(layer)),
  };
}

function biasReason({ name, className, config }: KerasLayer, chain: readonly string[]): string | undefined {
  if (config.use_bias === false || (className === "EinsumDense" && !config.bias_axes)) {
    return `layer ${name} (${className}) has no bias; build it with ${className === "EinsumDense" ? "bias_axes" : "use_bias=True"} and save again`;
  }
  if (chain.length > 1) {
    return `layer ${name} is followed by ${chain.join(", then ")}: the first of them would change a bias that was solved for the last; remove the first, or name the tensor with --tensor`;
  }
  return undefined;
}

function noBiasReason({ name, className }: KerasLayer): string {
  if (normalization.test(className)) {
    return `${className} ${name} comes after the last layer with a bias and cancels that bias; remove it, or set its beta with --tensor`;
  }
  if (merge.has(className)) {
    return `${className} ${name} combines several layers; name the tensor to set with --tensor`;
  }
  if (/Embedding/.test(className)) {
    return `the output layer is tied to ${className} ${name}, which has no bias; add a bias in the model's code`;
  }
  return `${className} ${name} is not a Dense or convolution layer, so it has no bias that shifts the output by a constant; if another tensor does, name it with --tensor`;
}
