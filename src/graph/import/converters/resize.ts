import type { Value } from "../../op.ts";
import { tensor } from "../../tensor.ts";
import type { Converter, NodeContext } from "../nodeContext.ts";
import { take } from "./indexing.ts";

/** Where in the input (a real number) element `i` of the output lies, along one axis. */
function coordinate(mode: string, i: number, size: number, out: number, scale: number): number {
  if (mode === "asymmetric") return i / scale;
  if (mode === "align_corners") return out === 1 ? 0 : (i * (size - 1)) / (out - 1);
  if (mode === "pytorch_half_pixel" && out === 1) return 0;
  return (i + 0.5) / scale - 0.5;
}

const roundings: Record<string, (x: number) => number> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Weights of the neighbours around a point: two for linear, four for cubic interpolation (Keys 1981). */
function neighbours(mode: string, at: number, a: number): [place: number, weight: number][] {
  const left = Math.floor(at);
  const t = at - left;
  if (mode === "linear")
    return [
      [left, 1 - t],
      [left + 1, t],
    ];
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [
    [left - 1, far(1 + t)],
    [left, near(t)],
    [left + 1, near(1 - t)],
    [left + 2, far(2 - t)],
  ];
}

/** Interpolates one axis: a product with a constant matrix (out, size). */
function interpolated(c: NodeContext, x: Value, axis: number, matrix: readonly number[], out: number): Value {
  const rank = x.shape.length;
  const order = [...[...Array(rank).keys()].filter((other) => other !== axis), axis];
  const weights = c.constant(tensor(x.dtype, [x.shape[axis], out], matrix));
  const y = c.graph.matmul(c.graph.transpose(x, order), weights);
  return c.graph.transpose(
    y,
    order.map((_, i) => order.indexOf(i)),
  );
}

function resizeAxis(c: NodeContext, x: Value, axis: number, out: number, scale: number): Value {
  const size = x.shape[axis];
  const transform = c.text("coordinate_transformation_mode", "half_pixel");
  const mode = c.text("mode", "nearest");
  const inside = (at: number) => Math.min(Math.max(at, 0), size - 1);
  const places = Array.from({ length: out }, (_, i) => coordinate(transform, i, size, out, scale));
  if (mode === "nearest") {
    const round = roundings[c.text("nearest_mode", "round_prefer_floor")];
    return take(
      c,
      x,
      axis,
      places.map((at) => inside(round(at))),
    );
  }
  const matrix = new Array<number>(size * out).fill(0);
  places.forEach((at, i) => {
    const clamped = mode === "linear" ? inside(at) : at;
    for (const [place, weight] of neighbours(mode, clamped, c.float("cubic_coeff_a", -0.75))) {
      matrix[inside(place) * out + i] += weight;
    }
  });
  return interpolated(c, x, axis, matrix, out);
}

/** Resizes images by interpolation, one axis after another. */
const resizeNode: Converter = (c) => {
  const transform = c.text("coordinate_transformation_mode", "half_pixel");
  if (!["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"].includes(transform)) {
    throw c.refuse(`coordinate_transformation_mode ${transform}`);
  }
  if (c.int("antialias", 0) === 1) throw c.refuse("antialias=1");
  const axes = c.ints("axes") ?? [...c.x.shape.keys()];
  const given = c.inputs[2] && c.input(2).shape[0] > 0 ? c.numbers(2) : undefined;
  const sizes = c.inputs[3] ? c.numbers(3) : undefined;
  const isBatch = (axis: number) => c.fileSize(0, axis) !== undefined;
  return axes.reduce((x, axis, i) => {
    if (isBatch(axis)) return x;
    const out = sizes ? sizes[i] : Math.floor(x.shape[axis] * given![i]);
    const scale = given ? given[i] : out / x.shape[axis];
    return out === x.shape[axis] && scale === 1 ? x : resizeAxis(c, x, axis, out, scale);
  }, c.x);
};

export const resize: Record<string, Converter> = { Resize: resizeNode };
