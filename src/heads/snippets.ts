import { unknownName } from "../errors.ts";
import type { LabelSummary } from "../labels/summary.ts";
import type { Framework } from "./head.ts";
import type { Options } from "./options.ts";
import { frameworks, type SnippetFramework } from "./snippetFrameworks.ts";
import {
  type ByVariance,
  type SnippetCheck,
  type SnippetValues,
  snippetValues,
  variances,
} from "./snippetValues.ts";

/**
 * Half the width of the band in standard errors. Four rather than three, because the loss of a batch with few rows of a rare
 * class is skewed: among batches of 256 rows with 8 expected rows of a class, one in 250 has 16 or more.
 */
const standardErrors = 4;

/** What the catalogue calls the library whose losses are used with a framework. NumPy has none; scikit-learn's take arrays. */
const libraries: Readonly<Record<SnippetFramework, Framework>> = {
  keras: "keras",
  pytorch: "torch",
  jax: "optax",
  flax: "optax",
  tfjs: "tfjs",
  numpy: "sklearn",
};

/**
 * Code to paste into a program: it sets the bias of the output layer, and asserts on the first batch that the initial loss
 * lies in its band, [L - 4 SE, L + gap + 4 SE], with the variance of the outputs measured on that batch. Where a loss has
 * no band, the code sets the bias and says why it checks nothing.
 *
 * @throws InputError on an unknown framework, or a head without a bias
 */
export function snippet(
  framework: string,
  loss: string,
  labels: LabelSummary | undefined,
  options: Options = {},
): string {
  if (!Object.hasOwn(writers, framework)) throw unknownName("framework", framework, frameworks);
  const known = framework as SnippetFramework;
  const values = snippetValues(loss, labels, options, libraries[known]);
  const { setup, measure, check } = writers[known];
  const comment = known === "tfjs" ? "//" : "#";
  const about = values.about.map((line) => `${comment} ${line}`);
  const head = [...about, setup(values)].join("\n");
  if (typeof values.check === "string")
    return `${head}\n\n${comment} no check of the initial loss: ${values.check}`;
  return `${head}\n\n${measure}\n${check(values, values.check)}`;
}

/** The parts of the lines for one framework. */
interface Writer {
  /** Sets the bias. */
  setup(values: SnippetValues): string;
  /** Computes `loss` on a batch, and `noise`, the outputs without bias. */
  readonly measure: string;
  check(values: SnippetValues, check: SnippetCheck): string;
}

const writers: Record<SnippetFramework, Writer> = {
  keras: {
    setup: ({ bias }) => `import numpy as np
import keras

bias = np.array(${list(bias)})
layer = model.layers[-1]  # the output layer: a Dense layer with a bias
layer.bias.assign(bias)`,
    measure: `# x, y: the first batch, before any training; model: compiled with the loss
loss = model.test_on_batch(x, y, return_dict=True)["loss"]
features = keras.Model(model.inputs, layer.input).predict_on_batch(x)
noise = features @ keras.ops.convert_to_numpy(layer.kernel)`,
    check: (values, check) => pythonCheck(values, check, "np"),
  },

  pytorch: {
    setup: ({ bias, check }) => `${numpyImport(check)}import torch

bias = torch.tensor(${list(bias)})
layer = model[-1]  # the output layer: a Linear layer with a bias
with torch.no_grad():
    layer.bias.copy_(bias)`,
    measure: `# x, y: the first batch, before any training; criterion: the loss
model.eval()
with torch.no_grad():
    outputs = model(x)
    loss = criterion(outputs, y).item()
    noise = (outputs - layer.bias).double().numpy()
model.train()`,
    check: (values, check) => pythonCheck(values, check, "method"),
  },

  jax: {
    setup: ({ bias, check }) => `${numpyImport(check)}import jax.numpy as jnp

bias = jnp.array(${list(bias)})
params["output"]["bias"] = bias  # the output layer's`,
    measure: `# x, y: the first batch, before any training; apply(params, x): the raw outputs
outputs = apply(params, x)
loss = float(loss_fn(outputs, y))
noise = outputs - bias`,
    check: (values, check) => pythonCheck(values, check, "method"),
  },

  flax: {
    setup: ({ bias, check }) => `${numpyImport(check)}import jax.numpy as jnp

bias = jnp.array(${list(bias)})
model.output.bias[...] = bias  # the output layer: an nnx.Linear with a bias`,
    measure: `# x, y: the first batch, before any training; model(x): the raw outputs
outputs = model(x)
loss = float(loss_fn(outputs, y))
noise = outputs - bias`,
    check: (values, check) => pythonCheck(values, check, "method"),
  },

  numpy: {
    setup: ({ bias }) => `import numpy as np

bias = np.array(${list(bias)})`,
    measure: `# x, y: the first batch, before any training; features(x) @ kernel: the outputs without bias
noise = features(x) @ kernel
loss = loss_fn(noise + bias, y)`,
    check: (values, check) => pythonCheck(values, check, "np"),
  },

  tfjs: {
    setup: ({ bias }) => `const bias = tf.tensor1d(${list(bias)});
const layer = model.layers[model.layers.length - 1]; // the output layer: dense, with a bias
const [kernel] = layer.getWeights();
layer.setWeights([kernel, bias]);`,
    measure: `// x, y: the first batch, before any training; model: compiled with the loss
const [loss] = [model.evaluate(x, y, { batchSize: x.shape[0] })].flat().map((value) => value.dataSync()[0]);
const features = tf.model({ inputs: model.inputs, outputs: layer.input }).predict(x, { batchSize: x.shape[0] });
const noise = tf.matMul(features, kernel);`,
    check: javascriptCheck,
  },
};

/** NumPy interpolates in tables. */
const numpyImport = (check: SnippetCheck | string) =>
  typeof check !== "string" && "table" in check.gap ? "import numpy as np\n" : "";

const failed = "the initial loss is not what the labels imply";
const tooLarge = `the outputs vary too much to say what the loss must be: their variance is above ${variances.at(-1)}`;

/** The check on `loss` and `noise`, the mean of the squares by \`np\` or as a method of the array. */
function pythonCheck(
  { centred, isSum }: SnippetValues,
  { expectedLoss, rowVariance, gap }: SnippetCheck,
  mean: "np" | "method",
): string {
  const expected = number(expectedLoss);
  const deviation = centred ? "(noise - noise.mean(-1, keepdims=True))" : "noise";
  const of = (by: ByVariance) =>
    "table" in by ? `np.interp(variance, variances, ${list(by.table, tableDigits)})` : straight(by);
  const lines = [
    ...(isSum ? ["loss /= len(x)  # the loss is a sum over rows; checked is its mean"] : []),
    `variance = float(${mean === "np" ? `np.mean(${deviation} ** 2)` : `(${deviation} ** 2).mean()`})`,
    ...("table" in gap
      ? [
          `variances = ${list(variances)}  # of the outputs; the tables below belong to these`,
          `assert variance <= ${variances.at(-1)}, "${tooLarge}"`,
        ]
      : []),
    `gap = ${of(gap)}  # what that variance adds to the loss at most`,
    `margin = ${standardErrors} * (${parenthesised(of(rowVariance))} / len(x)) ** 0.5`,
    canHelp(gap)
      ? `low, high = ${expected} + min(gap, 0) - margin, ${expected} + max(gap, 0) + margin`
      : `low, high = ${expected} - margin, ${expected} + gap + margin`,
    `print(f"initial loss {loss:.4f}, expected {low:.4f} to {high:.4f}")`,
    `assert low <= loss <= high, "${failed}"`,
  ];
  return lines.join("\n");
}

function javascriptCheck(
  { centred, isSum }: SnippetValues,
  { expectedLoss, rowVariance, gap }: SnippetCheck,
): string {
  const expected = number(expectedLoss);
  const of = (by: ByVariance) => ("table" in by ? `between(${list(by.table, tableDigits)})` : straight(by));
  const lines = [
    `const centre = ${centred ? "noise.mean(-1, true)" : "0"};`,
    "const variance = noise.sub(centre).square().mean().dataSync()[0];",
    ...("table" in gap
      ? [
          `const variances = ${list(variances)}; // of the outputs; the tables below belong to these`,
          "const above = Math.max(1, variances.findIndex((value) => value >= variance));",
          `if (variance > ${variances.at(-1)}) throw new Error("${tooLarge}");`,
          "const between = (table) => table[above - 1] + (table[above] - table[above - 1])",
          "  * (variance - variances[above - 1]) / (variances[above] - variances[above - 1]);",
        ]
      : []),
    `const gap = ${of(gap)}; // what that variance adds to the loss at most`,
    `const margin = ${standardErrors} * Math.sqrt(${parenthesised(of(rowVariance))} / x.shape[0]);`,
    `const mean = ${isSum ? "loss / x.shape[0]; // the loss is a sum over rows" : "loss;"}`,
    `const low = ${expected}${canHelp(gap) ? " + Math.min(gap, 0)" : ""} - margin;`,
    `const high = ${expected} + ${canHelp(gap) ? "Math.max(gap, 0)" : "gap"} + margin;`,
    `console.log(\`initial loss \${mean.toFixed(4)}, expected \${low.toFixed(4)} to \${high.toFixed(4)}\`);`,
    `if (!(mean >= low && mean <= high)) throw new Error("${failed}");`,
  ];
  return lines.join("\n");
}

/** Whether noise can lower the loss. */
const canHelp = (gap: ByVariance) => ("table" in gap ? gap.table.some((value) => value < 0) : gap.slope < 0);
const straight = ({ at0, slope }: { at0: number; slope: number }) =>
  at0 === 0 ? `${number(slope)} * variance` : `${number(at0)} + ${number(slope)} * variance`;
const parenthesised = (code: string) => (code.includes(" + ") ? `(${code})` : code);

/** Numbers a line of code can hold, each with all the digits of float32 and a few more. */
const number = (value: number, digits = 12) => String(Number(value.toPrecision(digits)));
/** What is interpolated need not be more exact. */
const tableDigits = 6;

/** A list over several lines of at most 80 letters. */
function list(values: readonly number[], digits?: number): string {
  const lines: string[] = [];
  let line = "";
  for (const value of values) {
    const next = `${number(value, digits)}, `;
    if (line.length + next.length > 76) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += next;
  }
  const rows = [...lines, line.replace(/, $/, "")];
  return rows.length === 1 ? `[${rows[0]}]` : `[\n    ${rows.join("\n    ")},\n]`;
}
