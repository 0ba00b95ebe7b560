import { sigmoid } from "../math/logit.ts";
import { softmax } from "../math/logSumExp.ts";
import type { Algebra, OutputVector } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";
import { defineHead, tex } from "./head.ts";
import { described, type Link, sigmoidLink } from "./links.ts";
import {
  entropyOfTable,
  expectedByInterval,
  hazards,
  intervalOf,
  lastInterval,
  onIntervals,
  type SurvivalLabel,
} from "./survivalIntervals.ts";

/** Σ over the intervals that a row reaches of −log(1 − h), or of −log h where the event is. */
function hazardLoss<S, V>(m: Algebra<S, V>, output: V, label: V): S {
  const [time, event] = [m.entry(label, 0), m.entry(label, 1)];
  const intervals = m.indices(m.width(output));
  const events = m.map(lastInterval(m, time, intervals), (isLast) => m.mul(isLast, event));
  const losses = m.zip(output, events, (z, isEvent) => m.log1pExp(m.ifLess(0, isEvent, m.neg(z), z)));
  return m.sum(m.zip(losses, intervals, (loss, j) => m.ifLess(j, time, loss, 0)));
}

export const logisticHazard = defineHead({
  ...onIntervals,
  name: "logistic-hazard",
  summary: "discrete-time survival: a hazard for each interval",
  link: described(sigmoidLink, "hazard_j = sigmoid(z_j)"),
  loss: hazardLoss,
  expected: expectedByInterval(hazardLoss),
  gradient: (output, label: SurvivalLabel) => {
    const last = intervalOf(label[0]);
    return Array.from(output, (z, j) => (j > last ? 0 : j === last && label[1] ? -sigmoid(-z) : sigmoid(z)));
  },
  optimum(column, { intervals }) {
    const { pairs, kind, warnings } = hazards(column, intervals);
    return { output: pairs.map(([no, yes]) => Math.log(yes / no)), kind, warnings };
  },
  formula: {
    loss: [
      "sum over intervals up to the last: -log(1 - h_j), or -log h_j where the event is",
      tex`\ell=-\sum_{j<T}\log(1-h_j)-\begin{cases}\log h_T&\text{event}\\\log(1-h_T)&\text{censored}\end{cases},\quad h=\sigma(z)`,
    ],
    optimum: ["logit(d_j / n_j)", tex`z_j^*=\operatorname{logit}\frac{d_j}{n_j}`],
    expected: entropyOfTable,
  },
  derivation:
    "A row is a yes/no in every interval that it reaches, so each interval has a binary cross-entropy with the frequency d/n. These are the Kaplan-Meier hazards.",
  reference: "Gensheimer and Narasimhan (2019), arXiv 1805.00917; Kvamme and Borgan (2021), arXiv 1910.06724",
  names: [
    {
      framework: "other",
      name: "pycox.models.LogisticHazard",
      note: "NLLLogisticHazardLoss: sum over intervals, mean over rows; its duration index is our time - 1",
    },
  ],
});

/** −log P(event in j), or −log P(after j) of a censored row; an added output of 0 stands for survival beyond all intervals. */
function massLoss<S, V>(m: Algebra<S, V>, output: V, label: V): S {
  const [time, event] = [m.entry(label, 0), m.entry(label, 1)];
  const all = m.concat([output, 0]);
  const intervals = m.indices(m.width(all));
  const isLast = lastInterval(m, time, intervals);
  const isLater = m.map(intervals, (j) => m.ifLess(j, time, 0, 1));
  const isPossible = m.zip(isLast, isLater, (last, later) => m.ifLess(0, event, last, later));
  const possible = m.zip(all, isPossible, (z, kept) => m.ifLess(0, kept, z, -Infinity));
  return m.sub(m.logSumExp(all), m.logSumExp(possible));
}

/** Outputs φ of the probability mass function: log(massⱼ / P(beyond)), from the Kaplan–Meier hazards. */
function massOutputs(pairs: readonly (readonly number[])[]): number[] {
  let logSurvival = 0;
  const logs = pairs.map(([no, yes]) => {
    const mass = logSurvival + Math.log(yes / (yes + no));
    logSurvival += Math.log(no / (yes + no));
    return mass;
  });
  return logs.map((mass) => mass - logSurvival);
}

function massGradient(output: OutputVector, label: SurvivalLabel): number[] {
  const all = [...output, 0];
  const last = intervalOf(label[0]);
  const kept = all.map((z, j) => ((label[1] ? j === last : j > last) ? z : Number.NEGATIVE_INFINITY));
  const inside = softmax(kept);
  return softmax(all)
    .map((p, j) => p - inside[j])
    .slice(0, -1);
}

/** One more prediction than outputs: the last is survival beyond all intervals. */
const massLink = {
  name: "softmax beside 0",
  text: "P(event in j) = softmax([z, 0])_j",
  apply: (output) => softmax([...output, 0]),
  inverse: (prediction) => {
    const logs = Array.from(prediction, Math.log);
    const beyond = logs.pop()!;
    return logs.map((value) => value - beyond);
  },
  low: 0,
  high: 1,
} as const satisfies Link;

export const pmf = defineHead({
  ...onIntervals,
  name: "pmf",
  summary: "a probability of the event in each interval",
  link: massLink,
  loss: massLoss,
  expected: expectedByInterval(massLoss),
  gradient: massGradient,
  optimum(column, { intervals }) {
    const { pairs, kind, warnings } = hazards(column, intervals);
    return { output: massOutputs(pairs), kind, warnings };
  },
  formula: {
    loss: [
      "-log f_T for an event, -log sum_(j > T) f_j if censored,  f = softmax([z, 0])",
      tex`\ell=\begin{cases}-\log f_T&\text{event}\\-\log\sum_{j>T}f_j&\text{censored}\end{cases},\quad f=\operatorname{softmax}([z,0])`,
    ],
    optimum: [
      "log(f_j / S_end),  f and S of Kaplan and Meier",
      tex`z_j^*=\log\frac{\hat f_j}{\hat S_{\text{end}}}`,
    ],
    expected: entropyOfTable,
  },
  derivation:
    "Hazards and these distributions determine each other, so the optimum is the same Kaplan-Meier estimate, with the same loss; the added 0 makes it unique.",
  reference: "Lee et al. (2018), DeepHit; Kvamme and Borgan (2021), arXiv 1910.06724",
  names: [
    {
      framework: "other",
      name: "pycox.models.PMF",
      note: "NLLPMFLoss: mean over rows; DeepHitSingle adds a ranking loss, which has no bias of its own",
    },
  ],
});

/** φⱼ = Σ_{k ≥ j} zₖ: the total less the sums up to the entries before. */
function reverseSums<S, V>(m: Algebra<S, V>, output: V): V {
  const [total, upTo] = [m.sum(output), m.cumulativeSum(output)];
  return m.zip(output, upTo, (z, before) => m.add(m.sub(total, before), z));
}

const mtlrLoss = <S, V>(m: Algebra<S, V>, output: V, label: V): S =>
  massLoss(m, reverseSums(m, output), label);

/** The outputs that have given reverse sums. */
const differences = (phi: readonly number[]) => phi.map((value, j) => value - (phi[j + 1] ?? 0));

export const mtlr = defineHead({
  ...onIntervals,
  name: "mtlr",
  summary: "multi-task logistic regression of survival",
  link: {
    name: "softmax of reverse sums",
    text: "P(event in j) = softmax([phi, 0])_j,  phi_j = sum_(k >= j) z_k",
    apply: (output) => massLink.apply(reverseSums(float64Algebra, output)),
    inverse: (prediction) => differences(massLink.inverse(prediction)),
    low: 0,
    high: 1,
  },
  loss: mtlrLoss,
  expected: expectedByInterval(mtlrLoss),
  gradient(output, label: SurvivalLabel) {
    let total = 0;
    return massGradient(reverseSums(float64Algebra, output), label).map((g) => {
      total += g;
      return total;
    });
  },
  optimum(column, { intervals }) {
    const { pairs, kind, warnings } = hazards(column, intervals);
    const phi = massOutputs(pairs);
    return { output: differences(phi), kind, warnings };
  },
  formula: {
    loss: [
      "as for pmf, with outputs added up from the last interval: phi_j = sum_(k >= j) z_k",
      tex`\ell=\ell_{\text{pmf}}(\phi,\cdot),\quad\phi_j=\sum_{k\ge j}z_k`,
    ],
    optimum: ["differences phi_j - phi_(j+1) of pmf's optimum", tex`z_j^*=\phi_j^*-\phi_{j+1}^*`],
    expected: entropyOfTable,
  },
  derivation:
    "The sums are an invertible change of the outputs of pmf, so the optimum of pmf is mapped back by differences.",
  reference:
    "Yu et al. (2011), Learning patient-specific cancer survival distributions; Fotso (2018), arXiv 1801.05512",
  names: [{ framework: "other", name: "pycox.models.MTLR", note: "NLLMTLRLoss: mean over rows" }],
});
