import { InputError } from "../../errors.ts";
import type { Graph } from "../graph.ts";
import type { NamedShape, Network } from "../network.ts";
import type { Value } from "../op.ts";
import { joinedShape, joinOutputs, type OutputPart } from "../outputParts.ts";
import { elementCount, sameShape } from "../tensor.ts";
import type { BoundNetwork, ImportedNetwork, NetworkValue } from "./importedNetwork.ts";

/** What a network is fed: an array of the data, in the shape in which one row of it is stored. */
export interface DataInput extends NamedShape {
  /** Factor for the bytes of an image, for networks that take floats; undefined for other data. */
  readonly imageScale?: number;
}

export interface NetworkOnDataOptions {
  /** Name of the file in messages. */
  readonly file: string;
  readonly inputs: readonly DataInput[];
  /** The outputs that losses read. */
  readonly outputs: readonly LabelledOutput[];
}

/** An output that a loss reads. */
export interface LabelledOutput {
  readonly name: string;
  /** Shape of the label of a row. */
  readonly labelShape: readonly number[];
  /** Name of the bias of its layer. */
  readonly outputBias: string;
}

/** An output as the data have it. */
export interface NetworkPart extends OutputPart {
  /** Its name in the file; undefined for the one output of layers. */
  readonly name?: string;
  readonly outputBias: string;
}

/** A network with its outputs: one, or several that are joined to one (see outputParts.ts). */
export interface NetworkOfParts extends Network {
  readonly parts: readonly NetworkPart[];
}

/**
 * Fits an imported network to data: which array feeds which input (by name, or the only one), bytes scaled, images turned
 * from (height, width, channels) to what the network takes, and outputs brought to one row per label.
 *
 * @throws InputError where data, labels and network do not fit each other
 */
export function networkOnData(imported: ImportedNetwork, options: NetworkOnDataOptions): NetworkOfParts {
  const { file, inputs, outputs: read } = options;
  const names = read.map(({ name }) => name);
  const feeds = imported.inputs.map((wanted) => feedOf(wanted, inputs, imported.inputs.length === 1, file));
  const bound = new Map<number, BoundNetwork>();
  const bindAt = (batch: number) => {
    const known =
      bound.get(batch) ??
      imported.bind(Object.fromEntries(feeds.map(({ name, shape }) => [name, [batch, ...shape]])), names);
    bound.set(batch, known);
    return known;
  };
  const { outputs, trainable, noise } = bindAt(2);
  const layouts = read.map(({ name: wanted, labelShape }) => {
    const { shape } = outputs.find(({ name }) => name === wanted)!;
    return outputLayout(shape.slice(1), labelShape, file);
  });
  const joined = joinedShape(layouts);
  const trained = new Set(trainable.map(({ name }) => name));
  const fixed = [...imported.parameters.filter(({ name }) => !trained.has(name)), ...imported.state];
  requireTrainable([...trainable, ...fixed], trained.size, file);
  return {
    inputs: feeds.map(({ data }) => data),
    parts: layouts.map(({ places, width }, i) => ({
      name: names[i],
      places,
      width,
      outputBias: read[i].outputBias,
    })),
    output: [joined.width],
    places: joined.places,
    parameters: trainable,
    fixed,
    outputBias: read[0].outputBias,
    batchDependent: imported.state.length > 0 || noise.length > 0,
    noise: (batchSize) => bindAt(batchSize).noise,
    apply(graph, given, weights, mode) {
      const values = feeds.map(({ name, adapt, data }) => {
        return [name, adapt(graph, given.get(data.name)!)] as const;
      });
      const { outputs, nextState } = imported.build(graph, new Map(values), weights, mode);
      const each = layouts.map((layout, i) => layout.apply(graph, outputs.get(names[i])!));
      return { output: each.length === 1 ? each[0] : joinOutputs(graph, layouts, each), nextState };
    },
  };
}

function requireTrainable(
  tensors: readonly { readonly name: string; readonly value: { readonly dtype: string } }[],
  trained: number,
  file: string,
): void {
  const other = tensors.find(({ value }) => value.dtype !== "float32");
  if (other) {
    throw new InputError(
      `${file}: ${other.name} is ${other.value.dtype}; allowed: float32. Export the network with model.float()`,
    );
  }
  if (trained === 0) {
    throw new InputError(
      `${file}: its output depends on no parameter that can be trained: all are frozen, or none leads to the output`,
    );
  }
}

interface InputFeed {
  readonly name: string;
  /** Shape of a row as the network takes it. */
  readonly shape: readonly number[];
  readonly data: DataInput;
  adapt(graph: Graph, x: Value): Value;
}

function feedOf(
  wanted: NetworkValue,
  inputs: readonly DataInput[],
  isOnly: boolean,
  file: string,
): InputFeed {
  const data = isOnly && inputs.length === 1 ? inputs[0] : inputs.find(({ name }) => name === wanted.name);
  if (!data) {
    throw new InputError(
      `${file}: no data for its input ${wanted.name}; the data have ${inputs.map(({ name }) => name).join(", ")}`,
    );
  }
  const shape = rowShape(wanted, data.shape, file);
  const turned = !sameShape(shape, data.shape) && elementCount(shape) > 0 && isTurned(data.shape, shape);
  const scale = wanted.dtype.startsWith("float") ? (data.imageScale ?? 1) : 1;
  return {
    name: wanted.name,
    shape,
    data,
    adapt(graph, x) {
      const cast = graph.cast(x, wanted.dtype);
      const scaled = scale === 1 ? cast : graph.mul(cast, scale);
      const order = turned ? graph.transpose(scaled, [0, 3, 1, 2]) : scaled;
      return graph.reshape(order, [x.shape[0], ...shape]);
    },
  };
}

/** (height, width, channels) against (channels, height, width). */
const isTurned = (from: readonly number[], to: readonly number[]) =>
  from.length === 3 && to.length === 3 && sameShape([from[2], from[0], from[1]], to);

/** The shape of a row as the network takes it: as the data have it, images turned, or with axes of size 1 added. */
function rowShape({ name, shape }: NetworkValue, given: readonly number[], file: string): number[] {
  const wanted = shape.slice(1);
  const fits = (sizes: readonly number[]) =>
    sizes.length === wanted.length &&
    wanted.every((size, axis) => typeof size === "string" || size === sizes[axis]);
  if (fits(given)) return [...given];
  if (given.length === 3) {
    const turned = [given[2], given[0], given[1]];
    if (fits(turned)) return turned;
  }
  const known = wanted.filter((size) => typeof size === "number");
  if (known.length === wanted.length && elementCount(known) === elementCount(given)) {
    const [long, short] = [known, [...given]].map((sizes) => sizes.filter((size) => size !== 1));
    if (sameShape(long, short)) return known;
  }
  throw new InputError(
    `${file}: its input ${name} takes rows of [${wanted.join(", ")}], and the data have rows of [${given.join(", ")}]`,
  );
}

interface OutputLayout extends OutputPart {
  /** (N, ...row) to (N x places, width). */
  apply(graph: Graph, y: Value): Value;
}

/** Where the outputs of a place are: on the axis that the labels do not have. */
function outputLayout(row: readonly number[], label: readonly number[], file: string): OutputLayout {
  const sizes = row.filter((size) => size !== 1);
  if (sizes.length <= 1) {
    const width = elementCount(row);
    return { places: 1, width, apply: (graph, y) => graph.reshape(y, [y.shape[0], width]) };
  }
  const without = (axis: number) => row.filter((_, i) => i !== axis);
  const axes = row.length === 2 ? [1, 0] : [0, row.length - 1]; // tokens x classes, or channels first
  const axis = axes.find((each) => sameShape(without(each), label));
  if (axis !== undefined) {
    const [width, places] = [row[axis], elementCount(label)];
    const others = [...row.keys()].filter((i) => i !== axis);
    const order = [0, ...others.map((i) => i + 1), axis + 1];
    return {
      places,
      width,
      apply: (graph, y) => graph.reshape(graph.transpose(y, order), [y.shape[0] * places, width]),
    };
  }
  if (sameShape(row, label)) {
    const places = elementCount(row);
    return { places, width: 1, apply: (graph, y) => graph.reshape(y, [y.shape[0] * places, 1]) };
  }
  throw new InputError(
    `${file}: outputs of [${row.join(", ")}] per row do not fit labels of [${label.join(", ")}]; allowed: one label per row for outputs of one axis, or a label for each pixel or token, as [H, W] for outputs of [K, H, W]`,
  );
}
