import { elementCount, normalizeAxis, sameShape, tensor } from "../../tensor.ts";
import { concatThroughTranspose } from "../../throughTranspose.ts";
import type { Converter } from "../nodeContext.ts";
import { protoTensor } from "../protoTensor.ts";
import { filled } from "./elementwise.ts";

const reshape: Converter = (c) => {
  const { shape } = c.x;
  const wanted = c.numbers(1)!;
  const keepZero = c.int("allowzero", 0) === 0;
  const sizes = c.outputShape(wanted.map((size, axis) => (size === 0 && keepZero ? shape[axis] : size)));
  const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
  return c.graph.reshape(
    c.x,
    sizes.map((size) => (size === -1 ? elementCount(shape) / known : size)),
  );
};

const squeeze: Converter = (c) => {
  const rank = c.x.shape.length;
  const axes = (c.ints("axes") ?? c.numbers(1))?.map((axis) => normalizeAxis(axis, rank));
  const gone = (size: number, axis: number) => (axes ? axes.includes(axis) : size === 1);
  return c.graph.reshape(
    c.x,
    c.x.shape.filter((size, axis) => !gone(size, axis)),
  );
};

const unsqueeze: Converter = (c) => {
  const given = c.ints("axes") ?? c.numbers(1)!;
  const rank = c.x.shape.length + given.length;
  const axes = given.map((axis) => normalizeAxis(axis, rank));
  const left = [...c.x.shape];
  return c.graph.reshape(
    c.x,
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : left.shift()!)),
  );
};

const split: Converter = (c) => {
  const axis = c.axis(0);
  const size = c.x.shape[axis];
  const count = c.int("num_outputs", c.node.output.length);
  const even = Math.ceil(size / count);
  const sizes =
    c.ints("split") ??
    c.numbers(1) ??
    Array.from({ length: count }, (_, i) => Math.min(even, size - i * even));
  let start = 0;
  return sizes.map((part) => {
    const range = { axis, start, end: start + part };
    start += part;
    return c.graph.slice(c.x, [range]);
  });
};

/** ONNX's Expand also keeps sizes of the input where the wanted size is 1. */
const expand: Converter = (c) => {
  const wanted = c.numbers(1)!;
  const rank = Math.max(wanted.length, c.x.shape.length);
  const at = (shape: readonly number[], i: number) => shape[i - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, i) =>
    at(wanted, i) === 1 ? at(c.x.shape, i) : at(wanted, i),
  );
  return c.graph.expand(c.x, c.outputShape(shape));
};

const tile: Converter = (c) => {
  const { shape } = c.x;
  const stated = c.numbers(1)!;
  const sizes = c.outputShape(shape.map((size, axis) => size * stated[axis]));
  const repeats = sizes.map((size, axis) => (size === 0 ? stated[axis] : size / shape[axis]));
  const split = c.graph.reshape(
    c.x,
    shape.flatMap((size) => [1, size]),
  );
  const repeated = c.graph.expand(
    split,
    shape.flatMap((size, axis) => [repeats[axis], size]),
  );
  return c.graph.reshape(repeated, sizes);
};

/** The upper or lower triangle of the last two axes, the rest 0. */
const trilu: Converter = (c) => {
  const [rows, columns] = c.x.shape.slice(-2);
  const k = c.numbers(1)?.[0] ?? 0;
  const upper = c.int("upper", 1) === 1;
  const kept = Array.from({ length: rows * columns }, (_, flat) => {
    const distance = (flat % columns) - Math.floor(flat / columns);
    return Number(upper ? distance >= k : distance <= k);
  });
  const mask = c.constant(tensor("bool", [rows, columns], kept));
  if (c.x.dtype !== "bool") return c.graph.op("Where", [mask, c.x, c.scalar(0)]);
  return c.graph.op("And", [c.x, mask]);
};

const constant: Converter = (c) => {
  const value = c.attribute("value")?.t;
  if (value) return c.constant(protoTensor(value, "the Constant"));
  const [int, float] = ["value_int", "value_float"].map((name) => c.attribute(name));
  // The largest int64, which stands for the end of an axis, has no exact float64.
  if (int) return c.constant({ dtype: "int64", shape: [], data: BigInt64Array.of(int.i) });
  if (float) return c.scalar(float.f, "float32");
  const ints = c.attribute("value_ints")?.ints;
  const floats = c.floats("value_floats");
  if (ints) return c.constant({ dtype: "int64", shape: [ints.length], data: BigInt64Array.from(ints) });
  if (floats) return c.constant(tensor("float32", [floats.length], floats));
  throw c.refuse("its value is no dense tensor of numbers");
};

const constantOfShape: Converter = (c) => {
  const value = c.attribute("value")?.t;
  const content = value ? protoTensor(value, "the value") : tensor("float32", [1], [0]);
  return filled(c, content.dtype, c.numbers(0)!, Number(content.data[0]));
};

const shapeOf: Converter = (c) => {
  const { shape } = c.x;
  return c.int64(shape.slice(c.int("start", 0), c.has("end") ? c.int("end", 0) : undefined));
};

const range: Converter = (c) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => c.numbers(i)![0]);
  const count = Math.max(Math.ceil((limit - start) / delta), 0);
  return c.constant(
    tensor(
      c.x.dtype,
      [count],
      Array.from({ length: count }, (_, i) => start + i * delta),
    ),
  );
};

/** Blocks of depth become blocks of space (mode DCR or CRD), (N, C, H, W). */
const depthToSpace: Converter = (c) => {
  const b = c.int("blocksize", 1);
  const [n, depth, height, width] = c.x.shape;
  const channels = depth / (b * b);
  const isDcr = c.text("mode", "DCR") === "DCR";
  const apart = c.graph.reshape(
    c.x,
    isDcr ? [n, b, b, channels, height, width] : [n, channels, b, b, height, width],
  );
  const order = isDcr ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  return c.graph.reshape(c.graph.transpose(apart, order), [n, channels, height * b, width * b]);
};

const spaceToDepth: Converter = (c) => {
  const b = c.int("blocksize", 1);
  const [n, channels, height, width] = c.x.shape;
  const apart = c.graph.reshape(c.x, [n, channels, height / b, b, width / b, b]);
  const moved = c.graph.transpose(apart, [0, 3, 5, 1, 2, 4]);
  return c.graph.reshape(moved, [n, channels * b * b, height / b, width / b]);
};

export const shape: Record<string, Converter> = {
  Concat: (c) => {
    const axis = c.axis(0);
    const parts = c.inputs.map((_, i) => c.input(i)).filter((x) => !sameShape(x.shape, [0]));
    return parts.length === 1 ? parts[0] : concatThroughTranspose(c.graph, parts, axis);
  },
  Constant: constant,
  ConstantOfShape: constantOfShape,
  DepthToSpace: depthToSpace,
  Expand: expand,
  Flatten: (c) => {
    const axis = c.int("axis", 1);
    const at = axis < 0 ? axis + c.x.shape.length : axis;
    const [rows, columns] = [c.x.shape.slice(0, at), c.x.shape.slice(at)].map(elementCount);
    return c.graph.reshape(c.x, [rows, columns]);
  },
  Range: range,
  Reshape: reshape,
  Shape: shapeOf,
  Size: (c) => c.scalar(elementCount(c.x.shape), "int64"),
  SpaceToDepth: spaceToDepth,
  Split: split,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: (c) => c.graph.transpose(c.x, c.ints("perm") ?? [...c.x.shape.keys()].reverse()),
  Trilu: trilu,
  Unsqueeze: unsqueeze,
};
