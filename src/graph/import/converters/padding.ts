import type { Value } from "../../op.ts";
import { elementCount, normalizeAxis, tensor } from "../../tensor.ts";
import type { Converter, NodeContext } from "../nodeContext.ts";
import { take } from "./indexing.ts";

const pad: Converter = (c) => {
  const { x } = c;
  const pads = c.ints("pads") ?? c.numbers(1)!;
  const axes = c.numbers(3)?.map((axis) => normalizeAxis(axis, x.shape.length)) ?? [...x.shape.keys()];
  const [before, after] = [x.shape.map(() => 0), x.shape.map(() => 0)];
  axes.forEach((axis, i) => {
    [before[axis], after[axis]] = [pads[i], pads[i + axes.length]];
  });
  const mode = c.text("mode", "constant");
  if (mode !== "constant") return padByCopy(c, before, after, mode);
  const inside = x.shape.map((size, axis) => ({
    axis,
    start: Math.max(-before[axis], 0),
    end: size - Math.max(-after[axis], 0),
  }));
  const kept = c.graph.slice(x, inside);
  const [front, back] = [before, after].map((zeros) => zeros.map((zero) => Math.max(zero, 0)));
  const padded = c.graph.pad(kept, front, back);
  const fill = c.inputs[2] ? c.numbers(2)![0] : 0;
  return fill === 0 ? padded : c.graph.add(padded, border(c, padded, front, back, fill));
};

/** `fill` on the border that a padding added, and 0 inside. */
export function border(
  c: NodeContext,
  padded: Value,
  before: readonly number[],
  after: readonly number[],
  fill: number,
): Value {
  const axes = padded.shape.flatMap((_, axis) => (before[axis] + after[axis] > 0 ? [axis] : []));
  const shape = padded.shape.map((size, axis) => (axes.includes(axis) ? size : 1));
  const data = Array.from({ length: elementCount(shape) }, (_, flat) => {
    const isInside = shape.every((size, axis) => {
      const at = Math.floor(flat / elementCount(shape.slice(axis + 1))) % size;
      return !axes.includes(axis) || (at >= before[axis] && at < size - after[axis]);
    });
    return isInside ? 0 : fill;
  });
  return c.constant(tensor(padded.dtype, shape, data));
}

/** Padding with elements of the value itself: its edge, its mirror image or its other end. */
function padByCopy(c: NodeContext, before: readonly number[], after: readonly number[], mode: string): Value {
  const source: Record<string, (at: number, size: number) => number> = {
    edge: (at, size) => Math.min(Math.max(at, 0), size - 1),
    reflect: (at, size) => (at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at),
    wrap: (at, size) => ((at % size) + size) % size,
  };
  if (!source[mode]) throw c.refuse(`mode ${mode}; allowed: constant, ${Object.keys(source).join(", ")}`);
  return c.x.shape.reduce((x, size, axis) => {
    if (before[axis] === 0 && after[axis] === 0) return x;
    const count = before[axis] + size + after[axis];
    return take(
      c,
      x,
      axis,
      Array.from({ length: count }, (_, i) => source[mode](i - before[axis], size)),
    );
  }, c.x);
}

export const padding: Record<string, Converter> = { Pad: pad };
