import { log1pExp, log1pExpInverse } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import { logSumExp, softmax } from "../math/logSumExp.ts";
import { sum } from "../math/sum.ts";
import { type Column, type Description, defineHead, type Label, type Optimum, tex } from "./head.ts";
import { described, expLink, type Link, type OutputVector, sigmoidLink, softplusLink } from "./links.ts";
import { number, positive } from "./options.ts";
import { withPseudoCount } from "./pseudoCount.ts";

/** A row of survival data: when it was last seen, and whether that was because of the event. */
type SurvivalLabel = ArrayLike<number>;

/** Times count in intervals: the first is (0, 1]. An interval's index starts at 0. */
const intervalOf = (time: number) => Math.ceil(time) - 1;

const intervalOptions = {
  intervals: number(
    0,
    { low: 0, high: 1e6, integer: true },
    "number of intervals (times count in them); 0 for as many as the labels reach",
  ),
} as const;

const onIntervals = {
  family: "survival",
  reads: "survival",
  domain: positive,
  identifiable: true,
  convex: true,
  options: intervalOptions,
  width: (column: Column<SurvivalLabel>, { intervals }: { readonly intervals: number }) =>
    intervals || reach(column),
  refuse: (column: Column<SurvivalLabel>, { intervals }: { readonly intervals: number }) =>
    intervals > 0 && reach(column) > intervals
      ? `invalid intervals: ${intervals}; the labels reach time ${lastTime(column)}: allowed: ${reach(column)} or more`
      : undefined,
} as const satisfies Partial<Description> & Record<string, unknown>;

const lastTime = ({ labels }: Column<SurvivalLabel>) =>
  Array.from(labels).reduce((last, label) => Math.max(last, label[0]), 0);
const reach = (column: Column<SurvivalLabel>) => intervalOf(lastTime(column)) + 1;

interface Interval {
  /** Weight of the rows whose event lies in it. */
  readonly events: number;
  /** Weight of the rows that reach it. */
  readonly atRisk: number;
  /** Weighted time that rows spend in it, in intervals. */
  readonly exposure: number;
}

/** The life table of the labels. */
function lifeTable(column: Column<SurvivalLabel>, intervals: number): Interval[] {
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

/** Hazards dⱼ / nⱼ as counts of events and survivals, with a pseudo-count where one is missing. */
function hazards(column: Column<SurvivalLabel>, intervals: number) {
  const warnings: string[] = [];
  const pairs = lifeTable(column, intervals).map(({ events, atRisk }, j) => {
    const name = (k: number) => `${k === 1 ? "events" : "survivals"} in interval ${j}`;
    const filled = withPseudoCount([Math.max(0, atRisk - events), events], column, name);
    warnings.push(...filled.warnings);
    return filled.counts;
  });
  const kind: Optimum["kind"] = warnings.length > 0 ? "boundary" : "closed form";
  return { pairs, kind, warnings };
}

const entropyOfTable = [
  "sum_j n_j Hb(d_j / n_j) / N,  d events and n rows at risk in interval j",
  tex`L^*=\frac1N\sum_j n_j H_b\left(\tfrac{d_j}{n_j}\right)`,
] as const;

export const logisticHazard = defineHead({
  ...onIntervals,
  name: "logistic-hazard",
  summary: "discrete-time survival: a hazard for each interval",
  link: described(sigmoidLink, "hazard_j = sigmoid(z_j)"),
  loss: (output, label: SurvivalLabel) => {
    const last = intervalOf(label[0]);
    return sum(Array.from(output, (z, j) => (j > last ? 0 : log1pExp(j === last && label[1] ? -z : z))));
  },
  gradient: (output, label) => {
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
    "A row is a yes/no in every interval it reaches, so each interval is a binary cross-entropy with the share d/n: the Kaplan-Meier hazards.",
  source: "Gensheimer and Narasimhan (2019), arXiv 1805.00917; Kvamme and Borgan (2021), arXiv 1910.06724",
  names: [
    {
      framework: "other",
      name: "pycox.models.LogisticHazard",
      note: "NLLLogisticHazardLoss: sum over intervals, mean over rows; its duration index is our time - 1",
    },
  ],
});

/** log P(event in j) and log P(after j), from outputs with an added 0 for survival beyond all intervals. */
function logMass(output: OutputVector, label: SurvivalLabel): number {
  const all = [...output, 0];
  const last = intervalOf(label[0]);
  return (label[1] ? all[last] : logSumExp(all.slice(last + 1))) - logSumExp(all);
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
  loss: (output, label: SurvivalLabel) => -logMass(output, label),
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
    "Any set of hazards is one of these distributions and back, so the optimum is the same Kaplan-Meier estimate and the loss the same; the added 0 makes it unique.",
  source: "Lee et al. (2018), DeepHit; Kvamme and Borgan (2021), arXiv 1910.06724",
  names: [
    {
      framework: "other",
      name: "pycox.models.PMF",
      note: "NLLPMFLoss: mean over rows; DeepHitSingle adds a ranking loss, which has no bias of its own",
    },
  ],
});

/** φⱼ = Σ_{k ≥ j} zₖ. */
function reverseSums(output: OutputVector): number[] {
  const phi = [...output];
  for (let j = phi.length - 2; j >= 0; j--) phi[j] += phi[j + 1];
  return phi;
}

/** Outputs of reverse sums. */
const differences = (phi: readonly number[]) => phi.map((value, j) => value - (phi[j + 1] ?? 0));

export const mtlr = defineHead({
  ...onIntervals,
  name: "mtlr",
  summary: "multi-task logistic regression of survival",
  link: {
    name: "softmax of reverse sums",
    text: "P(event in j) = softmax([phi, 0])_j,  phi_j = sum_(k >= j) z_k",
    apply: (output) => massLink.apply(reverseSums(output)),
    inverse: (prediction) => differences(massLink.inverse(prediction)),
    low: 0,
    high: 1,
  },
  loss: (output, label: SurvivalLabel) => -logMass(reverseSums(output), label),
  gradient(output, label) {
    let total = 0;
    return massGradient(reverseSums(output), label).map((g) => {
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
      "as pmf, with outputs added up from the last interval: phi_j = sum_(k >= j) z_k",
      tex`\ell=\ell_{\text{pmf}}(\phi,\cdot),\quad\phi_j=\sum_{k\ge j}z_k`,
    ],
    optimum: ["differences phi_j - phi_(j+1) of pmf's optimum", tex`z_j^*=\phi_j^*-\phi_{j+1}^*`],
    expected: entropyOfTable,
  },
  derivation:
    "The sums are an invertible change of the outputs of pmf, so its optimum is mapped back by differences.",
  source:
    "Yu et al. (2011), Learning patient-specific cancer survival distributions; Fotso (2018), arXiv 1801.05512",
  names: [{ framework: "other", name: "pycox.models.MTLR", note: "NLLMTLRLoss: mean over rows" }],
});

export const pcHazard = defineHead({
  ...onIntervals,
  name: "pc-hazard",
  summary: "a constant hazard in each interval of time",
  link: described(softplusLink, "hazard_j = softplus(z_j)"),
  convex: false,
  loss(output, label: SurvivalLabel) {
    const last = intervalOf(label[0]);
    const parts = Array.from(output, (z, j) => (j > last ? 0 : log1pExp(z) * Math.min(1, label[0] - j)));
    return sum(parts) - (label[1] ? logSoftplus(output[last]) : 0);
  },
  gradient(output, label) {
    const last = intervalOf(label[0]);
    return Array.from(output, (z, j) => {
      if (j > last) return 0;
      const slope = sigmoid(z) * Math.min(1, label[0] - j);
      return j === last && label[1] ? slope - Math.exp(-log1pExp(-z) - logSoftplus(z)) : slope;
    });
  },
  optimum(column, { intervals }) {
    const warnings: string[] = [];
    const output = lifeTable(column, intervals).map(({ events, exposure }, j) => {
      const filled = withPseudoCount(
        [exposure, events],
        column,
        (k) => `${k === 1 ? "events" : "time"} in interval ${j}`,
      );
      warnings.push(...filled.warnings);
      return log1pExpInverse(filled.counts[1] / filled.counts[0]);
    });
    return { output, kind: warnings.length > 0 ? "boundary" : "closed form", warnings };
  },
  formula: {
    loss: [
      "sum_j h_j (time spent in j) - log h_T for an event,  h = softplus(z)",
      tex`\ell=\sum_j h_j\,t_j-[\text{event}]\log h_T,\quad h=\operatorname{softplus}(z)`,
    ],
    optimum: ["softplus^-1(d_j / exposure_j)", tex`z_j^*=\operatorname{softplus}^{-1}\frac{d_j}{E_j}`],
    expected: ["sum_j d_j (1 - log h_j) / N", tex`L^*=\frac1N\sum_j d_j(1-\log h_j^*)`],
  },
  derivation: "Each interval is an exponential distribution of its own: events over time at risk.",
  source: "Kvamme and Borgan (2021), arXiv 1910.06724",
  names: [
    {
      framework: "other",
      name: "pycox.models.PCHazard",
      note: "NLLPCHazardLoss: mean over rows; our time is its interval index plus the fraction",
    },
  ],
});

/** log softplus(z), which is z itself far below 0. */
const logSoftplus = (z: number) => (z < -37 ? z : Math.log(log1pExp(z)));

export const censoredExponential = defineHead({
  name: "censored-exponential",
  summary: "exponential survival times, some censored",
  family: "survival",
  reads: "survival",
  domain: positive,
  options: {},
  link: described(expLink, "rate = exp(z)"),
  identifiable: true,
  convex: true,
  loss: ([z], label: SurvivalLabel) => label[0] * Math.exp(z) - (label[1] ? z : 0),
  gradient: ([z], label) => [label[0] * Math.exp(z) - (label[1] ? 1 : 0)],
  optimum(column) {
    const { labels, weights } = column;
    const events = sum(Array.from(labels, (label, i) => (label[1] ? weights[i] : 0)));
    const exposure = sum(Array.from(labels, (label, i) => weights[i] * label[0]));
    const { counts, warnings } = withPseudoCount([events], column, () => "events");
    return {
      output: [Math.log(counts[0] / exposure)],
      kind: warnings.length > 0 ? "boundary" : "closed form",
      warnings,
    };
  },
  formula: {
    loss: [
      "rate time - log rate for an event,  rate = exp(z)",
      tex`\ell=\lambda t-[\text{event}]\log\lambda,\quad\lambda=e^z`,
    ],
    optimum: ["log(events / total time)", tex`z^*=\log\frac{d}{\sum_i t_i}`],
    expected: ["(events / N) (1 - log rate)", tex`L^*=\frac dN(1-\log\lambda^*)`],
  },
  derivation: "The derivative, total time times rate minus events, is zero at events over time.",
  source: "Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data (2002), section 3.2",
  names: [],
});

/** Mean over events of the log of the weight still at risk then (ties as Breslow counts them). */
function meanLogRiskSet({ labels, weights }: Column<Label>): number {
  const rows = Array.from(labels as ArrayLike<SurvivalLabel>, (label, i) => ({
    time: label[0],
    event: label[1],
    weight: weights[i],
  }));
  rows.sort((a, b) => b.time - a.time);
  let [atRisk, total, events] = [0, 0, 0];
  for (let i = 0; i < rows.length; ) {
    let end = i;
    for (; end < rows.length && rows[end].time === rows[i].time; end++) atRisk += rows[end].weight;
    for (; i < end; i++) {
      if (!rows[i].event) continue;
      total += rows[i].weight * Math.log(atRisk);
      events += rows[i].weight;
    }
  }
  return events > 0 ? total / events : 0;
}

export const cox = defineHead({
  name: "cox",
  summary: "Cox's partial likelihood",
  family: "survival",
  reads: "survival",
  domain: positive,
  options: {},
  link: described(expLink, "relative risk = exp(z)"),
  identifiable: false,
  convex: true,
  expected: (_output, column) => meanLogRiskSet(column),
  optimum: () => ({ output: [0], kind: "none" }),
  none: {
    reason:
      "a constant added to all outputs cancels in the risk of one row against the others: no bias changes the loss",
    instead:
      "leave the bias out (or at 0), and check that the loss starts at the mean log risk-set size over events",
  },
  formula: {
    loss: [
      "-z_i + log sum over rows at risk of exp(z_j), mean over events",
      tex`\ell=-z_i+\log\sum_{j:\,t_j\ge t_i}e^{z_j},\ \text{mean over events}`,
    ],
    optimum: ["none: no bias changes the loss", tex`\text{none}`],
    expected: ["mean log risk-set size over events, at any constant output", tex`L=\overline{\log|R(t_i)|}`],
  },
  derivation:
    "With all outputs equal, the one who has the event is any of those at risk: -log(1 / size of the risk set).",
  source: "Cox (1972), Regression models and life-tables",
  names: [
    { framework: "xgboost", name: "survival:cox", note: "censored rows have negative labels" },
    { framework: "other", name: "pycox.models.CoxPH", note: "mean over events" },
  ],
});
