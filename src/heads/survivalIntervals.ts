import type { Algebra, OutputVector } from "./algebra.ts";
import {
  type HeadDescription,
  type Label,
  type LabelColumn,
  type LossIn,
  type Optimum,
  type ResolvedOptions,
  tex,
} from "./head.ts";
import { meanLoss } from "./meanLoss.ts";
import { number, positive } from "./options.ts";
import { withPseudoCount } from "./pseudoCount.ts";

/** A row of survival data, [time, event]: when it was last seen, and 1 if that was because of the event. */
export type SurvivalLabel = ArrayLike<number>;

/** Times are in units of intervals: interval 0 is (0, 1]. */
export const intervalOf = (time: number) => Math.ceil(time) - 1;

const intervalOptions = {
  intervals: number(
    0,
    { low: 0, high: 1e6, integer: true },
    "number of time intervals (the unit of the times is one interval); 0 for as many as the labels reach",
  ),
} as const;

export const onIntervals = {
  family: "survival",
  reads: "survival",
  domain: positive,
  identifiable: true,
  convex: true,
  options: intervalOptions,
  width: (column: LabelColumn<SurvivalLabel>, { intervals }: { readonly intervals: number }) =>
    intervals || reach(column),
  refuse: (column: LabelColumn<SurvivalLabel>, { intervals }: { readonly intervals: number }) =>
    intervals > 0 && reach(column) > intervals
      ? `invalid intervals: ${intervals}; the labels reach time ${lastTime(column)}: allowed: ${reach(column)} or more`
      : undefined,
} as const satisfies Partial<HeadDescription> & Record<string, unknown>;

const lastTime = ({ labels }: LabelColumn<SurvivalLabel>) =>
  Array.from(labels).reduce((last, label) => Math.max(last, label[0]), 0);
const reach = (column: LabelColumn<SurvivalLabel>) => intervalOf(lastTime(column)) + 1;

interface TimeInterval {
  /** Weight of the rows whose event lies in it. */
  readonly events: number;
  /** Weight of the rows that reach it. */
  readonly atRisk: number;
  /** Weighted time that rows spend in it, in intervals. */
  readonly exposure: number;
}

/** 1 for the interval that a row's time lies in, 0 for all others. */
export function lastInterval<S, V>(m: Algebra<S, V>, time: S, intervals: V): V {
  return m.map(intervals, (j) => m.ifLess(j, time, m.ifLess(m.add(j, 1), time, 0, 1), 0));
}

/**
 * The labels with their times moved to the ends of their intervals, each distinct one once: all that losses of discrete
 * time read of them.
 */
function byInterval({ labels, weights, weight }: LabelColumn<SurvivalLabel>) {
  const grouped = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    const key = 2 * intervalOf(labels[i][0]) + labels[i][1];
    grouped.set(key, (grouped.get(key) ?? 0) + weights[i]);
  }
  const keys = [...grouped.keys()];
  return { labels: keys.map((key) => [(key >> 1) + 1, key & 1]), weights: [...grouped.values()], weight };
}

/** The expected loss of discrete time, from the labels by interval. */
export const expectedByInterval =
  (loss: LossIn<ResolvedOptions, SurvivalLabel>) =>
  (output: OutputVector, column: LabelColumn<SurvivalLabel>): number =>
    meanLoss({ lossIn: loss as LossIn<ResolvedOptions, Label> }, output, byInterval(column), {});

/** The life table of the labels. */
export function lifeTable(column: LabelColumn<SurvivalLabel>, intervals: number): TimeInterval[] {
  return Array.from({ length: intervals || reach(column) }, (_, j) => {
    let [events, atRisk, exposure] = [0, 0, 0];
    for (let i = 0; i < column.labels.length; i++) {
      const [time, event] = Array.from(column.labels[i]);
      if (time <= j) continue;
      atRisk += column.weights[i];
      exposure += column.weights[i] * Math.min(1, time - j);
      if (event && intervalOf(time) === j) events += column.weights[i];
    }
    return { events, atRisk, exposure };
  });
}

/** Hazards dⱼ / nⱼ as counts of events and survivors, with a pseudo-count where one is missing. */
export function hazards(column: LabelColumn<SurvivalLabel>, intervals: number) {
  const warnings: string[] = [];
  const pairs = lifeTable(column, intervals).map(({ events, atRisk }, j) => {
    const name = (k: number) => `${k === 1 ? "events" : "survivors"} in interval ${j}`;
    const filled = withPseudoCount([Math.max(0, atRisk - events), events], column, name);
    warnings.push(...filled.warnings);
    return filled.counts;
  });
  const kind: Optimum["kind"] = warnings.length > 0 ? "boundary" : "closed form";
  return { pairs, kind, warnings };
}

export const entropyOfTable = [
  "sum_j n_j Hb(d_j / n_j) / N,  d events and n rows at risk in interval j",
  tex`L^*=\frac1N\sum_j n_j H_b\left(\tfrac{d_j}{n_j}\right)`,
] as const;
