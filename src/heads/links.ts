import { log1pExp, log1pExpInverse } from "../math/log1pExp.ts";
import { logit, sigmoid } from "../math/logit.ts";
import { softmax } from "../math/logSumExp.ts";

/** Raw outputs of a cell: a plain or a typed array. */
export type OutputVector = ArrayLike<number> & Iterable<number>;

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
interface ScalarLink {
  readonly apply: (z: number) => number;
  readonly inverse: (prediction: number) => number;
  readonly slope: (z: number) => number;
  readonly low?: number;
  readonly high?: number;
}

function elementwise(name: string, text: string, { apply, inverse, slope, ...bounds }: ScalarLink) {
  return {
    name,
    text,
    apply: (output) => Array.from(output, apply),
    inverse: (prediction) => Array.from(prediction, inverse),
    slope: (output) => Array.from(output, slope),
    low: bounds.low ?? -Infinity,
    high: bounds.high ?? Infinity,
  } satisfies Link;
}

export const identityLink = elementwise("identity", "prediction = z", {
  apply: (z) => z,
  inverse: (prediction) => prediction,
  slope: () => 1,
});

export const sigmoidLink = elementwise("sigmoid", "p = sigmoid(z)", {
  apply: sigmoid,
  inverse: logit,
  slope: (z) => sigmoid(z) * sigmoid(-z),
  low: 0,
  high: 1,
});

export const tanhLink = elementwise("tanh", "prediction = tanh(z)", {
  apply: Math.tanh,
  inverse: Math.atanh,
  slope: (z) => 4 * sigmoid(2 * z) * sigmoid(-2 * z),
  low: -1,
  high: 1,
});

export const softplusLink = elementwise("softplus", "prediction = softplus(z)", {
  apply: log1pExp,
  inverse: log1pExpInverse,
  slope: sigmoid,
  low: 0,
});

export const expLink = elementwise("exp", "prediction = exp(z)", {
  apply: Math.exp,
  inverse: Math.log,
  slope: Math.exp,
  low: 0,
});

/** The larger of the output and a bound: `inverse` holds above the bound, where it is not flat. */
export const clampLink = (low: number) =>
  elementwise("clamp", `prediction = max(z, ${low})`, {
    apply: (z) => Math.max(low, z),
    inverse: (prediction) => prediction,
    slope: (z) => (z > low ? 1 : 0),
    low,
  });

export const reluLink = { ...clampLink(0), name: "relu", text: "prediction = relu(z)" } satisfies Link;

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
