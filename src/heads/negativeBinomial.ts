import { digammaRise } from "../math/gamma.ts";
import { increasingRootFrom } from "../math/root.ts";
import { sum } from "../math/sum.ts";
import type { Algebra } from "./algebra.ts";
import { positiveMean } from "./counts.ts";
import { defineHead, type LabelColumn, type Optimum, tex } from "./head.ts";
import { described, expLink } from "./links.ts";
import { wholeNumbers } from "./options.ts";

export const negativeBinomial = defineHead({
  name: "negative-binomial",
  summary: "negative binomial negative log-likelihood",
  family: "counts",
  reads: "numbers",
  domain: wholeNumbers,
  options: {},
  link: described(expLink, "mean = exp(z0), r = exp(z1)"),
  identifiable: true,
  convex: false,
  width: () => 2,
  loss: negativeBinomialLoss,
  gradient([z, s], y) {
    const [mean, r] = [Math.exp(z), Math.exp(s)];
    const inR = digammaRise(r, y) - Math.log1p(mean / r) + (mean - y) / (r + mean);
    return [(r * (mean - y)) / (r + mean), -r * inR];
  },
  optimum: negativeBinomialOptimum,
  formula: {
    loss: [
      "-log(Gamma(y + r) / (Gamma(r) y!)) - r log(r / (r + m)) - y log(m / (r + m))",
      tex`\ell=-\log\frac{\Gamma(y+r)}{\Gamma(r)\,y!}-r\log\frac{r}{r+\mu}-y\log\frac{\mu}{r+\mu},\quad\mu=e^{z_0},\ r=e^{z_1}`,
    ],
    optimum: [
      "(log mean y, log r),  r the root of mean(psi(y + r) - psi(r)) = log(1 + m/r)",
      tex`z_0^*=\log\bar y,\quad\overline{\psi(y+r)-\psi(r)}=\log\left(1+\tfrac{\bar y}{r}\right)`,
    ],
    expected: ["the mean loss there", tex`L^*=\overline{\ell(z^*,y)}`],
  },
  derivation:
    "The mean is the best m for every r, which leaves one equation in r. It has a root only if the variance exceeds the mean; otherwise the Poisson limit r -> infinity is best.",
  reference: "Cameron and Trivedi, Regression Analysis of Count Data (2013), section 3.3",
  names: [
    {
      framework: "other",
      name: "scvi NegativeBinomial",
      note: "mu and theta (our r), each as its logarithm",
    },
  ],
});

/** With log Γ(y + r) / Γ(r) = y log r + ratio: −ratio + log y! + (r + y) log(1 + m/r) − y log m. */
function negativeBinomialLoss<S, V>(m: Algebra<S, V>, output: V, y: S): S {
  const [logMean, logR] = [m.entry(output, 0), m.entry(output, 1)];
  const r = m.exp(logR);
  const likelihood = m.sub(m.mul(m.add(r, y), m.log1pExp(m.sub(logMean, logR))), m.mul(y, logMean));
  return m.sub(m.add(likelihood, m.logGamma(m.add(y, 1))), m.logRisingRatio(r, y));
}

function negativeBinomialOptimum(column: LabelColumn<number>): Optimum {
  const { labels, weights, weight, variance, rows, pseudoCount, place } = column;
  const { mean, warnings } = positiveMean(column);
  if (!(variance > mean)) {
    const message = `the variance of ${place} is not above its mean: the Poisson limit r -> infinity is best; 1/r = ${pseudoCount}/${rows} is used`;
    return {
      output: [Math.log(mean), Math.log(rows / pseudoCount)],
      kind: "boundary",
      warnings: [...warnings, message],
    };
  }
  const slope = (s: number) => {
    const r = Math.exp(s);
    const rise = sum(Array.from(labels, (y, i) => weights[i] * digammaRise(r, y))) / weight;
    return Math.log1p(mean / r) - rise;
  };
  // the method of moments is a start: variance = mean + mean² / r
  const start = Math.log((mean * mean) / (variance - mean));
  return { output: [Math.log(mean), increasingRootFrom(slope, start)], kind: "numeric" };
}
