import { lossClips } from "./lossClips.ts";
import { exact, type LossTerm, sampled, start } from "./lossTerm.ts";

const share = (p: number) => `${Number((100 * p).toPrecision(3))} %`;
const grouped = (n: number) => String(n);

const setBias =
  "nothing is wrong; if classes are uneven, start the bias at their log-frequencies (baserate solve --counts)";
const logits =
  "pass raw outputs to the loss (from_logits=True, BCEWithLogitsLoss), scale the inputs, and lower the learning rate if the loss got there by training";
const onlyOnce = "pass raw outputs to the loss: remove the softmax of the last layer";

/** What the classes are, where their frequencies are not told, and what follows from their number alone. */
export function classTerms(classes: number, frequencies: readonly number[] | undefined): LossTerm[] {
  const even = Math.log(classes);
  return [
    ...neighbours(classes),
    ...softmaxTwice(classes, frequencies),
    ...(frequencies ? [] : [uneven(even, `ln ${grouped(classes)}`)]),
    {
      name: "perplexity",
      formula: `${grouped(classes)}`,
      what: `the perplexity, e to the loss, of ${grouped(classes)} classes taken as equally probable`,
      value: classes,
      shape: start,
      weight: 0.01,
      fix: "nothing is wrong: the logarithm of this number is the loss",
    },
    {
      name: "losses added",
      formula: `ln ${grouped(classes)} + ln 2`,
      what: "two losses added: a softmax and a yes/no output (BERT: masked words and next sentence)",
      value: even + Math.LN2,
      shape: start,
      weight: classes > 10_000 ? 0.05 : 0.02,
      fix: "nothing is wrong: print the two losses apart to compare each with its own start",
    },
    ...auxiliary(classes, even),
    focal((1 - 1 / classes) ** 2 * even, `(1 - 1/${classes})^2 ln ${classes}`),
    {
      name: "another loss",
      cause: "wrong loss",
      formula: `${grouped(classes)} - 1`,
      what: "the multi-class hinge loss with margin 1 of equal outputs, summed over the wrong classes",
      value: classes - 1,
      shape: start,
      weight: 0.015,
      fix: "nothing is wrong if the loss is a hinge; else use cross-entropy",
    },
  ];
}

export const zeroOfClasses = (classes: number, what: string | undefined): LossTerm => ({
  name: "start at zero",
  formula: `ln ${grouped(classes)}`,
  what: `all ${grouped(classes)} classes equally probable${what ? ` (${what})` : ""}: outputs near 0, as before training`,
  value: Math.log(classes),
  classes,
  shape: start,
  weight: 1,
  fix: setBias,
});

/** Any loss below that of even classes: what uneven frequencies give, or what training has reached. */
export const uneven = (even: number, formula: string): LossTerm => ({
  name: "uneven predictions",
  formula: `below ${formula}`,
  what: "predictions follow uneven class frequencies (the loss is their entropy), or the network has learned something",
  value: even,
  shape: { kind: "range", low: 0.001 * even },
  weight: 0.2,
  fix: "give the class counts (--counts): the entropy of the labels tells which",
});

/** A class for the background, a vocabulary padded to a multiple of 64. */
function neighbours(classes: number): LossTerm[] {
  const padded = Math.ceil(classes / 64) * 64;
  const others: [number, string][] = [[classes + 1, "one class more, such as a background"]];
  if (classes > 10_000 && padded !== classes)
    others.push([padded, "a vocabulary padded to a multiple of 64"]);
  return others.map(([size, what]) => ({
    ...zeroOfClasses(size, what),
    name: "one class more",
    weight: 0.03,
    fix: "count the outputs of the last layer: they set the loss at the start",
  }));
}

/**
 * Softmax applied twice, by probabilities that have become certain: log(e + K - 1) less the probability given to the label.
 * Probabilities lie between 0 and 1, so no training gets the loss below log(e + K - 1) - 1.
 */
function softmaxTwice(classes: number, frequencies: readonly number[] | undefined): LossTerm[] {
  const top = Math.log(Math.E + classes - 1);
  const most = frequencies ? Math.max(...frequencies) : 1 / classes;
  const term = (right: number, what: string, shape = sampled): LossTerm => ({
    name: "softmax applied twice",
    cause: "softmax applied twice",
    formula: `ln(e + ${classes - 1})${right > 0 ? ` - ${Number(right.toPrecision(3))}` : ""}`,
    what: `softmax applied twice, ${what}`,
    value: top - right,
    shape,
    weight: 0.04,
    fix: onlyOnce,
  });
  return [
    term(1, "all predictions certain and right: no training gets lower", exact),
    term(most, `one class always predicted, right for ${share(most)}`),
    term(0, "all predictions certain and wrong"),
  ];
}

/** The focal loss of equal outputs: cross-entropy times (1 - p)^2 of the label's probability p. */
export const focal = (value: number, formula: string): LossTerm => ({
  name: "another loss",
  cause: "wrong loss",
  formula,
  what: "the focal loss with gamma 2 of equal outputs",
  value,
  shape: start,
  weight: 0.02,
  fix: "nothing is wrong if the loss is focal: name it (--loss) to compare with its own start",
});

/** Auxiliary classifiers, each with the main one's start. */
function auxiliary(classes: number, even: number): LossTerm[] {
  const known: [number, string][] = [
    [1.6, "GoogLeNet: two auxiliary classifiers with weight 0.3"],
    [1.4, "Inception v3: an auxiliary classifier with weight 0.4"],
  ];
  return known.map(([factor, what]) => ({
    name: "losses added",
    formula: `${factor} x ln ${classes}`,
    what: `the loss of several classifiers added (${what})`,
    value: factor * even,
    shape: start,
    weight: classes === 1000 ? 0.03 : 0.005,
    fix: "nothing is wrong: print the losses apart to compare each with its own start",
  }));
}

/**
 * Saturated predictions whose logarithm is cut: all wrong, or wrong for the share of rows that a single predicted class
 * leaves.
 *
 * @param frequencies of the classes, or even ones where they are not known
 */
export function clipTerms(frequencies: readonly number[], isBinary: boolean): LossTerm[] {
  const distinct = [...new Set(frequencies.map((p) => Number((1 - p).toPrecision(6))))].slice(0, 12);
  return lossClips
    .filter((clip) => isBinary || !clip.isBinary)
    .flatMap(({ value, formula, what, isFramework }) => {
      const weight = isFramework ? 0.06 : 0.012;
      const term = (wrong: number, portion: number): LossTerm => ({
        name: "clipped probabilities",
        cause: "dead or saturated outputs",
        formula: wrong === 1 ? formula : `${Number(wrong.toPrecision(4))} x ${formula}`,
        what: `predictions are certain, and wrong for ${wrong === 1 ? "all rows" : share(wrong)}: each wrong row costs ${Number(value.toPrecision(5))} (${what})`,
        value: wrong * value,
        shape: wrong === 1 ? exact : sampled,
        weight: weight * portion,
        fix: logits,
      });
      return [
        term(1, 0.5),
        ...distinct
          .filter((wrong) => wrong > 0 && wrong < 0.995)
          .map((wrong) => term(wrong, 0.4 / distinct.length)),
        ...(isFramework ? [{ ...term(1, 0.1), ...anyShare(value, formula) }] : []),
      ];
    });
}

const anyShare = (value: number, formula: string) => ({
  formula: `a share of ${formula}`,
  shape: { kind: "range", low: 0.02 * value } as const,
});
