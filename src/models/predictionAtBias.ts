import {
  expLink,
  identityLink,
  type Link,
  reluLink,
  sigmoidLink,
  softmaxLink,
  softplusLink,
  tanhLink,
} from "../heads/links.ts";
import type { ModelOutput } from "./model.ts";

/** The links that activations are, by their names in Keras, TensorFlow.js and ONNX in lower case. */
const links: Record<string, Link> = {
  linear: identityLink,
  sigmoid: sigmoidLink,
  softmax: softmaxLink,
  softplus: softplusLink,
  exponential: expLink,
  exp: expLink,
  tanh: tanhLink,
  relu: reluLink,
};

/**
 * What an output predicts where everything before the bias is 0: its activation applied to the bias. Undefined where
 * the file doesn't say the activation, where it is none of those above, and for a softmax over a convolution's
 * channels, which may be several groups of classes.
 */
export function predictionAtBias(
  { activation, convolution }: ModelOutput,
  bias: Float64Array,
): Float64Array | undefined {
  const name = activation?.toLowerCase();
  const link = name !== undefined && Object.hasOwn(links, name) ? links[name] : undefined;
  if (link === undefined || (link === softmaxLink && convolution)) return undefined;
  return Float64Array.from(link.apply(bias));
}
