import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";

/**
 * Mean and variance over some axes, which stay with size 1, and y: the value with both taken out. The gradient of y is in
 * closed form, (dy - mean(dy) - y mean(dy y)) / deviation (Ioffe and Szegedy 2015, section 3), which takes half as many nodes
 * as the chain rule.
 */
export function normalized(graph: Graph, x: Value, axes: readonly number[], epsilon: number) {
  const mean = graph.op("ReduceMean", [x], { axes });
  const centred = graph.sub(x, mean);
  const variance = graph.op("ReduceMean", [graph.mul(centred, centred)], { axes });
  const deviation = graph.op("Sqrt", [graph.add(variance, epsilon)]);
  const y = graph.customGradient(
    [x],
    () => graph.div(centred, deviation),
    (dy) => {
      const average = (value: Value) => graph.op("ReduceMean", [value], { axes });
      const along = graph.mul(y, average(graph.mul(dy, y)));
      return [graph.div(graph.sub(dy, graph.add(along, average(dy))), deviation)];
    },
  );
  return { mean, variance, deviation, y };
}

/** momentum running + (1 - momentum) factor batch: how a running mean or variance is kept. */
export function runningAverage(
  graph: Graph,
  running: Value,
  batch: Value,
  momentum: number,
  factor = 1,
): Value {
  const flat = graph.reshape(batch, running.shape);
  return graph.add(graph.mul(running, momentum), graph.mul(flat, (1 - momentum) * factor));
}

/**
 * Dropout (Srivastava et al. 2014): where the mask is 0 elements are zeroed, and the rest are divided by the share that is
 * kept.
 */
export function dropped(graph: Graph, x: Value, mask: Value, keep: number): Value {
  return graph.mul(graph.mul(x, graph.cast(mask, x.dtype)), 1 / keep);
}

/** @throws RangeError where batch normalisation has but one value per channel, whose variance is 0 */
export function requireValues(perChannel: number): void {
  if (perChannel > 1) return;
  throw new RangeError("batch normalisation needs at least 2 values per channel, but has 1");
}
