import type { Graph } from "../graph.ts";
import type { NodeProto } from "../onnx.gen.ts";
import type { Value } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { elementCount, numbers, sameShape, tensor } from "../tensor.ts";

/** Where the rows of a batch are in a value: an axis of outer x batch x inner elements, of which the batch alone changes. */
interface BatchPlace {
  readonly axis: number;
  readonly outer: number;
  readonly inner: number;
}

/** Operators that read the shape of a value, not what is in it. */
const shapeOps = new Set(["Shape", "Size"]);

/** Operators that keep the order of the elements, whatever the shape. */
const reshaping = new Set(["Flatten", "Reshape", "Squeeze", "Unsqueeze"]);

/** Operators whose inputs broadcast against each other. */
const broadcasting = new Set(
  "Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow Sub Sum Where Xor".split(
    " ",
  ),
);

/** Inputs, beside parameters, that have a row for each row of the batch: indices of an embedding, the first state of a cell. */
const leadingBatch = new Map([
  ["Gather", 1],
  ["Gemm", 0],
  ["MatMul", 0],
]);

/** Inputs of recurrent layers from here on are first states, (directions, batch, size). */
const firstState = 5;
const recurrent = new Set(["GRU", "LSTM", "RNN"]);

/**
 * A network whose file fixes the size of a batch, while it is built for another size: where shapes and constants hold the
 * file's size, it is replaced.
 *
 * The network was built before at the file's size; a value holds rows of the batch where its shape is now another one. A
 * node that mixes the rows, or whose rows end up in more than one axis, is refused, so that each row is computed as the
 * file computes it.
 */
export class FixedBatch {
  /** Rows of a batch in the file, and now. */
  readonly #size: number;
  readonly #now: number;
  /** Shapes at the size of the file, by the file's names. */
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #places = new Map<string, BatchPlace>();

  constructor(
    size: number,
    now: number,
    shapes: ReadonlyMap<string, readonly number[]>,
    inputs: readonly string[],
  ) {
    this.#size = size;
    this.#now = now;
    this.#shapes = shapes;
    for (const name of inputs) this.#places.set(name, { axis: 0, outer: 1, inner: 1 });
  }

  /** Whether the first axis of a value is the batch. */
  isFirst(name: string): boolean {
    const place = this.#places.get(name);
    return place?.axis === 0 && place.outer === 1 && place.inner === 1;
  }

  /** What `axis` of a value measures in the file, if it holds the batch. */
  fileSize(name: string, axis: number): number | undefined {
    return this.#places.get(name)?.axis === axis ? this.#shapes.get(name)![axis] : undefined;
  }

  /**
   * The shape of the output of a node whose constants give that shape; undefined where it does not depend on the batch.
   *
   * @param given the shape that its constants give now, -1 for an axis that is left open
   */
  outputShape({ input, output, opType }: NodeProto, given: readonly number[]): number[] | undefined {
    const shape = this.#shapes.get(output[0])!;
    const from = this.#shapes.get(input[0])!;
    const place = this.#places.get(input[0]);
    if (place) {
      const axis = reshaping.has(opType)
        ? this.#reshapedAxis(from, place, shape, given)
        : place.axis + shape.length - from.length;
      if (axis !== undefined) return this.#resized(shape, axis);
      throw new RangeError(
        `[${shape}] does not show where the batch of ${this.#size} rows is, which the file fixes; export with a batch of any size`,
      );
    }
    // A parameter that is repeated for each row, such as a token for the class.
    if (reshaping.has(opType) || this.#size === 1 || !sameShape(shape, given)) return undefined;
    const repeats = (axis: number) => (from[axis - shape.length + from.length] ?? 1) === 1;
    const axis = shape.findIndex((size, axis) => size === this.#size && repeats(axis));
    return axis < 0 ? undefined : this.#resized(shape, axis);
  }

  #resized(shape: readonly number[], axis: number): number[] {
    return shape.with(axis, (shape[axis] / this.#size) * this.#now);
  }

  /**
   * The axis of a new shape that holds the batch. In memory, `after` elements separate two rows of a batch; an axis holds the
   * batch if its own step divides that, and all rows lie in it. With one row, several axes may: then it is the one that is
   * 1, and never the last, which holds features.
   */
  #reshapedAxis(
    from: readonly number[],
    place: BatchPlace,
    shape: readonly number[],
    given: readonly number[],
  ): number | undefined {
    const after = place.inner * elementCount(from.slice(place.axis + 1));
    const holding = [...shape.keys()].filter((axis) => {
      const step = elementCount(shape.slice(axis + 1));
      return after % step === 0 && shape[axis] % ((after / step) * this.#size) === 0;
    });
    const told = holding.find((axis) => given[axis] === this.#resized(shape, axis)[axis]);
    const alone = holding.find((axis) => shape[axis] === this.#size);
    return told ?? alone ?? holding.filter((axis) => axis < shape.length - 1).at(-1) ?? holding.at(-1);
  }

  /** The inputs of a node, where what is the same for each row of the file's batch is repeated for each row of the batch. */
  fitted(
    node: NodeProto,
    inputs: readonly (Value | undefined)[],
    graph: Graph,
    known: ReadonlyMap<string, Tensor>,
  ): readonly (Value | undefined)[] {
    const { opType, input } = node;
    const axisOf =
      opType === "Expand"
        ? this.#expandedAxis(node, known.get(inputs[1]!.name))
        : this.#batchAxis(opType, input, inputs);
    if (axisOf === undefined) return inputs;
    const broadcasts = broadcasting.has(opType) || opType === "Expand";
    return inputs.map((value, i) => {
      if (!value || this.#places.has(input[i])) return value;
      const axis = axisOf(i, value.shape.length);
      if (axis === undefined || value.shape[axis] !== this.#size) return value;
      const content = known.get(value.name);
      const row = this.#size === 1 ? value : content && repeatedRow(content, axis);
      if (!row) return value;
      const one = "name" in row ? row : graph.constant(row);
      return broadcasts ? one : graph.expand(one, one.shape.with(axis, this.#now));
    });
  }

  /** The axis of what is expanded that becomes as long as the batch, where the wanted shape was computed from the data's. */
  #expandedAxis({ output }: NodeProto, wanted: Tensor | undefined) {
    const shape = this.#shapes.get(output[0])!;
    const sizes = wanted ? [...numbers(wanted)] : [];
    const fromRight = sizes.toReversed().findIndex((size, i) => size > 1 && size !== shape.at(-1 - i));
    return (index: number, rank: number) =>
      fromRight >= 0 && index === 0 && rank > fromRight ? rank - 1 - fromRight : undefined;
  }

  /** The axis in which an input of the node would hold the batch, by its position and rank; undefined for other nodes. */
  #batchAxis(
    opType: string,
    input: readonly string[],
    inputs: readonly (Value | undefined)[],
  ): ((index: number, rank: number) => number | undefined) | undefined {
    if (recurrent.has(opType)) return (index) => (index >= firstState ? 1 : undefined);
    const leading = this.#size > 1 ? leadingBatch.get(opType) : undefined;
    if (leading !== undefined) return (index, rank) => (index === leading && rank > 1 ? 0 : undefined);
    const at = input.findIndex((name) => this.#places.has(name));
    if (at < 0) return undefined;
    const { axis } = this.#places.get(input[at])!;
    if (opType === "Concat") return () => axis;
    if (!broadcasting.has(opType)) return undefined;
    const fromRight = inputs[at]!.shape.length - axis;
    return (_, rank) => (rank >= fromRight ? rank - fromRight : undefined);
  }

  /**
   * Notes where the outputs of a node hold the batch.
   *
   * @throws RangeError where the node mixes rows
   */
  place({ opType, input, output }: NodeProto, outputs: readonly Value[]): void {
    // of the second input of CastLike, only the type matters
    const read = opType === "CastLike" ? input.slice(0, 1) : input;
    const sources = read.flatMap((name) => this.#places.get(name) ?? []);
    outputs.forEach(({ shape: now }, i) => {
      const before = this.#shapes.get(output[i]);
      if (!before || !output[i]) return;
      const changed = [...before.keys()].filter((axis) => before[axis] !== now[axis]);
      if (changed.length === 0) {
        if (i === 0 && sources.length > 0 && !shapeOps.has(opType)) throw this.#mixed();
        return;
      }
      const [axis] = changed;
      const parts = before[axis] / this.#size;
      const place = reshaping.has(opType)
        ? this.#reshapedPlace(input[0], before, axis)
        : (sources.find(({ outer, inner }) => outer * inner === parts) ?? { outer: 1, inner: 1 });
      const isWhole = place.outer * place.inner === parts && now[axis] === parts * this.#now;
      if (changed.length > 1 || !isWhole) throw this.#mixed();
      this.#places.set(output[i], { ...place, axis });
    });
  }

  #reshapedPlace(input: string, shape: readonly number[], axis: number) {
    const from = this.#shapes.get(input)!;
    const place = this.#places.get(input)!;
    const inner =
      (place.inner * elementCount(from.slice(place.axis + 1))) / elementCount(shape.slice(axis + 1));
    return { outer: shape[axis] / inner / this.#size, inner };
  }

  #mixed(): RangeError {
    return new RangeError(
      `it mixes the rows of a batch, which the file fixes to ${this.#size}; export with a batch of any size`,
    );
  }
}

/** One row of a tensor whose rows along an axis are all the same; undefined where they are not. */
function repeatedRow(content: Tensor, axis: number): Tensor | undefined {
  const { dtype, shape } = content;
  const [size, step] = [shape[axis], elementCount(shape.slice(axis + 1))];
  const all = numbers(content);
  const firstOf = (i: number) => i - (Math.floor(i / step) % size) * step;
  if (!all.every((number, i) => Object.is(number, all[firstOf(i)]))) return undefined;
  const row = all.filter((_, i) => firstOf(i) === i);
  return tensor(dtype, shape.with(axis, 1), row);
}
