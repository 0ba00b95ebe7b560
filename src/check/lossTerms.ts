import { InputError } from "../errors.ts";
import { bind } from "../heads/bind.ts";
import { type Head, linkOf } from "../heads/head.ts";
import { findHead } from "../heads/index.ts";
import { sigmoidLink, softmaxLink } from "../heads/links.ts";
import type { Options } from "../heads/options.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import { summarizeBinary, summarizeNumbers } from "../labels/summarize.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { classTerms, clipTerms, focal, uneven, zeroOfClasses } from "./classTerms.ts";
import { contrastiveTerms } from "./contrastiveTerms.ts";
import { headTerms } from "./headTerms.ts";
import { exact, type LossFacts, type LossTerm, start, startsHigh } from "./lossTerm.ts";
import { isOpen, reducedTerms } from "./reducedTerms.ts";
import { usualClasses } from "./usualSizes.ts";

/** Everything that may give a loss number, as far as the facts allow: terms of the likely heads, by each reduction. */
export function lossTerms(facts: LossFacts): LossTerm[] {
  const terms = likelyHeads(facts).flatMap(({ name, options, share }) =>
    weighted(termsOf(findHead(name).head, options, facts), share),
  );
  if (facts.head === undefined && facts.classes === undefined && facts.labels === undefined) {
    terms.push(...weighted(contrastiveTerms(facts), 0.05));
  }
  const finite = [...terms, ...always].filter(({ value }) => Number.isFinite(value));
  return [...finite, ...reducedTerms(finite, facts), ...finite.flatMap(negated)];
}

/** A head that the program may use, and how likely: the given one, or those that fit the labels. */
interface LikelyHead {
  readonly name: string;
  readonly options: Options;
  readonly share: number;
}

function likelyHeads({
  head,
  options = {},
  labels,
  classes,
  labelsPerRow,
  ...facts
}: LossFacts): LikelyHead[] {
  const named = (name: string, share: number): LikelyHead => ({ name, options: {}, share });
  if (head !== undefined) {
    const found = typeof head === "string" ? findHead(head) : { head, options: {} };
    return [{ name: found.head.name, options: { ...found.options, ...options }, share: 1 }];
  }
  const only = (name: string) => [{ name, options, share: 1 }];
  if (labels?.kind === "classes" || classes !== undefined) return only("softmax");
  if (labels?.kind === "binary" || labelsPerRow !== undefined) return only("sigmoid");
  const { targetMean, targetVariance } = facts;
  if (labels?.kind === "numbers" || targetMean !== undefined || targetVariance !== undefined) {
    return [named("squared-error", 0.8), named("absolute-error", 0.2)];
  }
  return [
    named("softmax", 0.55),
    named("sigmoid", 0.25),
    named("squared-error", 0.1),
    named("info-nce", 0.05),
  ];
}

const weighted = (terms: readonly LossTerm[], share: number): LossTerm[] =>
  terms.map((term) => ({ ...term, weight: term.weight * share }));

/** Terms that need no fact: a softmax over one output. */
const always: readonly LossTerm[] = [
  {
    name: "a single output",
    cause: "wrong activation",
    formula: "ln 1",
    what: "a softmax over a single output, or rows that are all left out: the loss is 0 whatever the network does",
    value: 0,
    shape: exact,
    weight: 0.3,
    fix: "use sigmoid and binary cross-entropy for one output; look whether a mask leaves any rows",
  },
];

function termsOf(head: Head, options: Options, facts: LossFacts): LossTerm[] {
  if (head.reads === "classes" && facts.labels === undefined && facts.classes === undefined) {
    return unknownClasses();
  }
  const labels = facts.labels ?? standIn(head, facts);
  if (head.reads !== "nothing" && labels === undefined) return unknownTargets(head);
  const isKnown = facts.labels !== undefined || hasMoments(head, facts);
  const bound = bind(head, labels, optionsFor(head, options, facts));
  const link = linkOf(head, bound.cellOptions[0]);
  const [column] = bound.columns;
  const frequencies = Array.from(column.weights, (w) => w / column.weight);
  const terms = headTerms({ bound, options: optionsFor(head, options, facts), summary: labels, isKnown });
  if (link === softmaxLink) {
    terms.push(...classTerms(bound.outputs, isKnown ? frequencies : undefined));
    terms.push(...clipTerms(frequencies, false));
  }
  if (link === sigmoidLink) terms.push(...binaryTerms(isKnown), ...clipTerms(frequencies, true));
  if (head.name === "info-nce") terms.push(...contrastiveTerms(facts));
  if (head.family === "regression" && !isKnown) terms.push(...unknownTargets(head));
  if (isKnown) terms.push(...belowLeast(terms));
  return terms;
}

/** Losses of pairs read the batch: their number of candidates is that of the rows, unless an option says otherwise. */
function optionsFor(head: Head, options: Options, { batchSize, devices = 1 }: LossFacts): Options {
  const of = ["candidates", "pairs"].find((name) => name in head.options && options[name] === undefined);
  return of && batchSize !== undefined && batchSize > 1 ? { ...options, [of]: batchSize * devices } : options;
}

const hasMoments = (head: Head, { targetVariance }: LossFacts) =>
  head.reads === "numbers" && targetVariance !== undefined;

/** Labels that stand in for unknown ones: even classes; for a squared error, two targets with the stated moments. */
function standIn(head: Head, facts: LossFacts): LabelSummary | undefined {
  const { classes = 2, labelsPerRow = 1, targetMean = 0, targetVariance } = facts;
  if (head.reads === "classes") return fromCounts(new Float64Array(classes).fill(1));
  if (head.reads === "binary")
    return summarizeBinary([new Array(labelsPerRow).fill(0), new Array(labelsPerRow).fill(1)]);
  if (!hasMoments(head, facts)) return undefined;
  const deviation = Math.sqrt(targetVariance!);
  return summarizeNumbers([targetMean - deviation, targetMean + deviation]);
}

/** The number of classes is not known: the usual ones, each with what follows from it alone. */
function unknownClasses(): LossTerm[] {
  const total = usualClasses.reduce((sum, { weight }) => sum + weight, 0);
  const known = usualClasses.flatMap(({ size, what, weight }) => {
    const zero = zeroOfClasses(size, what);
    const terms = [zero, startsHigh(zero), ...classTerms(size, undefined), ...clipTerms([1 / size], false)];
    const own = terms.filter(({ shape, formula }) => shape.kind !== "range" && !isShareless(formula));
    return weighted(own, weight / total);
  });
  return [...known, ...clipTerms([], false), uneven(Math.log(1000), "ln 1000")];
}

/** Whether a clip's formula is that of all rows, which does not depend on the number of classes. */
const isShareless = (formula: string) => /^(-ln 1|\d+ ln 2$|100$)/.test(formula);

function binaryTerms(isKnown: boolean): LossTerm[] {
  const ofTwo: LossTerm = {
    name: "losses added",
    formula: "2 ln 2",
    what: "two binary cross-entropies of predictions near one half added: a GAN's discriminator, or two yes/no outputs",
    value: 2 * Math.LN2,
    shape: start,
    weight: 0.06,
    fix: "nothing is wrong: print the two losses apart to compare each with ln 2",
  };
  const halves = focal(Math.LN2 / 4, "ln 2 / 4");
  return [ofTwo, labelsAbove1, halves, ...(isKnown ? [] : [uneven(Math.LN2, "ln 2")])];
}

/** A binary cross-entropy of labels from 0 to 1 is never negative. */
const labelsAbove1: LossTerm = {
  name: "labels outside 0 to 1",
  cause: "wrong link",
  formula: "-y log p - (1 - y) log(1 - p) with y above 1",
  what: "a binary cross-entropy of class indices or other labels above 1: it has no lower bound",
  value: -1e6,
  shape: { kind: "range", low: 1e-3 },
  weight: 0.1,
  fix: "give labels of 0 and 1, or use a softmax with one output per class for class indices",
};

/** A regression of which nothing is known: a squared error is as large as the targets' squares. */
function unknownTargets(head: Head): LossTerm[] {
  if (head.family !== "regression") return [];
  return [
    {
      name: "targets not standardised",
      cause: "target not standardised",
      formula: "mean y^2",
      what: "a loss on the targets' own scale: outputs near 0 where targets are far from it",
      value: 1e12,
      shape: { kind: "range", low: 3 },
      weight: 0.7,
      fix: "train on (y - mean) / standard deviation, or set the bias to the mean; --target-mean and --target-variance tell how much each adds",
    },
    {
      name: "start at zero",
      formula: "1",
      what: "standardised targets and outputs near 0: the loss is their variance",
      value: 1,
      shape: start,
      weight: 0.3,
      fix: "nothing is wrong",
    },
  ];
}

/** A loss that no constant output reaches: the network has learned, or sees the labels. */
function belowLeast(terms: readonly LossTerm[]): LossTerm[] {
  const least = terms.find(({ name }) => name === "start at the label frequencies");
  if (least === undefined || !(least.value > 0)) return [];
  return [
    {
      name: "below the least loss",
      cause: "trained already",
      formula: `below ${least.formula}`,
      what: "no network without information about its inputs gets so low: it has learned something, or sees the labels",
      value: least.value * 0.97,
      shape: { kind: "range", low: 0.02 * least.value },
      weight: 0.1,
      fix: "report the loss before the first step; if this is it, look for the labels among the inputs",
    },
  ];
}

function negated(term: LossTerm): LossTerm[] {
  if (term.value <= 0 || isOpen(term)) return [];
  return [
    {
      ...term,
      name: "wrong sign",
      cause: "wrong sign",
      formula: `-(${term.formula})`,
      what: `minus the loss: ${term.what}`,
      value: -term.value,
      weight: term.weight * 0.2,
      fix: "minimise the loss, not its negative: drop the minus sign (or maximise the log-likelihood)",
    },
  ];
}

/** @throws InputError on facts that are out of their range */
export function checkFacts(facts: LossFacts): void {
  const whole = ["classes", "labelsPerRow", "batchSize", "accumulate", "devices", "places"] as const;
  for (const name of whole) {
    const value = facts[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw new InputError(`invalid ${name}: ${value}; allowed: a whole number of at least 1`);
    }
  }
  if (facts.options !== undefined && Object.keys(facts.options).length > 0 && likelyHeads(facts).length > 1) {
    throw new InputError("options of a loss without the loss; give it too, as in --loss softmax");
  }
  const { leftOut, targetVariance, targetMean, labels, classes } = facts;
  if (leftOut !== undefined && !(leftOut >= 0 && leftOut < 1)) {
    throw new InputError(`invalid leftOut: ${leftOut}; allowed: a share from 0 to below 1`);
  }
  if (targetVariance !== undefined && !(targetVariance >= 0 && targetVariance < Infinity)) {
    throw new InputError(`invalid targetVariance: ${targetVariance}; allowed: a finite number of at least 0`);
  }
  if (targetMean !== undefined && !Number.isFinite(targetMean)) {
    throw new InputError(`invalid targetMean: ${targetMean}; allowed: a finite number`);
  }
  if (labels?.kind === "classes" && classes !== undefined && labels.counts.length !== classes) {
    throw new InputError(
      `${classes} classes, but counts of ${labels.counts.length}; leave the number of classes out, or make them agree`,
    );
  }
}
