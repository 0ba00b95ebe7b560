import { InputError, unknownName } from "../errors.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { version } from "../version.ts";
import { band } from "./band.ts";
import { findHead } from "./index.ts";
import type { Options } from "./options.ts";
import { solve } from "./solve.ts";

/** Frameworks that snippets are written for. */
export const frameworks = ["keras", "pytorch", "jax", "flax", "tfjs", "numpy"] as const;
export type SnippetFramework = (typeof frameworks)[number];

/**
 * Half the width of the band in standard errors. Four rather than three, because the loss of a batch with few rows of a rare
 * class is skewed: among batches of 256 rows with 8 expected rows of a class, one in 250 has 16 or more.
 */
const standardErrors = 4;

/** The numbers that a snippet contains. */
interface SnippetValues {
  /** One line about the loss and the labels. */
  readonly about: string;
  readonly bias: readonly number[];
  readonly expectedLoss: number;
  /** Variance of a row's loss: over the batch size, the squared standard error of its mean. */
  readonly rowVariance: number;
  /** What each unit of variance of the outputs without bias adds to that. */
  readonly noiseVariance: number;
  /** The most that each unit of that variance adds to the loss (Jensen's gap). */
  readonly gap: number;
  /** Whether only differences between outputs count, so that the variance is taken about each row's mean. */
  readonly centred: boolean;
}

/**
 * Code to paste into a program: it sets the bias of the output layer, and asserts on the first batch that the initial loss
 * lies in its band, [L - 4 SE, L + gap + 4 SE], with the variance of the outputs measured on that batch.
 *
 * @throws InputError on an unknown framework, or a head without a bias, or without a band that is linear in the variance
 */
export function snippet(
  framework: string,
  loss: string,
  labels: LabelSummary | undefined,
  options: Options = {},
): string {
  const write = Object.hasOwn(writers, framework) ? writers[framework as SnippetFramework] : undefined;
  if (write === undefined) throw unknownName("framework", framework, frameworks);
  return write(snippetValues(loss, labels, options));
}

function snippetValues(loss: string, labels: LabelSummary | undefined, options: Options): SnippetValues {
  const { head, framework } = findHead(loss);
  const solution = solve(loss, labels, options);
  if (solution.expectedLoss === null || solution.kind === "none") {
    throw new InputError(`no snippet for ${head.name}: ${solution.reason}`);
  }
  const noiseless = band(loss, labels, { batchSize: 1, options });
  const [one, two] = [1, 2].map((outputVariance) =>
    band(loss, labels, { batchSize: 1, outputVariance, options }),
  );
  if (!(Math.abs(two.gap - 2 * one.gap) <= 1e-9 * Math.abs(two.gap))) {
    throw new InputError(
      `no snippet for ${head.name}: its band is not linear in the variance of the outputs; use baserate check`,
    );
  }
  const rows = labels === undefined ? "" : `, ${Math.round(labels.rows)} rows`;
  return {
    about: `baserate ${version}: ${framework?.name ?? head.name}${rows}, expected loss ${solution.expectedLoss.toFixed(6)} (${solution.reduction})`,
    bias: solution.bias,
    expectedLoss: noiseless.expectedLoss,
    rowVariance: noiseless.standardError ** 2,
    noiseVariance: one.standardError ** 2 - noiseless.standardError ** 2,
    gap: one.gap,
    centred: solution.centredBias !== undefined,
  };
}

const writers: Record<SnippetFramework, (values: SnippetValues) => string> = {
  keras: (values) => `${pythonHead(values)}
import numpy as np
import keras

bias = np.array(${list(values.bias)})
layer = model.layers[-1]  # the output layer: a Dense layer with a bias
layer.bias.assign(bias)

# x, y: the first batch, before any training; model: compiled with the loss
loss = model.test_on_batch(x, y, return_dict=True)["loss"]
features = keras.Model(model.inputs, layer.input).predict_on_batch(x)
noise = features @ keras.ops.convert_to_numpy(layer.kernel)
${pythonCheck(values, "np")}`,

  pytorch: (values) => `${pythonHead(values)}
import torch

bias = torch.tensor(${list(values.bias)})
layer = model[-1]  # the output layer: a Linear layer with a bias
with torch.no_grad():
    layer.bias.copy_(bias)

# x, y: the first batch, before any training; criterion: the loss
model.eval()
with torch.no_grad():
    outputs = model(x)
    loss = criterion(outputs, y).item()
    noise = (outputs - layer.bias).double().numpy()
model.train()
${pythonCheck(values, "method")}`,

  jax: (values) => `${pythonHead(values)}
import jax.numpy as jnp

bias = jnp.array(${list(values.bias)})
params["output"]["bias"] = bias  # the output layer's

# x, y: the first batch, before any training; apply(params, x): the raw outputs
outputs = apply(params, x)
loss = float(loss_fn(outputs, y))
noise = outputs - bias
${pythonCheck(values, "method")}`,

  flax: (values) => `${pythonHead(values)}
import jax.numpy as jnp

bias = jnp.array(${list(values.bias)})
model.output.bias[...] = bias  # the output layer: an nnx.Linear with a bias

# x, y: the first batch, before any training; model(x): the raw outputs
outputs = model(x)
loss = float(loss_fn(outputs, y))
noise = outputs - bias
${pythonCheck(values, "method")}`,

  numpy: (values) => `${pythonHead(values)}
import numpy as np

bias = np.array(${list(values.bias)})

# x, y: the first batch, before any training; features(x) @ kernel: the outputs without bias
noise = features(x) @ kernel
loss = loss_fn(noise + bias, y)
${pythonCheck(values, "np")}`,

  tfjs: (values) => `// ${values.about}
const bias = tf.tensor1d(${list(values.bias)});
const layer = model.layers[model.layers.length - 1]; // the output layer: dense, with a bias
const [kernel] = layer.getWeights();
layer.setWeights([kernel, bias]);

// x, y: the first batch, before any training; model: compiled with the loss
const [loss] = [model.evaluate(x, y, { batchSize: x.shape[0] })].flat().map((value) => value.dataSync()[0]);
const features = tf.model({ inputs: model.inputs, outputs: layer.input }).predict(x, { batchSize: x.shape[0] });
const noise = tf.matMul(features, kernel);
const centre = ${values.centred ? "noise.mean(-1, true)" : "0"};
const variance = noise.sub(centre).square().mean().dataSync()[0];
const margin = ${standardErrors} * Math.sqrt((${number(values.rowVariance)} + ${number(values.noiseVariance)} * variance) / x.shape[0]);
const low = ${number(values.expectedLoss)} - margin;
const high = ${number(values.expectedLoss)} + ${number(values.gap)} * variance + margin;
console.log(\`initial loss \${loss.toFixed(4)}, expected \${low.toFixed(4)} to \${high.toFixed(4)}\`);
if (!(loss >= low && loss <= high)) throw new Error("the initial loss is not what the labels imply");`,
};

const pythonHead = ({ about }: SnippetValues) => `# ${about}`;

/** The check on `loss` and `noise`, the mean of the squares by \`np\` or as a method of the array. */
function pythonCheck(
  { expectedLoss, rowVariance, noiseVariance, gap, centred }: SnippetValues,
  mean: "np" | "method",
): string {
  const deviation = centred ? "(noise - noise.mean(-1, keepdims=True))" : "noise";
  return `variance = float(${mean === "np" ? `np.mean(${deviation} ** 2)` : `(${deviation} ** 2).mean()`})
margin = ${standardErrors} * ((${number(rowVariance)} + ${number(noiseVariance)} * variance) / len(x)) ** 0.5
low, high = ${number(expectedLoss)} - margin, ${number(expectedLoss)} + ${number(gap)} * variance + margin
print(f"initial loss {loss:.4f}, expected {low:.4f} to {high:.4f}")
assert low <= loss <= high, "the initial loss is not what the labels imply"`;
}

/** Numbers a line of code can hold, each with all the digits of float32 and a few more. */
const number = (value: number) => String(Number(value.toPrecision(12)));

/** A list over several lines of at most 80 letters. */
function list(values: readonly number[]): string {
  const lines: string[] = [];
  let line = "";
  for (const value of values) {
    const next = `${number(value)}, `;
    if (line.length + next.length > 76) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += next;
  }
  const rows = [...lines, line.replace(/, $/, "")];
  return rows.length === 1 ? `[${rows[0]}]` : `[\n    ${rows.join("\n    ")},\n]`;
}
