import { weightedQuantile } from "../math/quantile.ts";
import { sum } from "../math/sum.ts";
import { defineHead, type LabelColumn, tex } from "./head.ts";
import { clampLink, identityLink } from "./links.ts";
import { anyNumber, choice, notNegative, number, positive } from "./options.ts";

const unitFactor = (unit: "fraction" | "percent") => (unit === "percent" ? 100 : 1);

export const mape = defineHead({
  name: "mape",
  summary: "absolute percentage error",
  family: "regression",
  reads: "numbers",
  domain: anyNumber,
  options: {
    epsilon: number(1e-7, positive, "smallest absolute label to divide by"),
    unit: choice(["fraction", "percent"], "whether an error of a tenth is 0.1 (fraction) or 10 (percent)"),
  },
  link: identityLink,
  identifiable: true,
  convex: true,
  loss: (m, output, y, { epsilon, unit }) => {
    const error = m.abs(m.sub(m.entry(output, 0), y));
    return m.div(m.mul(error, unitFactor(unit)), m.max(m.abs(y), epsilon));
  },
  gradient: ([z], y, { epsilon, unit }) => [
    (unitFactor(unit) * Math.sign(z - y)) / Math.max(Math.abs(y), epsilon),
  ],
  optimum: ({ labels, weights }, { epsilon }) => ({
    output: [
      weightedQuantile(
        labels,
        Array.from(labels, (y, i) => weights[i] / Math.max(Math.abs(y), epsilon)),
        0.5,
      ),
    ],
    kind: "closed form",
    warnings: zeroWarning(labels, weights, epsilon),
  }),
  formula: {
    loss: ["|z - y| / max(|y|, e)", tex`\ell(z,y)=\frac{|z-y|}{\max(|y|,\varepsilon)}`],
    optimum: [
      "median of y with weights w / max(|y|, e)",
      tex`z^*=\operatorname{median}_{w/\max(|y|,\varepsilon)}(y)`,
    ],
    expected: ["the mean loss at the median", tex`L^*=\frac{\sum_i w_i\,\ell(z^*,y_i)}{\sum_i w_i}`],
  },
  derivation:
    "It is the absolute error with the weights w / max(|y|, e), so its optimum is the median under these weights, which small labels dominate.",
  reference: "Gneiting (2011), Making and evaluating point forecasts, section 2.2",
  names: [
    {
      framework: "keras",
      name: "keras.losses.MeanAbsolutePercentageError",
      options: { unit: "percent", reduction: "rows" },
      note: "times 100; epsilon 1e-7; divides by the number of rows",
    },
    {
      framework: "sklearn",
      name: "sklearn.metrics.mean_absolute_percentage_error",
      options: { epsilon: 2.220446049250313e-16 },
      note: "a fraction; epsilon 2.2e-16",
    },
    { framework: "lightgbm", name: "mape", options: { epsilon: 1 }, note: "divides by max(1, |y|)" },
    { framework: "catboost", name: "MAPE", options: { epsilon: 1 }, note: "divides by max(1, |y|)" },
  ],
});

function zeroWarning(labels: ArrayLike<number>, weights: ArrayLike<number>, epsilon: number): string[] {
  const small = Array.from(labels).some((y, i) => Math.abs(y) < epsilon && weights[i] > 0);
  return small ? [`some labels are smaller than epsilon = ${epsilon}: they outweigh all other labels`] : [];
}

export const msle = defineHead({
  name: "msle",
  summary: "squared logarithmic error",
  family: "regression",
  reads: "numbers",
  domain: notNegative,
  options: { epsilon: number(1e-7, positive, "smallest prediction and label") },
  link: ({ epsilon }) => clampLink(epsilon),
  identifiable: true,
  convex: false,
  loss: (m, output, y, { epsilon }) => {
    const error = m.sub(m.log1p(m.max(m.entry(output, 0), epsilon)), m.log1p(m.max(y, epsilon)));
    return m.mul(error, error);
  },
  gradient: ([z], y, { epsilon }) => [
    z < epsilon ? 0 : (2 * (Math.log1p(z) - Math.log1p(Math.max(y, epsilon)))) / (1 + z),
  ],
  optimum: ({ labels, weights, weight }: LabelColumn<number>, { epsilon }) => {
    const logs = Array.from(labels, (y, i) => weights[i] * Math.log1p(Math.max(y, epsilon)));
    return { output: [Math.expm1(sum(logs) / weight)], kind: "closed form" };
  },
  formula: {
    loss: [
      "(log(1 + z) - log(1 + y))^2,  z and y at least e",
      tex`\ell(z,y)=\left(\log(1+z)-\log(1+y)\right)^2`,
    ],
    optimum: ["exp(mean log(1 + y)) - 1", tex`z^*=\exp\left(\overline{\log(1+y)}\right)-1`],
    expected: ["variance of log(1 + y)", tex`L^*=\operatorname{Var}\log(1+y)`],
  },
  derivation: "It is the squared error of log(1 + y), so the optimum is the mean of log(1 + y), mapped back.",
  reference: "Keras losses documentation; scikit-learn user guide, section 3.4.6",
  names: [
    {
      framework: "keras",
      name: "keras.losses.MeanSquaredLogarithmicError",
      options: { reduction: "rows" },
      note: "predictions and labels below 1e-7 are raised to it; divides by the number of rows",
    },
    {
      framework: "sklearn",
      name: "sklearn.metrics.mean_squared_log_error",
      note: "labels and predictions above -1",
    },
    {
      framework: "xgboost",
      name: "reg:squaredlogerror",
      note: "half of this loss; xgboost starts from one Newton step, not from this optimum",
    },
  ],
});
