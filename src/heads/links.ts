import { log1pExpInverse } from "../math/log1pExp.ts";
import { logit, sigmoid } from "../math/logit.ts";
import { softmax } from "../math/logSumExp.ts";
import type { Algebra, OutputVector } from "./algebra.ts";
import { float64Algebra } from "./float64Algebra.ts";

/**
 * What lies between a cell's raw outputs and its predictions. Links are compared by identity (`link === softmaxLink`),
 * never by their text.
 */
export interface Link {
  readonly name: string;
  /** For people: `p = softmax(z)`. */
  readonly text: string;
  /** The predictions of a cell's outputs; usually as many as outputs. */
  apply(output: OutputVector): number[];
  /**
   * The outputs of predictions that lie strictly between `low` and `high`, up to a constant where the link does not tell
   * shifted outputs apart. Absent where predictions do not tell the outputs.
   */
  inverse?(prediction: OutputVector): number[];
  /** Derivative of each prediction in its own output. Absent where a prediction depends on several outputs. */
  slope?(output: OutputVector): number[];
  /** Bounds that hold for all predictions of a cell. */
  readonly low: number;
  readonly high: number;
}

/** A link that takes each output to a prediction of its own, all by the same function. */
export interface ElementwiseLink extends Required<Link> {
  /** The prediction of one output, in the algebra that losses are written in. */
  at<S, V>(m: Algebra<S, V>, z: S): S;
}

interface Functions {
  readonly at: <S, V>(m: Algebra<S, V>, z: S) => S;
  readonly inverse: (prediction: number) => number;
  readonly slope: (z: number) => number;
  readonly low?: number;
  readonly high?: number;
}

export function elementwise(
  name: string,
  text: string,
  { at, inverse, slope, low = -Infinity, high = Infinity }: Functions,
): ElementwiseLink {
  return {
    name,
    text,
    at,
    apply: (output) => Array.from(output, (z) => at(float64Algebra, z)),
    inverse: (prediction) => Array.from(prediction, inverse),
    slope: (output) => Array.from(output, slope),
    low,
    high,
  };
}

export const identityLink = elementwise("identity", "prediction = z", {
  at: (_, z) => z,
  inverse: (prediction) => prediction,
  slope: () => 1,
});

export const sigmoidLink = elementwise("sigmoid", "p = sigmoid(z)", {
  at: (m, z) => m.sigmoid(z),
  inverse: logit,
  slope: (z) => sigmoid(z) * sigmoid(-z),
  low: 0,
  high: 1,
});

export const tanhLink = elementwise("tanh", "prediction = tanh(z)", {
  at: (m, z) => m.tanh(z),
  inverse: Math.atanh,
  slope: (z) => 4 * sigmoid(2 * z) * sigmoid(-2 * z),
  low: -1,
  high: 1,
});

export const softplusLink = elementwise("softplus", "prediction = softplus(z)", {
  at: (m, z) => m.log1pExp(z),
  inverse: log1pExpInverse,
  slope: sigmoid,
  low: 0,
});

export const expLink = elementwise("exp", "prediction = exp(z)", {
  at: (m, z) => m.exp(z),
  inverse: Math.log,
  slope: Math.exp,
  low: 0,
});

/** The larger of the output and a bound. The inverse holds above the bound, where the link is not flat. */
export const clampLink = (low: number) =>
  elementwise("clamp", `prediction = max(z, ${low})`, {
    at: (m, z) => m.max(z, low),
    inverse: (prediction) => prediction,
    slope: (z) => (z > low ? 1 : 0),
    low,
  });

export const reluLink: ElementwiseLink = { ...clampLink(0), name: "relu", text: "prediction = relu(z)" };

export const softmaxLink: Link = {
  name: "softmax",
  text: "p = softmax(z)",
  apply: softmax,
  inverse: (prediction) => Array.from(prediction, Math.log),
  low: 0,
  high: 1,
};

/** The same link under another text; another object, so not identical to the first. */
export const described = <L extends Link>(link: L, text: string): L => ({ ...link, text });

/** A link of several parts side by side: each takes its own number of consecutive outputs to as many predictions. */
export function linkOfParts(text: string, parts: readonly (readonly [link: Link, outputs: number])[]): Link {
  const eachPart = (values: OutputVector, of: (link: Link, part: number[]) => number[]) => {
    const all = Array.from(values);
    let start = 0;
    return parts.flatMap(([link, outputs]) => {
      start += outputs;
      return of(link, all.slice(start - outputs, start));
    });
  };
  const links = parts.map(([link]) => link);
  return {
    name: links.map(({ name }) => name).join(", "),
    text,
    apply: (output) => eachPart(output, (link, part) => link.apply(part)),
    ...(links.every(({ inverse }) => inverse) && {
      inverse: (prediction: OutputVector) => eachPart(prediction, (link, part) => link.inverse!(part)),
    }),
    ...(links.every(({ slope }) => slope) && {
      slope: (output: OutputVector) => eachPart(output, (link, part) => link.slope!(part)),
    }),
    low: Math.min(...links.map(({ low }) => low)),
    high: Math.max(...links.map(({ high }) => high)),
  };
}
