import { type BoundHead, bind, cellOutput } from "../heads/bind.ts";
import { type LabelForm, linkOf } from "../heads/head.ts";
import type { Options } from "../heads/options.ts";
import { optimalOutput } from "../heads/solve.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { sum } from "../math/sum.ts";
import { type LossMistake, lossMistakes, smoothingMistakes } from "./lossMistakes.ts";
import { exact, type LossTerm, start, startsHigh } from "./lossTerm.ts";

/** A head with its options on the labels as far as they are known. */
export interface KnownHead {
  readonly bound: BoundHead;
  readonly options: Options;
  readonly summary: LabelSummary | undefined;
  /** Whether `summary` is that of the real labels, rather than of even ones that stand in. */
  readonly isKnown: boolean;
}

/** Beyond so many classes, mistakes are computed at outputs of 0 alone, where all labels are alike: else they cost K². */
const maxClasses = 1000;

/** The losses of a head at outputs of 0 and at the optimum, as they should be and by each mistake. */
export function headTerms(known: KnownHead): LossTerm[] {
  const { bound, isKnown } = known;
  const { head } = bound;
  const zero = new Float64Array(bound.outputs);
  if (head.none) return head.expected ? [startTerm(bound, bound.expectedLoss(zero), "no signal")] : [];
  const optimum = isKnown ? optimalOutput(bound) : undefined;
  const right = [
    startTerm(bound, bound.expectedLoss(zero), "outputs of 0"),
    ...(optimum ? [atOptimum(bound, bound.expectedLoss(optimum))] : []),
  ];
  const mistakes = [
    ...mistakesAt(bound, zero, "outputs of 0"),
    ...(optimum && bound.outputs <= maxClasses ? mistakesAt(bound, optimum, "the optimal bias") : []),
    ...(optimum ? [...smoothed(known), ...otherDivisor(known)] : []),
  ];
  // a mistake that changes nothing here explains nothing
  const changes = ({ value }: LossTerm) => right.every((term) => Math.abs(term.value - value) > 1e-6);
  return [...right, startsHigh(right[0]), ...mistakes.filter(changes), ...leastOfSmoothing(bound)];
}

const startTerm = ({ head, outputs }: BoundHead, value: number, where: string): LossTerm => ({
  name: "start at zero",
  formula: zeroFormula(head.name, outputs),
  what: `the ${head.name} loss at ${where}, as before training`,
  value,
  ...(head.name === "softmax" && { classes: outputs }),
  shape: start,
  weight: 1,
  fix: "nothing is wrong; if labels are uneven, a better start exists (baserate solve)",
});

const zeroFormula = (name: string, outputs: number) =>
  name === "softmax" ? `ln ${outputs}` : name === "sigmoid" ? "ln 2" : `${name} at 0`;

const bestFormula = (reads: LabelForm, name: string) =>
  reads === "classes" || reads === "binary" ? "entropy of the labels" : `${name} at its optimum`;

const atOptimum = ({ head }: BoundHead, value: number): LossTerm => ({
  name: "start at the label frequencies",
  formula: bestFormula(head.reads, head.name),
  what: "the loss of the best constant output: the bias is set to the labels, or training has reached it",
  value,
  shape: start,
  weight: 0.5,
  fix: "nothing is wrong; if it stays there, the network sees nothing in its inputs",
});

function mistakesAt(bound: BoundHead, output: ArrayLike<number>, where: string): LossTerm[] {
  return lossMistakes(bound.head, linkOf(bound.head, bound.cellOptions[0])).map(
    ({ cause, equals, fix, loss }) => ({
      name: "another loss",
      cause,
      formula: `${equals}, at ${where}`,
      what: equals,
      value: meanOverLabels(bound, output, loss),
      shape: start,
      weight: 0.02,
      fix,
    }),
  );
}

/** The mean over the labels of a mistake's loss at a constant output: each column apart, as its cells are averaged. */
function meanOverLabels(bound: BoundHead, output: ArrayLike<number>, loss: LossMistake["loss"]): number {
  const isAlike = bound.head.reads === "classes" && Array.from(output).every((z) => z === output[0]);
  const means = bound.columns.map(({ labels, weights, weight }, j) => {
    const z = cellOutput(bound, output, j);
    if (isAlike) return loss(z, [0]);
    const losses = Array.from({ length: labels.length }, (_, i) =>
      weights[i] > 0 ? weights[i] * loss(z, [labels[i] as number]) : 0,
    );
    return sum(losses) / weight;
  });
  return sum(means) / means.length;
}

function smoothed({ bound, options, summary }: KnownHead): LossTerm[] {
  return smoothingMistakes(bound.head, options).map(({ options: other, ...mistake }) => {
    const changed = bind(bound.head, summary, other);
    return {
      name: "label smoothing",
      cause: mistake.cause,
      formula: `${bestFormula(bound.head.reads, bound.head.name)} with label smoothing ${other.labelSmoothing}`,
      what: mistake.equals,
      value: changed.expectedLoss(optimalOutput(changed)),
      shape: start,
      weight: 0.02,
      fix: mistake.fix,
    };
  });
}

/** With class weights, the sum over rows divided by the rows where it should be by their weights, or the other way round. */
function otherDivisor({ bound, options, summary }: KnownHead): LossTerm[] {
  const { head } = bound;
  const stated = bound.options.reduction;
  if (head.rowWeight === undefined || stated === "sum") return [];
  const reduction = stated === "mean" ? "rows" : "mean";
  const changed = bind(head, summary, { ...options, reduction });
  const divisor = reduction === "mean" ? "the sum of the class weights" : "the number of rows";
  return [new Float64Array(bound.outputs), optimalOutput(changed)].map((output, i) => ({
    name: "divided by the other weights",
    cause: "wrong reduction",
    formula: `the weighted loss over ${divisor}${i === 0 ? ", at outputs of 0" : ""}`,
    what: `the sum of the weighted losses divided by ${divisor}, as ${reduction === "mean" ? "PyTorch does for class indices" : "Keras does"}`,
    value: changed.expectedLoss(output),
    shape: start,
    weight: 0.05,
    fix: `state how your program divides: --reduction ${reduction}`,
  }));
}

/** The least loss that label smoothing e leaves, where every prediction is right: the entropy of a smoothed label. */
function leastOfSmoothing({ head, outputs, options }: BoundHead): LossTerm[] {
  if (head.name !== "softmax") return [];
  const stated = Number(options.labelSmoothing);
  return (stated > 0 ? [stated] : [0.1]).map((e) => {
    const [right, wrong] = [1 - e + e / outputs, e / outputs];
    return {
      name: "label smoothing",
      formula: `entropy of a label smoothed by ${e}`,
      what: `the least loss that label smoothing of ${e} leaves: all predictions are right`,
      value: -right * Math.log(right) - (outputs - 1) * wrong * Math.log(wrong),
      shape: exact,
      weight: stated > 0 ? 0.1 : 0.02,
      fix: "nothing is wrong: compare without label smoothing, as for validation",
    };
  });
}
