import { type LossSizes, lossReductions, type Reduction } from "./lossReductions.ts";
import type { LossFacts, LossTerm } from "./lossTerm.ts";
import { usualRows } from "./usualSizes.ts";

/** How often each divisor is met, of terms by the right one; a stated size is likelier to play a part. */
const weights: Record<Reduction["name"], number> = {
  "sum over places": 0.1,
  "sum over rows": 0.1,
  "divided by outputs": 0.01,
  "divided by rows twice": 0.03,
  "sum over columns": 0.08,
  "divided by columns": 0.03,
  "logarithms to base 2": 0.03,
  "logarithms to base 10": 0.01,
  "not divided by micro-batches": 0.1,
  "divided by micro-batches twice": 0.03,
  "sum over devices": 0.08,
  "divided by devices twice": 0.03,
  "padding in the divisor": 0.1,
};

/** Combinations that are rarer than this are left out: even an exact match of six digits would not make one likely. */
const minWeight = 1e-6;

/** All guesses at one unknown size together are as likely as this. */
const guessShare = 0.5;

/** Number of outputs that a sum over columns is tried with where it is not known. */
const usualColumns: readonly number[] = [10, 20, 80, 784, 3072];

/** Terms by every other divisor: by each alone, and by each two that are known. */
export function reducedTerms(terms: readonly LossTerm[], facts: LossFacts): LossTerm[] {
  const single = reductionsOf(facts);
  const known = single.filter(({ isGuess }) => !isGuess);
  const pairs = known.flatMap((a, i) =>
    known.slice(i + 1).flatMap((b) => (size(a) === size(b) ? [] : [both(a, b)])),
  );
  const isBinary = ({ value }: LossTerm) => Math.abs(value - Math.LN2) < 1e-9;
  const needColumns = facts.labelsPerRow === undefined && facts.classes === undefined;
  return terms
    .filter((term) => term.value !== 0 && !isOpen(term) && term.name !== "perplexity")
    .flatMap((term) =>
      [...single, ...pairs, ...(needColumns && isBinary(term) ? sumsOverColumns : [])]
        .filter(({ weight }) => term.weight * weight >= minWeight)
        .map((reduction) => reduced(term, reduction)),
    );
}

/** Whether a term allows so many losses that to multiply it explains anything. */
export const isOpen = ({ shape }: LossTerm) => shape.kind === "range" || shape.kind === "large";

type Weighted = Reduction & { readonly weight: number; readonly times: string };

const size = ({ name }: Reduction) => name.split(" ").at(-1);

function reductionsOf(facts: LossFacts): Weighted[] {
  const { batchSize, accumulate, devices, places, labelsPerRow, classes, leftOut } = facts;
  const all = lossReductions({
    rows: batchSize,
    accumulate,
    devices,
    placesPerInput: places,
    leftOut,
    outputs: classes,
    columns: labelsPerRow ?? classes,
  });
  const guesses = all.filter(({ isGuess }) => isGuess).length;
  return [
    ...all.map((r) => withWeight(r, r.isGuess ? guesses / 2 : undefined)),
    ...(batchSize === undefined
      ? usualRows.flatMap((rows) => guessed({ rows }, "sum over rows", usualRows.length))
      : []),
  ];
}

const guessed = (sizes: LossSizes, name: Reduction["name"], tried: number): Weighted[] =>
  lossReductions(sizes)
    .filter((r) => r.name === name)
    .map((r) => ({ ...withWeight(r, tried), isGuess: true as const }));

/** @param tried how many sizes are tried, where it is a guess */
function withWeight(reduction: Reduction, tried: number | undefined): Weighted {
  const { name, factor } = reduction;
  const weight = weights[name] * (tried === undefined ? 1 : guessShare / tried);
  const inverse = Number((1 / factor).toPrecision(6));
  const times =
    name === "logarithms to base 2"
      ? " / ln 2"
      : name === "logarithms to base 10"
        ? " / ln 10"
        : factor > 1
          ? ` x ${Number(factor.toPrecision(6))}`
          : name === "padding in the divisor"
            ? ` x ${Number(factor.toPrecision(4))}`
            : ` / ${inverse}`;
  return { ...reduction, weight, times };
}

const both = (a: Weighted, b: Weighted): Weighted => ({
  name: a.weight <= b.weight ? a.name : b.name,
  factor: a.factor * b.factor,
  equals: `${a.equals}, and ${b.equals}`,
  fix: a.fix === b.fix ? a.fix : `${a.fix}; ${b.fix}`,
  weight: a.weight * b.weight,
  times: a.times + b.times,
});

const sumsOverColumns: readonly Weighted[] = usualColumns.flatMap((columns) =>
  guessed({ columns }, "sum over columns", usualColumns.length),
);

function reduced(term: LossTerm, { name, factor, equals, fix, weight, times }: Weighted): LossTerm {
  const inner = /[ ]/.test(term.formula) && !/^ln \d+$|^-ln [\d.e-]+$/.test(term.formula);
  return {
    ...term,
    name,
    cause: name === "padding in the divisor" ? "padding counted" : "wrong reduction",
    formula: `${inner ? `(${term.formula})` : term.formula}${times}`,
    what: `${equals}, of ${term.formula}: ${term.what}`,
    value: term.value * factor,
    weight: term.weight * weight,
    fix,
  };
}
