import type { Graph, GraphNode } from "./graph.ts";
import type { Op, Value } from "./op.ts";
import type { OpAttributes, OpName } from "./opAttributes.ts";
import { ops } from "./ops.ts";
import { elementCount, normalizeAxis, sameShape, tensor } from "./tensor.ts";

/** Elementwise operators whose operands are broadcast. */
const broadcasting = new Set<OpName>(["Add", "Sub", "Mul", "Div", "Max", "Min"]);

/** Repeats of one element from which on ONNX Runtime broadcasts as fast as it multiplies by ones. */
const manyRepeats = 64;

/** Elements below which other nodes cost more than they save. */
const fewElements = 4096;

/** A row of at most so many elements is broadcast more slowly than ONNX Runtime adds or multiplies; longer rows are not. */
const shortRow = 128;

/** Elements of the copies of a short row that are broadcast in its place. */
const longRow = 512;

/** Repeats of a short row below which its copies cost more than they save. */
const fewRepeats = 512;

/**
 * A node as the nodes that ONNX Runtime computes fastest, with the same result (only -0 may become 0, and sums over rows are
 * rounded in another order). Its transposes of matrices take a tenth of the time of those of many axes, products with ones a
 * tenth of an `Expand` and half or less of a sum over rows, a short row is broadcast at half to a fifth of the speed of a long
 * one, and a number times a tensor whose last axis has one element takes sixty times as long as it should
 * (docs/performance.md). Its optimizer of transposes would undo the first, and is switched off (`sessionOptions`).
 *
 * @param graph of the node, which gets the constants that the nodes read
 */
export function fastNodes(node: GraphNode, graph: Graph): readonly GraphNode[] {
  const { op, x, y } = node;
  if (Math.max(elementCount(x[0].shape), elementCount(y.shape)) < fewElements) return [node];
  if (op === "ReduceSum" || op === "ReduceMean") return fastSumOfRows(node as GraphNode<"ReduceSum">, graph);
  if (op === "Expand" && repeatsElements(x[0], y)) return [repeated(x[0], y, graph)];
  if (op === "Transpose") return fastTranspose(node as GraphNode<"Transpose">);
  return broadcasting.has(op) ? fastBroadcast(node, graph) : [node];
}

/** Whether y is x with each element of a last axis of length 1 repeated. */
const repeatsElements = ({ shape, dtype }: Value, y: Value): boolean =>
  dtype === "float32" &&
  shape.length > 1 &&
  shape.at(-1) === 1 &&
  y.shape.at(-1)! > 1 &&
  sameShape(shape.slice(0, -1), y.shape.slice(0, -1));

/** x with each element of its last axis of length 1 repeated: its product with a row of ones. */
function repeated(x: Value, y: Value, graph: Graph): GraphNode {
  const count = y.shape.at(-1)!;
  const ones = graph.constant(tensor(x.dtype, [1, count], Array(count).fill(1)));
  return { op: "MatMul", x: [x, ones], y, attributes: {} };
}

/** A sum or a mean over the first axes: a product with a row of equal weights. */
function fastSumOfRows(node: GraphNode<"ReduceSum" | "ReduceMean">, graph: Graph): readonly GraphNode[] {
  const { op, x, y, attributes } = node;
  const { shape, dtype } = x[0];
  const axes = (attributes.axes ?? [...shape.keys()]).map((axis) => normalizeAxis(axis, shape.length));
  const isLeading = axes.length < shape.length && axes.every((axis) => axis < axes.length);
  if (dtype !== "float32" || !isLeading) return [node];
  const rows = elementCount(shape.slice(0, axes.length));
  const weight = op === "ReduceSum" ? 1 : 1 / rows;
  const weights = graph.constant(tensor(dtype, [1, rows], Array(rows).fill(weight)));
  const chain = new Chain(y);
  const matrix = chain.reshape(x[0], [rows, elementCount(shape.slice(axes.length))]);
  return chain.end(chain.op("MatMul", [weights, matrix], {}));
}

function fastBroadcast(node: GraphNode, graph: Graph): readonly GraphNode[] {
  const { x, y } = node;
  const isRepeated = x.map((value) => y.shape.at(-1)! < manyRepeats && repeatsElements(value, y));
  if (!isRepeated.some(Boolean)) return withLongRows(node) ?? withoutLastAxes(node);
  const wide = x.map((value, i) => (isRepeated[i] ? { ...y, name: `${y.name}_x${i}` } : value));
  const repeats = x.flatMap((value, i) => (isRepeated[i] ? [repeated(value, wide[i], graph)] : []));
  return [...repeats, { ...node, x: wide }];
}

/** Nodes that lead to `y`, in the order of computation. */
class Chain {
  readonly nodes: GraphNode[] = [];
  readonly #y: Value;

  constructor(y: Value) {
    this.#y = y;
  }

  op<Name extends OpName>(op: Name, x: readonly Value[], attributes: OpAttributes[Name]): Value {
    const { type }: Op<OpAttributes[Name]> = ops[op];
    const y = { name: `${this.#y.name}_step${this.nodes.length}`, ...type(x, attributes) };
    this.nodes.push({ op, x, y, attributes });
    return y;
  }

  reshape(x: Value, shape: readonly number[]): Value {
    return sameShape(x.shape, shape) ? x : this.op("Reshape", [x], { shape });
  }

  /** The nodes, ending in the shape and the name of `y`. */
  end(last: Value): readonly GraphNode[] {
    this.reshape(last, this.#y.shape);
    const made = this.nodes.pop()!;
    return [...this.nodes, { ...made, y: this.#y }];
  }
}

/**
 * An operation of a tensor and a short row, such as a bias per channel, as one of longer rows, each several of the tensor's, and
 * of as many copies of the short one. Undefined where that is not faster.
 */
function withLongRows({ op, x, y, attributes }: GraphNode): readonly GraphNode[] | undefined {
  const short = x.findIndex(({ shape }) => elementCount(shape) <= shortRow && isRowOf(shape, y.shape));
  if (x.length !== 2 || short === -1 || !sameShape(x[1 - short].shape, y.shape)) return undefined;
  const length = elementCount(x[short].shape);
  const rows = elementCount(y.shape) / length;
  if (rows < fewRepeats) return undefined;
  const copies = largestDivisor(rows, Math.floor(longRow / length));
  if (copies === 1) return undefined;
  const chain = new Chain(y);
  const row = chain.reshape(x[short], [length]);
  const copied = chain.op("Expand", [row], { shape: [copies, length] });
  const wide = [rows / copies, copies * length];
  const operands = x.map((value, i) =>
    i === short ? chain.reshape(copied, wide.slice(1)) : chain.reshape(value, wide),
  );
  return chain.end(chain.op(op, operands, attributes));
}

/** Whether a shape of several elements is that of the last axes of another, with only axes of one element before them. */
function isRowOf(shape: readonly number[], whole: readonly number[]): boolean {
  const own = shape.slice(shape.findIndex((length) => length > 1));
  return elementCount(own) > 1 && sameShape(own, whole.slice(-own.length));
}

function largestDivisor(number: number, atMost: number): number {
  let divisor = atMost;
  while (number % divisor !== 0) divisor--;
  return divisor;
}

/** Without the last axes on which all operands have one element: ONNX Runtime broadcasts one such element at a time. */
function withoutLastAxes(node: GraphNode): readonly GraphNode[] {
  const { op, x, y, attributes } = node;
  if (x.every(({ shape }) => sameShape(shape, y.shape))) return [node];
  const ones = y.shape.length - 1 - y.shape.findLastIndex((length) => length > 1);
  if (ones === 0) return [node];
  const chain = new Chain(y);
  const without = (shape: readonly number[]) => shape.slice(0, Math.max(0, shape.length - ones));
  const operands = x.map((value) => chain.reshape(value, without(value.shape)));
  return chain.end(chain.op(op, operands, attributes));
}

/**
 * A transpose that moves the last axis, as transposes of matrices and of whole blocks. Those that ONNX Runtime merges with
 * a product, or computes in whole blocks anyway, stay as they are.
 */
function fastTranspose(node: GraphNode<"Transpose">): readonly GraphNode[] {
  const { x, y, attributes } = node;
  const last = x[0].shape.length - 1;
  const { permutation } = attributes;
  const swapsLastTwo = permutation.every((axis, i) => axis === (i < last - 1 ? i : 2 * last - 1 - i));
  const merged = mergedAxes(x[0].shape, permutation);
  if (swapsLastTwo || merged.permutation.at(-1) === merged.shape.length - 1) return [node];
  const chain = new Chain(y);
  let value = x[0];
  for (const step of transposeSteps(merged)) {
    value = chain.op("Transpose", [chain.reshape(value, step.shape)], { permutation: step.permutation });
  }
  return chain.end(value);
}

interface Permuted {
  readonly shape: readonly number[];
  readonly permutation: readonly number[];
}

/** The same order of elements with axes of one element left out, and neighbours that stay neighbours as one axis. */
function mergedAxes(shape: readonly number[], permutation: readonly number[]): Permuted {
  const real = [...shape.keys()].filter((axis) => shape[axis] > 1);
  const ranks = permutation.filter((axis) => shape[axis] > 1).map((axis) => real.indexOf(axis));
  const groups: number[][] = [];
  for (const rank of ranks) {
    if (rank > 0 && groups.at(-1)?.at(-1) === rank - 1) groups.at(-1)!.push(rank);
    else groups.push([rank]);
  }
  const inOrder = groups.toSorted(([a], [b]) => a - b);
  return {
    shape: inOrder.map((group) => group.reduce((product, rank) => product * shape[real[rank]], 1)),
    permutation: groups.map((group) => inOrder.indexOf(group)),
  };
}

/**
 * At most two steps that are each the transpose of one matrix, of a stack of matrices, or of blocks that keep the last axis:
 * the axis that comes last moves there first, or the axis that was last leaves last, whichever makes the longer blocks.
 */
function transposeSteps({ shape, permutation }: Permuted): Permuted[] {
  const axes = [...shape.keys()];
  const [was, becomes] = [axes.length - 1, permutation.at(-1)!];
  if (movesOneAxis(permutation)) return [{ shape, permutation }];
  const first =
    shape[becomes] >= shape[was]
      ? [...axes.filter((axis) => axis !== becomes), becomes]
      : [...permutation.filter((axis) => axis !== was), was];
  const second = permutation.map((axis) => first.indexOf(axis));
  const between = first.map((axis) => shape[axis]);
  return [mergedAxes(shape, first), mergedAxes(between, second)];
}

const movesOneAxis = (permutation: readonly number[]): boolean =>
  permutation.some((moved, to) => {
    const others = permutation.toSpliced(to, 1);
    return others.every((axis, i) => axis === (i < moved ? i : i + 1));
  });
