import { InputError } from "../errors.ts";
import type {
  BinarySummary,
  ClassSummary,
  LabelSummary,
  NumberSummary,
  SurvivalSummary,
} from "../labels/summary.ts";
import { sum } from "../math/sum.ts";
import type { Head, Label, LabelColumn, LabelForm } from "./head.ts";
import { rangeText, within } from "./options.ts";

type BareColumn = Omit<LabelColumn, "pseudoCount">;

const wanted: Record<LabelForm, string> = {
  classes: "one class per row",
  binary: "yes/no labels",
  numbers: "numbers",
  directions: "rows of numbers",
  survival: "times, each with an event or censored",
  nothing: "no labels",
};

/**
 * A summary as the columns that the cells of a head read, checked against the domain of the head. Conversions that lose
 * nothing are made silently: two classes to one yes/no column and back, K > 2 classes to K one-hot columns, yes/no labels to
 * the numbers 0 and 1.
 *
 * @throws InputError on labels of another kind, outside the head's domain, none at all, or of zero total weight
 */
export function columnsOf(head: Head, summary: LabelSummary | undefined, pseudoCount: number): LabelColumn[] {
  const columns = head.reads === "nothing" ? [noLabels] : summary && readers[head.reads](summary);
  if (columns === undefined) {
    throw new InputError(
      `invalid labels for ${head.name}: ${summary?.kind ?? "none"}; expected ${wanted[head.reads]} (kind: ${head.reads})`,
    );
  }
  const finished = columns.map((column) => ({ ...column, pseudoCount }));
  for (const column of finished) checkColumn(head, column);
  return finished;
}

const readers: Record<Exclude<LabelForm, "nothing">, (summary: LabelSummary) => BareColumn[] | undefined> = {
  classes(summary) {
    if (summary.kind === "classes") return [classColumn(summary)];
    return summary.kind === "binary" && summary.totals.length === 1 ? [twoClasses(summary)] : undefined;
  },
  binary(summary) {
    if (summary.kind === "classes") return oneHotColumns(summary);
    return summary.kind === "binary" ? binaryColumns(summary) : undefined;
  },
  numbers(summary) {
    if (summary.kind === "binary") return binaryColumns(summary);
    return summary.kind === "numbers" ? numberColumns(summary) : undefined;
  },
  directions: (summary) => (summary.kind === "numbers" ? [directionColumn(summary)] : undefined),
  survival: (summary) => (summary.kind === "survival" ? [survivalColumn(summary)] : undefined),
};

const noLabels: BareColumn = {
  labels: [0],
  weights: [1],
  weight: 1,
  rows: 1,
  mean: 0,
  variance: 0,
  squares: 0,
  labelEntropy: 0,
  distributions: false,
  place: "labels",
};

function classColumn({
  counts,
  rows,
  labelEntropy,
  labelSquares,
  distributions = false,
  names,
}: ClassSummary): BareColumn {
  const weight = sum(counts);
  return {
    ...noLabels,
    labels: Array.from(counts, (_, k) => k),
    weights: counts,
    weight,
    rows,
    squares: labelSquares / weight,
    labelEntropy: labelEntropy / weight,
    distributions,
    place: "class",
    classNames: names,
  };
}

function twoClasses({ positives, squares, totals, rows, names }: BinarySummary): BareColumn {
  const [yes, no] = [positives[0], totals[0] - positives[0]];
  return {
    ...noLabels,
    labels: [0, 1],
    weights: [no, yes],
    weight: totals[0],
    rows,
    // Σ y² + (1 − y)² over the rows, which is the weight for hard labels
    squares: (totals[0] - 2 * positives[0] + 2 * squares[0]) / totals[0],
    place: names?.[0] ?? "class",
  };
}

function yesNo(yes: number, weight: number, squares: number, rows: number, place: string): BareColumn {
  const mean = yes / weight;
  return {
    ...noLabels,
    labels: [0, 1],
    weights: [weight - yes, yes],
    weight,
    rows,
    mean,
    variance: Math.max(0, squares / weight - mean * mean),
    squares: squares / weight,
    place,
  };
}

const binaryColumns = ({ positives, squares, totals, rows, names }: BinarySummary) =>
  Array.from(positives, (yes, j) => yesNo(yes, totals[j], squares[j], rows, names?.[j] ?? `column ${j}`));

/** Two classes are one yes/no column (class 1 is yes); more are one column each. */
function oneHotColumns({ counts, rows, names }: ClassSummary): BareColumn[] {
  const weight = sum(counts);
  const columns = Array.from(counts, (yes, k) => yesNo(yes, weight, yes, rows, names?.[k] ?? `class ${k}`));
  return columns.length === 2 ? [columns[1]] : columns;
}

const numberColumns = ({ columns, rows, names }: NumberSummary): BareColumn[] =>
  columns.map(({ values, weights, weight, mean, variance }, j) => ({
    ...noLabels,
    labels: values,
    weights,
    weight,
    rows,
    mean,
    variance,
    squares: variance + mean * mean,
    place: names?.[j] ?? `column ${j}`,
  }));

/** A single label, the mean direction: losses of directions are linear in it. */
function directionColumn({ meanDirection, columns, rows }: NumberSummary): BareColumn {
  const weight = columns[0].weight;
  return { ...noLabels, labels: [meanDirection], weights: [weight], weight, rows, place: "rows" };
}

/** Labels [time, event], those with an event first at each time. */
function survivalColumn({ times, events, censored, rows }: SurvivalSummary): BareColumn {
  const labels: Label[] = [];
  const weights: number[] = [];
  for (let t = 0; t < times.length; t++) {
    if (events[t] > 0) {
      labels.push([times[t], 1]);
      weights.push(events[t]);
    }
    if (censored[t] > 0) {
      labels.push([times[t], 0]);
      weights.push(censored[t]);
    }
  }
  return { ...noLabels, labels, weights, weight: sum(weights), rows, place: "times" };
}

function checkColumn(head: Head, column: LabelColumn): void {
  const { labels, weights, weight, place } = column;
  if (labels.length === 0) throw new InputError(`no labels in ${place}; ${head.name} needs at least one row`);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (typeof label === "number" && weights[i] !== 0 && !within(label, head.domain)) {
      throw new InputError(
        `invalid label in ${place}: ${label}; ${head.name} expects ${rangeText(head.domain)}`,
      );
    }
    if (!(weights[i] >= 0)) {
      throw new InputError(
        `invalid weight of label ${label} in ${place}: ${weights[i]}; weights are 0 or more`,
      );
    }
  }
  if (!(weight > 0 && Number.isFinite(weight))) {
    throw new InputError(`invalid total weight of ${place}: ${weight}; expected a positive sum of weights`);
  }
}
