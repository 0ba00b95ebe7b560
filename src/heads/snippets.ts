import { InputError, unknownName } from "../errors.ts";
import type { LabelSummary } from "../labels/summary.ts";
import { version } from "../version.ts";
import { band } from "./band.ts";
import { findHead } from "./index.ts";
import type { Options } from "./options.ts";
import { solve } from "./solve.ts";

/** Frameworks that lines to paste are written for. */
export const frameworks = ["keras", "pytorch", "jax", "flax", "tfjs", "numpy"] as const;
export type SnippetFramework = (typeof frameworks)[number];

/**
 * Width of the band. Four and not three, because the loss of a batch with few rows of a rare class is skewed: of 256 rows
 * that expect 8, one batch in 250 has 16 or more, and lies outside three.
 */
const standardErrors = 4;

/** The numbers that the lines hold. */
interface Figures {
  /** One line on what was solved. */
  readonly about: string;
  readonly bias: readonly number[];
  readonly expectedLoss: number;
  /** Variance of a row's loss: over the batch size, the squared standard error of its mean. */
  readonly rowVariance: number;
  /** What a unit of variance of the outputs without bias adds to that. */
  readonly noiseVariance: number;
  /** What a unit of variance of the outputs without bias adds to the loss at most (Jensen's gap). */
  readonly gap: number;
  /** Whether only differences between outputs count, so that the variance is taken about each row's mean. */
  readonly centred: boolean;
}

/**
 * Lines to paste into a program: they set the bias of the output layer, and assert on the first batch that the initial
 * loss lies in its band, [L - 4 SE, L + gap + 4 SE], with the variance of the outputs measured on that batch.
 *
 * @throws InputError on an unknown framework, or a head that has no bias, or no band that grows with the variance
 */
export function snippet(
  framework: string,
  loss: string,
  labels: LabelSummary | undefined,
  options: Options = {},
): string {
  const write = Object.hasOwn(writers, framework) ? writers[framework as SnippetFramework] : undefined;
  if (write === undefined) throw unknownName("framework", framework, frameworks);
  return write(figuresOf(loss, labels, options));
}

function figuresOf(loss: string, labels: LabelSummary | undefined, options: Options): Figures {
  const { head, framework } = findHead(loss);
  const solution = solve(loss, labels, options);
  if (solution.expectedLoss === null || solution.kind === "none") {
    throw new InputError(`no lines to paste for ${head.name}: ${solution.reason}`);
  }
  const noiseless = band(loss, labels, { batchSize: 1 }, options);
  const [one, two] = [1, 2].map((outputVariance) =>
    band(loss, labels, { batchSize: 1, outputVariance }, options),
  );
  if (!(Math.abs(two.gap - 2 * one.gap) <= 1e-9 * Math.abs(two.gap))) {
    throw new InputError(
      `no lines to paste for ${head.name}: its band does not grow in proportion to the variance of the outputs; use baserate check`,
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

const writers: Record<SnippetFramework, (figures: Figures) => string> = {
  keras: (figures) => `${pythonHead(figures)}
import numpy as np
import keras

bias = np.array(${list(figures.bias)})
layer = model.layers[-1]  # the output layer: a Dense layer with a bias
layer.bias.assign(bias)

# x, y: the first batch, before any training; model: compiled with the loss
loss = model.test_on_batch(x, y, return_dict=True)["loss"]
features = keras.Model(model.inputs, layer.input).predict_on_batch(x)
noise = features @ keras.ops.convert_to_numpy(layer.kernel)
${pythonCheck(figures, "np")}`,

  pytorch: (figures) => `${pythonHead(figures)}
import torch

bias = torch.tensor(${list(figures.bias)})
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
${pythonCheck(figures, "method")}`,

  jax: (figures) => `${pythonHead(figures)}
import jax.numpy as jnp

bias = jnp.array(${list(figures.bias)})
params["output"]["bias"] = bias  # the output layer's

# x, y: the first batch, before any training; apply(params, x): the raw outputs
outputs = apply(params, x)
loss = float(loss_fn(outputs, y))
noise = outputs - bias
${pythonCheck(figures, "method")}`,

  flax: (figures) => `${pythonHead(figures)}
import jax.numpy as jnp

bias = jnp.array(${list(figures.bias)})
model.output.bias[...] = bias  # the output layer: an nnx.Linear with a bias

# x, y: the first batch, before any training; model(x): the raw outputs
outputs = model(x)
loss = float(loss_fn(outputs, y))
noise = outputs - bias
${pythonCheck(figures, "method")}`,

  numpy: (figures) => `${pythonHead(figures)}
import numpy as np

bias = np.array(${list(figures.bias)})

# x, y: the first batch, before any training; features(x) @ kernel: the outputs without bias
noise = features(x) @ kernel
loss = loss_fn(noise + bias, y)
${pythonCheck(figures, "np")}`,

  tfjs: (figures) => `// ${figures.about}
const bias = tf.tensor1d(${list(figures.bias)});
const layer = model.layers[model.layers.length - 1]; // the output layer: dense, with a bias
const [kernel] = layer.getWeights();
layer.setWeights([kernel, bias]);

// x, y: the first batch, before any training; model: compiled with the loss
const [loss] = [model.evaluate(x, y, { batchSize: x.shape[0] })].flat().map((value) => value.dataSync()[0]);
const features = tf.model({ inputs: model.inputs, outputs: layer.input }).predict(x, { batchSize: x.shape[0] });
const noise = tf.matMul(features, kernel);
const centre = ${figures.centred ? "noise.mean(-1, true)" : "0"};
const variance = noise.sub(centre).square().mean().dataSync()[0];
const margin = ${standardErrors} * Math.sqrt((${number(figures.rowVariance)} + ${number(figures.noiseVariance)} * variance) / x.shape[0]);
const low = ${number(figures.expectedLoss)} - margin;
const high = ${number(figures.expectedLoss)} + ${number(figures.gap)} * variance + margin;
console.log(\`initial loss \${loss.toFixed(4)}, expected \${low.toFixed(4)} to \${high.toFixed(4)}\`);
if (!(loss >= low && loss <= high)) throw new Error("the initial loss is not what the labels say");`,
};

const pythonHead = ({ about }: Figures) => `# ${about}`;

/** The check on `loss` and `noise`, the mean of the squares by \`np\` or as a method of the array. */
function pythonCheck(
  { expectedLoss, rowVariance, noiseVariance, gap, centred }: Figures,
  mean: "np" | "method",
): string {
  const spread = centred ? "(noise - noise.mean(-1, keepdims=True))" : "noise";
  return `variance = float(${mean === "np" ? `np.mean(${spread} ** 2)` : `(${spread} ** 2).mean()`})
margin = ${standardErrors} * ((${number(rowVariance)} + ${number(noiseVariance)} * variance) / len(x)) ** 0.5
low, high = ${number(expectedLoss)} - margin, ${number(expectedLoss)} + ${number(gap)} * variance + margin
print(f"initial loss {loss:.4f}, expected {low:.4f} to {high:.4f}")
assert low <= loss <= high, "the initial loss is not what the labels say"`;
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
