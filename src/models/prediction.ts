import { log1pExp } from "../math/log1pExp.ts";
import { sigmoid } from "../math/logit.ts";
import { softmax } from "../math/logSumExp.ts";
import type { Output } from "./model.ts";

/** Activations that work on each unit alone, by their names in Keras, TensorFlow.js and ONNX in lower case. */
const elementwise: Record<string, (output: number) => number> = {
  linear: (output) => output,
  sigmoid,
  softplus: log1pExp,
  exponential: Math.exp,
  exp: Math.exp,
  tanh: Math.tanh,
  relu: (output) => Math.max(0, output),
};

/**
 * What an output predicts where everything before the bias is 0: its activation applied to the bias. Undefined where
 * the file doesn't say the activation, where it is none of those above, and for a softmax over a convolution's
 * channels, which may be several groups of classes.
 */
export function prediction(
  { activation, convolution }: Output,
  bias: Float64Array,
): Float64Array | undefined {
  const name = activation?.toLowerCase();
  if (name === "softmax") return convolution ? undefined : Float64Array.from(softmax(bias));
  return name !== undefined && name in elementwise ? bias.map(elementwise[name]) : undefined;
}
