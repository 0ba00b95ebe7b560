import { log1pExp, log1pExpInverse, logSoftplus } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import { sum } from "../math/sum.ts";
import { defineHead, type Label, type LabelColumn, tex } from "./head.ts";
import { described, expLink, softplusLink } from "./links.ts";
import { positive } from "./options.ts";
import { withPseudoCount } from "./pseudoCount.ts";
import { intervalOf, lastInterval, lifeTable, onIntervals, type SurvivalLabel } from "./survivalIntervals.ts";

export const pcHazard = defineHead({
  ...onIntervals,
  name: "pc-hazard",
  summary: "a constant hazard in each interval of time",
  link: described(softplusLink, "hazard_j = softplus(z_j)"),
  convex: false,
  loss(m, output, label) {
    const [time, event] = [m.entry(label, 0), m.entry(label, 1)];
    const intervals = m.indices(m.width(output));
    const spent = m.map(intervals, (j) => m.max(0, m.min(1, m.sub(time, j))));
    const exposure = m.sum(m.zip(output, spent, (z, t) => m.mul(m.log1pExp(z), t)));
    const logHazard = m.dot(m.map(output, m.logSoftplus), lastInterval(m, time, intervals));
    return m.sub(exposure, m.ifLess(0, event, logHazard, 0));
  },
  gradient(output, label: SurvivalLabel) {
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
  derivation:
    "Each interval has an exponential distribution of its own, whose rate is the number of events over the time at risk.",
  reference: "Kvamme and Borgan (2021), arXiv 1910.06724",
  names: [
    {
      framework: "other",
      name: "pycox.models.PCHazard",
      note: "NLLPCHazardLoss: mean over rows; our time is its interval index plus the fraction",
    },
  ],
});

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
  loss(m, output, label) {
    const z = m.entry(output, 0);
    const [time, event] = [m.entry(label, 0), m.entry(label, 1)];
    return m.sub(m.mul(time, m.exp(z)), m.ifLess(0, event, z, 0));
  },
  gradient: ([z], label: SurvivalLabel) => [label[0] * Math.exp(z) - (label[1] ? 1 : 0)],
  optimum(column: LabelColumn<SurvivalLabel>) {
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
  derivation:
    "The derivative is the total time times the rate minus the number of events; it is zero where the rate is events over time.",
  reference: "Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data (2002), section 3.2",
  names: [],
});

/** Mean over events of the log of the weight still at risk then (ties as Breslow counts them). */
function meanLogRiskSet({ labels, weights }: LabelColumn<Label>): number {
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
  notTrainable: "its loss compares the rows of a batch with each other",
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
    "With all outputs equal, each of the rows at risk is as likely to have the event, so an event costs the log of the size of the risk set.",
  reference: "Cox (1972), Regression models and life-tables",
  names: [
    { framework: "xgboost", name: "survival:cox", note: "censored rows have negative labels" },
    { framework: "other", name: "pycox.models.CoxPH", note: "mean over events" },
  ],
});
