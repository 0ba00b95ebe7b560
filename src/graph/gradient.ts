import { type GradientPart, gradientSum } from "./gradientSum.ts";
import type { Graph, GraphNode, TapeEntry } from "./graph.ts";
import type { Op, Value } from "./op.ts";
import type { OpAttributes, OpName } from "./opAttributes.ts";
import { ops } from "./ops.ts";
import { sameShape } from "./tensor.ts";

/**
 * Adds to the graph the gradients of a scalar `loss` with respect to each of `targets` (reverse-mode differentiation).
 *
 * @throws RangeError if the loss does not depend on one of the targets
 */
export function gradients(graph: Graph, loss: Value, targets: readonly Value[]): Value[] {
  if (loss.shape.length !== 0) throw new RangeError(`the loss must be a scalar, got shape [${loss.shape}]`);
  return gradientsOfWeightedSum(graph, loss, graph.scalar(1, loss.dtype), targets);
}

/**
 * Adds to the graph the gradients of the sum over `losses` times `weights`, which do not depend on the targets.
 *
 * What leads from the targets to the losses is walked once, backwards; only values that depend on a target are visited, in the
 * graph and in those around it. Gradients that reach a value along several paths are summed; those that broadcasting made
 * larger are summed back to the shape of the value.
 *
 * @param weights of the shape of the losses
 * @throws RangeError if the losses do not depend on one of the targets
 */
export function gradientsOfWeightedSum(
  graph: Graph,
  losses: Value,
  weights: Value,
  targets: readonly Value[],
): Value[] {
  const entries = graph.wholeTape();
  const depends = dependents(entries, targets);
  const arrived = new Map<string, GradientPart[]>();
  const arrive = ({ name }: Value, part: GradientPart) => {
    if (!arrived.get(name)?.push(part)) arrived.set(name, [part]);
  };
  arrive(losses, { dy: weights });
  for (const entry of entries.reverse()) {
    const parts = arrived.get(entry.y.name);
    if (!parts || !depends.has(entry.y.name)) continue;
    const dy = gradientSum(graph, parts, entry.y.shape);
    const wanted = entry.x.map(({ name }) => depends.has(name));
    entryGradients(graph, entry, dy, wanted).forEach((part, index) => {
      if (wanted[index] && part) arrive(entry.x[index], part);
    });
  }
  return targets.map(({ name, shape }) => {
    const parts = arrived.get(name);
    if (!parts) throw new RangeError(`the loss does not depend on ${name}`);
    return gradientSum(graph, parts, shape);
  });
}

/** Gradients with respect to each input, of the input's shape; undefined for zero. */
function entryGradients(
  graph: Graph,
  entry: TapeEntry,
  dy: Value,
  wanted: readonly boolean[],
): (GradientPart | undefined)[] {
  if ("op" in entry && entry.op === "Slice")
    return [{ dy, ranges: (entry as GraphNode<"Slice">).attributes.ranges }];
  const product = "op" in entry && entry.op === "Gemm" ? (entry as GraphNode<"Gemm">) : undefined;
  const isPart = wanted[1] && product !== undefined && !product.attributes.transA;
  const asked = isPart ? wanted.with(1, false) : wanted;
  const dxs = "op" in entry ? nodeGradients(graph, entry, dy, asked) : entry.gradient(dy);
  const parts: (GradientPart | undefined)[] = entry.x.map(({ shape }, i) => {
    const dx = asked[i] ? dxs[i] : undefined;
    return dx && { dy: summedTo(graph, dx, shape) };
  });
  return isPart ? parts.with(1, { dy, product }) : parts;
}

/** Names of the values that depend on any of `sources`, themselves included. */
function dependents(entries: readonly TapeEntry[], sources: readonly Value[]): Set<string> {
  const depends = new Set(sources.map(({ name }) => name));
  for (const { x, y } of entries) if (x.some(({ name }) => depends.has(name))) depends.add(y.name);
  return depends;
}

function nodeGradients<Name extends OpName>(
  graph: Graph,
  { op, x, y, attributes }: GraphNode<Name>,
  dy: Value,
  wanted: readonly boolean[],
): (Value | undefined)[] {
  const { gradient }: Op<OpAttributes[Name]> = ops[op];
  return x.map((_, index) => {
    if (!wanted[index]) return undefined;
    const rule = typeof gradient === "function" ? gradient(index) : gradient[index];
    return rule({ graph, x, y, dy, attributes });
  });
}

/** Sums a gradient over the axes along which its value was broadcast. */
function summedTo(graph: Graph, gradient: Value, shape: readonly number[]): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const extra = gradient.shape.length - shape.length;
  const axes = [...gradient.shape.keys()].filter(
    (axis) => axis < extra || (shape[axis - extra] === 1 && gradient.shape[axis] !== 1),
  );
  // The sum itself has the shape of a bias, which needs no reshape then.
  const keepDims = axes.length !== extra;
  const sum = axes.length > 0 ? graph.op("ReduceSum", [gradient], { axes, keepDims }) : gradient;
  return graph.expand(
    graph.reshape(
      sum,
      shape.map((size, axis) => Math.min(size, gradient.shape[axis + extra])),
    ),
    shape,
  );
}
