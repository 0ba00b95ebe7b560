import { minimize } from "../math/minimize.ts";
import { normalCentral, normalDensity } from "../math/normal.ts";
import { defineHead, type Head, type LabelColumn, tex } from "./head.ts";
import { expLink, identityLink, linkOfParts } from "./links.ts";
import { constantLabels, onLocationAndScale } from "./locationAndScale.ts";
import { meanLoss } from "./meanLoss.ts";
import { number, positive } from "./options.ts";

const invRootPi = 1 / Math.sqrt(Math.PI);

export const crps: Head = defineHead({
  ...onLocationAndScale,
  name: "crps",
  summary: "CRPS of a normal prediction",
  options: { epsilon: number(1e-6, positive, "smallest standard deviation") },
  link: linkOfParts("mean = z0, sd = exp(z1)", [
    [identityLink, 1],
    [expLink, 1],
  ]),
  loss(m, output, y) {
    const [z, logSd] = [m.entry(output, 0), m.entry(output, 1)];
    const sd = m.exp(logSd);
    const w = m.div(m.sub(y, z), sd);
    const density = m.mul(m.exp(m.mul(m.mul(w, w), -0.5)), 2 / Math.sqrt(2 * Math.PI));
    return m.mul(sd, m.sub(m.add(m.mul(w, m.normalCentral(w)), density), invRootPi));
  },
  gradient: ([z, s], y) => {
    const sd = Math.exp(s);
    const w = (y - z) / sd;
    return [-normalCentral(w), sd * (2 * normalDensity(w) - invRootPi)];
  },
  optimum(column, { epsilon }) {
    const { labels, weights, weight, mean, variance } = column;
    if (!(variance > 0)) {
      return {
        output: [mean, Math.log(epsilon)],
        kind: "boundary",
        warnings: [constantLabels(column, "standard deviation")],
      };
    }
    // in units of the labels' standard deviation, so that the stopping rule suits any scale
    const sd = Math.sqrt(variance);
    const scaled = Float64Array.from(labels, (y) => (y - mean) / sd);
    const { at } = minimize(
      (output) => meanWithGradient(output, { labels: scaled, weights, weight }),
      [0, 0],
      1e-13,
    );
    return { output: [mean + sd * at[0], Math.log(sd) + at[1]], kind: "numeric" };
  },
  formula: {
    loss: [
      "s (w (2 Phi(w) - 1) + 2 phi(w) - 1/sqrt(pi)),  w = (y - m) / s",
      tex`\ell=\sigma\left[w(2\Phi(w)-1)+2\varphi(w)-\tfrac1{\sqrt\pi}\right],\quad w=\frac{y-\mu}{\sigma}`,
    ],
    optimum: [
      "minimum over (m, s), two equations: mean(2 Phi(w) - 1) = 0, mean phi(w) = 1/(2 sqrt(pi))",
      tex`\overline{2\Phi(w)-1}=0,\quad\overline{\varphi(w)}=\frac1{2\sqrt\pi}`,
    ],
    expected: ["the mean loss there", tex`L^*=\overline{\ell(z^*,y)}`],
  },
  derivation:
    "At the optimum both derivatives of the mean loss are zero; the loss is convex in (m, s), so that point is the minimum. It is the mean and the standard deviation only if the labels are normal.",
  reference: "Gneiting and Raftery (2007), Strictly proper scoring rules, JASA 102",
  names: [
    {
      framework: "other",
      name: "properscoring.crps_gaussian",
      note: "takes mean and standard deviation, the latter as its logarithm here",
    },
  ],
});

/** Weighted mean of the loss and of its gradient over labels. */
function meanWithGradient(
  output: readonly number[],
  column: Pick<LabelColumn<number>, "labels" | "weights" | "weight">,
) {
  const { labels, weights, weight } = column;
  const gradient = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    const slopes = crps.gradient!(output, labels[i], {});
    gradient[0] += (weights[i] / weight) * slopes[0];
    gradient[1] += (weights[i] / weight) * slopes[1];
  }
  return { value: meanLoss(crps, output, column, {}), gradient };
}
