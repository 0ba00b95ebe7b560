import type { Graph } from "./graph.ts";
import type { Operand, Value } from "./op.ts";

/** A learning rate that changes with the number of steps that are done. */
export interface Schedule {
  /** The rate at the start, or after the warm-up. */
  readonly start: number;
  /** Steps over which the rate grows linearly up to `start`: `start step / warmUp` for steps counted from 1. */
  readonly warmUp?: number;
  /** Other rates, each of which applies after the given number of steps. */
  readonly steps?: readonly { readonly after: number; readonly rate: number }[];
  /**
   * Half a cosine from `start` down to `end` (0 unless given), which it reaches after `over` steps, those of the warm-up
   * included (Loshchilov and Hutter 2017, without restarts).
   */
  readonly cosine?: { readonly over: number; readonly end?: number };
}

/** A constant rate, or a schedule. */
export type LearningRate = number | Schedule;

/**
 * The rate of a step as nodes of a graph.
 *
 * @param step number of the step, from 1: a float32 scalar, or a vector of several
 * @throws RangeError for a schedule that is both stepwise and a cosine, or whose cosine ends within the warm-up
 */
export function learningRateAt(graph: Graph, rate: LearningRate, step: Value): Operand {
  if (typeof rate === "number") return rate;
  const { start, warmUp = 0, steps = [], cosine } = rate;
  if (cosine && steps.length > 0)
    throw new RangeError("a learning rate with both steps and cosine; expected one of them");
  const done = graph.sub(step, 1);
  let value: Operand = start;
  for (const { after, rate: next } of [...steps].sort((a, b) => a.after - b.after)) {
    const isPast = graph.op("GreaterOrEqual", [done, graph.scalar(after, step.dtype)]);
    const before: Value = typeof value === "number" ? graph.scalar(value, step.dtype) : value;
    value = graph.op("Where", [isPast, graph.scalar(next, step.dtype), before]);
  }
  if (cosine) value = cosineRate(graph, done, start, warmUp, cosine);
  if (warmUp === 0) return value;
  const share = graph.op("Min", [graph.div(step, warmUp), graph.scalar(1, step.dtype)]);
  return graph.mul(share, value);
}

function cosineRate(
  graph: Graph,
  done: Value,
  start: number,
  warmUp: number,
  { over, end = 0 }: NonNullable<Schedule["cosine"]>,
): Value {
  if (!(over > warmUp))
    throw new RangeError(
      `a cosine over ${over} steps with a warm-up of ${warmUp}; expected more steps than the warm-up has`,
    );
  const scalar = (number: number) => graph.scalar(number, done.dtype);
  const progress = graph.div(graph.sub(done, warmUp), over - warmUp);
  const inside = graph.op("Min", [graph.op("Max", [progress, scalar(0)]), scalar(1)]);
  const wave = graph.add(graph.op("Cos", [graph.mul(inside, Math.PI)]), 1);
  return graph.add(graph.mul(wave, (start - end) / 2), end);
}
