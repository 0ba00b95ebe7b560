import type { GraphBuilder, Op, Operand, Value } from "./op.ts";
import type { AxisRange, OpAttributes, OpName } from "./opAttributes.ts";
import { ops } from "./ops.ts";
import type { DType, Tensor } from "./tensor.ts";
import { elementCount, sameShape, tensor } from "./tensor.ts";

/** One operation: an ONNX node whose shapes are known. */
export interface GraphNode<Name extends OpName = OpName> {
  readonly op: Name;
  readonly x: readonly Value[];
  readonly y: Value;
  readonly attributes: OpAttributes[Name];
}

/** Several nodes that reverse-mode differentiation treats as one, with its own gradient. */
export interface CustomGradient {
  readonly x: readonly Value[];
  readonly y: Value;
  /** Gradients with respect to each of `x`, from the gradient of `y`. */
  readonly gradient: (dy: Value) => readonly (Value | undefined)[];
}

/** What reverse-mode differentiation visits. */
export type TapeEntry = GraphNode | CustomGradient;

/**
 * A loop: the inner graph is computed once for each iteration, and may use values of the outer one. Written as an ONNX
 * Loop; the reverse walk does not pass through it, but leads from the inner graph to the outer one.
 */
export interface Loop {
  /** An int64 scalar. */
  readonly count: Value;
  /** The index of the iteration, from 0: an int64 scalar, input of the inner graph. */
  readonly iteration: Value;
  readonly inner: Graph;
  /** Values that one iteration hands to the next. */
  readonly carried: readonly Carried[];
  /** Values of which those of all iterations are kept: `y` is (rows, ...each). */
  readonly stacked: readonly { readonly each: Value; readonly y: Value }[];
}

/** `first` is the value before the first iteration; an iteration reads `now` and makes `next`; `last` is left at the end. */
export interface Carried {
  readonly first: Value;
  readonly now: Value;
  readonly next: Value;
  readonly last: Value;
}

/** What an iteration makes: the next value of each that is carried, and the values to be stacked. */
export interface Iteration {
  readonly next: readonly Value[];
  readonly stacked?: readonly Value[];
}

/** Builds the inner graph of a loop; `carry` declares a carried value by its first one, and returns what it is now. */
export type BuildIteration = (inner: Graph, iteration: Value, carry: (first: Value) => Value) => Iteration;

/**
 * An ONNX graph in memory. Values have static shapes; every method that adds a node returns its output. It
 * knows no runtime: `toOnnx` writes it as a model, and `evaluate` computes it slowly in float64.
 */
export class Graph implements GraphBuilder {
  readonly inputs: Value[] = [];
  readonly outputs = new Map<string, Value>();
  readonly constants = new Map<string, Tensor>();
  /** In the order of computation. */
  readonly nodes: (GraphNode | Loop)[] = [];
  /** What reverse-mode differentiation visits, in the order of computation: nodes, and groups of nodes with their own gradient. */
  readonly tape: TapeEntry[] = [];
  readonly #parent: Graph | undefined;
  readonly #own = new Set<string>();
  readonly #constantsByContent = new Map<string, Value>();
  /** The value that each transposed value was made from, and the order of its axes. */
  readonly #transposes: Map<string, { readonly from: Value; readonly order: readonly number[] }>;
  /** The value that each reshaped value was made from. */
  readonly #reshapes: Map<string, Value>;
  #count = 0;

  /** `parent` is for inner graphs, which `loop` makes. */
  constructor(parent?: Graph) {
    this.#parent = parent;
    this.#transposes = parent ? parent.#transposes : new Map();
    this.#reshapes = parent ? parent.#reshapes : new Map();
  }

  /** The tape of this graph behind those of the graphs around it. */
  wholeTape(): TapeEntry[] {
    return [...(this.#parent?.wholeTape() ?? []), ...this.tape];
  }

  /** Declares an input under the given name. */
  input(name: string, dtype: DType, shape: readonly number[]): Value {
    if (this.inputs.some((input) => input.name === name))
      throw new RangeError(`duplicate graph input: ${name}`);
    const value = { name, dtype, shape };
    this.inputs.push(value);
    this.#own.add(name);
    return value;
  }

  /** Declares a value as an output under the given name. */
  output(name: string, value: Value): void {
    if (this.outputs.has(name)) throw new RangeError(`duplicate graph output: ${name}`);
    this.outputs.set(name, value);
  }

  /** A constant; equal constants are kept once. */
  constant(content: Tensor): Value {
    if (this.#parent) return this.#parent.constant(content);
    const key = `${content.dtype} [${content.shape}] ${content.data}`;
    const known = this.#constantsByContent.get(key);
    if (known) return known;
    const value = { name: this.#name("constant"), dtype: content.dtype, shape: content.shape };
    this.constants.set(value.name, content);
    this.#constantsByContent.set(key, value);
    return value;
  }

  /** A constant under the given name, such as a trained parameter. */
  namedConstant(name: string, content: Tensor): Value {
    const value = { name, dtype: content.dtype, shape: content.shape };
    this.constants.set(name, content);
    return value;
  }

  /** A constant of rank 0. */
  scalar(number: number, dtype: DType): Value {
    return this.constant(tensor(dtype, [], [number]));
  }

  /**
   * Adds a node of any op of the table. In an inner graph, a node that depends on none of its own values is added to the
   * outer graph, where it is computed once.
   *
   * @throws RangeError that names the op, if the inputs do not fit it
   */
  op<Name extends OpName>(name: Name, x: readonly Value[], attributes = {} as OpAttributes[Name]): Value {
    if (this.#parent && !x.some((value) => this.#own.has(value.name)))
      return this.#parent.op(name, x, attributes);
    const { type }: Op<OpAttributes[Name]> = ops[name];
    try {
      const y = { name: this.#name(name), ...type(x, attributes) };
      const node = { op: name, x, y, attributes };
      this.nodes.push(node);
      this.tape.push(node);
      this.#own.add(y.name);
      return y;
    } catch (error) {
      throw error instanceof RangeError ? new RangeError(`${name}: ${error.message}`) : error;
    }
  }

  /**
   * Adds the nodes that `build` adds, with the given gradient in place of the chain rule through them: for functions whose
   * derivative has a better form.
   */
  customGradient(x: readonly Value[], build: () => Value, gradient: CustomGradient["gradient"]): Value {
    if (this.#parent && !x.some((value) => this.#own.has(value.name)))
      return this.#parent.customGradient(x, build, gradient);
    const mark = this.tape.length;
    const y = build();
    this.tape.splice(mark, this.tape.length - mark, { x, y, gradient });
    return y;
  }

  /**
   * Repeats what `build` adds to the inner graph, `count` times. It is called once, and may use values of this graph.
   *
   * @param maxCount the largest count, which is the first size of the stacked values
   * @returns the carried values after the last iteration, in the order of the calls of `carry`, and the stacked ones
   */
  loop(count: Value, build: BuildIteration, maxCount = 0): { last: Value[]; stacked: Value[] } {
    const inner = new Graph(this);
    const iteration = inner.input(this.#name("iteration"), "int64", []);
    const first: Value[] = [];
    const now: Value[] = [];
    const made = build(inner, iteration, (value) => {
      first.push(value);
      now.push(inner.input(this.#name("now"), value.dtype, value.shape));
      return now.at(-1)!;
    });
    const last = first.map(({ dtype, shape }) => ({ name: this.#name("last"), dtype, shape }));
    const stacked = (made.stacked ?? []).map((each) => {
      const y = { name: this.#name("stacked"), dtype: each.dtype, shape: [maxCount, ...each.shape] };
      return { each, y };
    });
    const carried = last.map((value, i) => ({
      first: first[i],
      now: now[i],
      next: made.next[i],
      last: value,
    }));
    this.nodes.push({ count, iteration, inner, carried, stacked });
    const y = stacked.map((one) => one.y);
    for (const { name } of [...last, ...y]) this.#own.add(name);
    return { last, stacked: y };
  }

  /** Names are unique throughout a graph and the graphs inside it. */
  #name(kind: string): string {
    return this.#parent ? this.#parent.#name(kind) : `${kind}_${this.#count++}`;
  }

  #binary(name: "Add" | "Sub" | "Mul" | "Div", a: Operand, b: Operand): Value {
    const dtype = typeof a === "number" ? (b as Value).dtype : a.dtype;
    const [x, y] = [a, b].map((operand) =>
      typeof operand === "number" ? this.scalar(operand, dtype) : operand,
    );
    return this.op(name, [x, y]);
  }

  add(a: Operand, b: Operand): Value {
    return this.#binary("Add", a, b);
  }

  sub(a: Operand, b: Operand): Value {
    return this.#binary("Sub", a, b);
  }

  mul(a: Operand, b: Operand): Value {
    return this.#binary("Mul", a, b);
  }

  div(a: Operand, b: Operand): Value {
    return this.#binary("Div", a, b);
  }

  neg(x: Value): Value {
    return this.op("Neg", [x]);
  }

  matmul(a: Value, b: Value): Value {
    return this.op("MatMul", [a, b]);
  }

  cast(x: Value, to: DType): Value {
    return x.dtype === to ? x : this.op("Cast", [x], { to });
  }

  /** A reshape of a reshape becomes one, or none. */
  reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    const from = this.#reshapes.get(x.name) ?? x;
    if (sameShape(from.shape, shape)) return from;
    const y = this.op("Reshape", [from], { shape });
    this.#reshapes.set(y.name, from);
    return y;
  }

  expand(x: Value, shape: readonly number[]): Value {
    return sameShape(x.shape, shape) ? x : this.op("Expand", [x], { shape });
  }

  /** 1 where x > 0 and 0 elsewhere, exactly, for all numbers that are not denormal. */
  step(x: Value): Value {
    // Comparisons and Sign take ONNX Runtime two to five times as long, since they process one element at a time.
    return this.op("HardSigmoid", [x], { alpha: 3e38, beta: 0 });
  }

  /** Axis i of the result is axis permutation[i] of x. A transpose of a transpose becomes one, or none. */
  transpose(x: Value, permutation: readonly number[]): Value {
    const { from, order } = this.#transposes.get(x.name) ?? { from: x, order: [...x.shape.keys()] };
    const composed = permutation.map((axis) => order[axis]);
    if (composed.every((axis, i) => axis === i)) return from;
    const y = this.op("Transpose", [from], { permutation: composed });
    this.#transposes.set(y.name, { from, order: composed });
    return y;
  }

  /** What a value is the transpose of, and the order of its axes; undefined where it was not made by `transpose`. */
  transposeOf(x: Value): { readonly from: Value; readonly order: readonly number[] } | undefined {
    return this.#transposes.get(x.name);
  }

  slice(x: Value, ranges: readonly AxisRange[]): Value {
    const real = ranges.filter(
      ({ axis, start, end, step = 1 }) => start > 0 || end < x.shape[axis] || step > 1,
    );
    return real.length === 0 ? x : this.op("Slice", [x], { ranges: real });
  }

  /** Zeros before and after each axis. */
  pad(x: Value, before: readonly number[], after: readonly number[]): Value {
    return [...before, ...after].some((zeros) => zeros > 0) ? this.op("Pad", [x], { before, after }) : x;
  }

  /** The identity matrix: a constant of size x size. */
  identity(size: number, dtype: DType): Value {
    const entries = Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));
    return this.constant(tensor(dtype, [size, size], entries));
  }

  /** 1 at each index that is one of a class, 0 elsewhere. Indices of rank 1, result (rows, classes). */
  oneHot(indices: Value, classes: number, dtype: DType): Value {
    const column = this.reshape(indices, [elementCount(indices.shape), 1]);
    const range = this.constant(tensor(indices.dtype, [classes], [...Array(classes).keys()]));
    return this.cast(this.op("Equal", [column, range]), dtype);
  }
}
