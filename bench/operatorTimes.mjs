import { quantile } from "./statistics.mjs";

/**
 * Sums the events of ONNX Runtime's profiler by operator: milliseconds and calls of a run. A node's time is the lower fifth
 * of its times in all runs, since whatever else the machine does only adds. A Loop's own event is all that it holds.
 */
export function byOp(events, runs) {
  const nodes = new Map();
  for (const { name, dur, args } of events) {
    if (!name.endsWith("_kernel_time") || args.op_name === "Loop") continue;
    const node = nodes.get(name) ?? { op: args.op_name, durations: [] };
    nodes.set(name, node);
    node.durations.push(dur);
  }
  const result = {};
  for (const { op, durations } of nodes.values()) {
    result[op] ??= { milliseconds: 0, calls: 0 };
    result[op].milliseconds += (quantile(durations, 0.2) * durations.length) / runs / 1000;
    result[op].calls += durations.length / runs;
  }
  return result;
}
