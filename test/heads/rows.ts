import type { Head, Label } from "../../src/heads/head.ts";
import type { Interval, OptionSpec, Options } from "../../src/heads/options.ts";
import type { LabelSummary } from "../../src/labels/summary.ts";
import type { SeededRandom } from "../../src/math/seededRandom.ts";

/** Labels as rows, with their weights, and the summary of the same, made here in the plainest way. */
export interface Rows {
  readonly labels: readonly Label[];
  readonly weights: readonly number[];
  readonly summary: LabelSummary;
}

const add = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

export function classRows(labels: readonly number[], weights: readonly number[], classes: number): Rows {
  const counts = new Float64Array(classes);
  labels.forEach((label, i) => {
    counts[label] += weights[i];
  });
  const summary = {
    kind: "classes",
    counts,
    rows: labels.length,
    ignored: 0,
    labelEntropy: 0,
    labelSquares: add(weights as number[]),
  } as const;
  return { labels, weights, summary };
}

export function binaryRows(labels: readonly (readonly number[])[], weights: readonly number[]): Rows {
  const column = (of: (y: number) => number) =>
    Float64Array.from(labels[0], (_, j) => add(labels.map((row, i) => weights[i] * of(row[j]))));
  return {
    labels,
    weights,
    summary: {
      kind: "binary",
      positives: column((y) => y),
      squares: column((y) => y * y),
      totals: column(() => 1),
      rows: labels.length,
    },
  };
}

export function numberRows(labels: readonly (readonly number[])[], weights: readonly number[]): Rows {
  const total = add(weights as number[]);
  const columns = labels[0].map((_, j) => {
    const values = [...new Set(labels.map((row) => row[j]))].sort((a, b) => a - b);
    const mean = add(labels.map((row, i) => weights[i] * row[j])) / total;
    return {
      values: Float64Array.from(values),
      weights: Float64Array.from(values, (value) =>
        add(labels.map((row, i) => (row[j] === value ? weights[i] : 0))),
      ),
      weight: total,
      mean,
      variance: add(labels.map((row, i) => weights[i] * (row[j] - mean) ** 2)) / total,
      exact: true,
      rankError: 0,
    };
  });
  const lengths = labels.map((row) => Math.hypot(...row) || 1);
  const meanDirection = Float64Array.from(
    labels[0],
    (_, j) => add(labels.map((row, i) => (weights[i] * row[j]) / lengths[i])) / total,
  );
  return { labels, weights, summary: { kind: "numbers", columns, rows: labels.length, meanDirection } };
}

export function survivalRows(
  labels: readonly (readonly [time: number, event: number])[],
  weights: readonly number[],
): Rows {
  const times = [...new Set(labels.map(([time]) => time))].sort((a, b) => a - b);
  const at = (wanted: number) =>
    Float64Array.from(times, (t) =>
      add(labels.map(([time, event], i) => (time === t && event === wanted ? weights[i] : 0))),
    );
  return {
    labels,
    weights,
    summary: {
      kind: "survival",
      times: Float64Array.from(times),
      events: at(1),
      censored: at(0),
      rows: labels.length,
    },
  };
}

/** Rows of given labels, summarised as the head reads them. */
export function rowsOf(
  head: Head,
  labels: readonly Label[],
  weights: readonly number[],
  classes: number,
): Rows {
  switch (head.reads) {
    case "classes":
      return classRows(labels as number[], weights, classes);
    case "binary":
      return binaryRows(labels as number[][], weights);
    case "survival":
      return survivalRows(labels as [number, number][], weights);
    case "nothing":
      return { labels, weights, summary: classRows([0], [1], 1).summary };
    default:
      return numberRows(labels as number[][], weights);
  }
}

/** Random rows that a head takes: with ties, uneven weights, absent classes, and extreme sizes now and then. */
export function randomRows(head: Head, random: SeededRandom): Rows {
  const n = 1 + random.integer(30);
  const many = <T>(draw: () => T) => Array.from({ length: n }, draw);
  const weights = pick(random, [
    () => many(() => 1),
    () => many(() => 1 + random.integer(4)),
    () => many(() => 0.01 + 3 * random.uniform()),
  ]);
  switch (head.reads) {
    case "classes": {
      const classes = 2 + random.integer(4);
      const skew = pick(random, [() => 1, () => 3]);
      return classRows(
        many(() => Math.floor(classes * random.uniform() ** skew)),
        weights,
        classes,
      );
    }
    case "binary": {
      const columns = 1 + random.integer(3);
      const share = pick(random, [() => 0.5, () => 0.1, () => 0.9]);
      return binaryRows(
        many(() => Array.from({ length: columns }, () => +(random.uniform() < share))),
        weights,
      );
    }
    case "directions":
      return numberRows(
        many(() => [random.normal(), random.normal(), 1 + random.normal()]),
        weights,
      );
    case "survival":
      return survivalRows(
        many(() => [0.5 * (1 + random.integer(8)), +(random.uniform() < 0.7)] as const),
        weights,
      );
    case "numbers": {
      const columns = 1 + random.integer(2);
      const draw = pick(
        random,
        numberDraws(head.domain, random).map((f) => () => f),
      );
      return numberRows(
        many(() => Array.from({ length: columns }, draw)),
        weights,
      );
    }
    default:
      return { labels: [0], weights: [1], summary: classRows([0], [1], 1).summary };
  }
}

const pick = <T>(random: SeededRandom, choices: readonly (() => T)[]): T =>
  choices[random.integer(choices.length)]();

/** Ways to draw a number of a domain: spread out, with ties, skewed, large and small. */
function numberDraws({ low, openLow, integer }: Interval, random: SeededRandom): (() => number)[] {
  const skewed = () => -Math.log(1 - random.uniform());
  if (integer)
    return [() => random.integer(5), () => random.integer(300), () => Math.floor(20 * skewed() ** 2)];
  if (low === 0) {
    const least = openLow ? 0.001 : 0;
    return [
      () => least + skewed(),
      () => least + random.integer(4),
      () => least + 1e5 * skewed(),
      () => least + 1e-3 * random.uniform(),
    ];
  }
  return [
    random.normal,
    () => random.integer(4) - 2,
    () => 1e4 * random.normal() + 3e4,
    () => 1e-3 * random.normal(),
    skewed,
  ];
}

/** Options of a head drawn at random from their description; each is left out half of the time. */
export function randomOptions(head: Head, random: SeededRandom, classes: number): Options {
  const given = Object.entries(head.options).filter(() => random.uniform() < 0.5);
  return Object.fromEntries(given.map(([name, spec]) => [name, randomOption(spec, random, classes)]));
}

function randomOption(spec: OptionSpec, random: SeededRandom, classes: number) {
  if (spec.type === "choice") return spec.choices[random.integer(spec.choices.length)];
  if (spec.type === "number") return inRange(spec, random);
  if (spec.balanced && random.uniform() < 0.3) return "balanced";
  if (spec.per === "column") return [0.2 + 3 * random.uniform()];
  return Array.from({ length: classes }, () => 0.2 + 3 * random.uniform());
}

function inRange(
  { range: { low, high, integer }, default: standard }: { range: Interval; default: number },
  random: SeededRandom,
) {
  if (integer) return standard === 0 ? 0 : Math.max(low, 1 + random.integer(4));
  if (low === -1 && high === 1) return random.uniform();
  const top = Math.min(high, Math.max(3 * Math.abs(standard), low + 1));
  const bottom = Number.isFinite(low) ? low : 0;
  return bottom + (top - bottom) * (0.05 + 0.9 * random.uniform());
}

/** The summary of one column of so many yeses and noes. */
export const yesNo = (yes: number, no: number) =>
  ({
    kind: "binary",
    positives: Float64Array.of(yes),
    squares: Float64Array.of(yes),
    totals: Float64Array.of(yes + no),
    rows: yes + no,
  }) as const;
