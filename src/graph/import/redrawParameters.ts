import { seededRandom } from "../../math/seededRandom.ts";
import type { Tensor } from "../tensor.ts";
import { elementCount, numbers, tensor } from "../tensor.ts";
import type { NetworkParameter } from "./networkTensors.ts";

/** How new values for a parameter were drawn. */
export interface ParameterRedraw {
  readonly name: string;
  /** `kept` for constants (zeros, ones); `shuffled` where the distribution was not recognised. */
  readonly how: "kept" | "uniform" | "normal" | "shuffled";
  /** The scale and where it comes from, for people: `uniform in ±0.1 (1 / sqrt(fan-in))`. */
  readonly text: string;
}

export interface RedrawnParameters {
  readonly values: Readonly<Record<string, Tensor>>;
  readonly report: readonly ParameterRedraw[];
}

/**
 * Draws new parameters for an untrained network from a seed. Constant tensors are kept; kernels are drawn uniformly or
 * normally, with the scale of their present values; values of any other distribution are shuffled within their tensor.
 * Each parameter has its own random stream, so that none depends on another.
 */
export function redrawParameters(parameters: readonly NetworkParameter[], seed: number): RedrawnParameters {
  const values: Record<string, Tensor> = {};
  const report: ParameterRedraw[] = [];
  for (const { name, shape, value } of parameters) {
    const { uniform, normal, shuffle } = seededRandom(seed, `weights/${name}`);
    const old = numbers(value);
    const { how, scale, text } = recognise(old, shape);
    report.push({ name, how, text });
    if (how === "kept") values[name] = value;
    else if (how === "shuffled") {
      const order = shuffle([...old.keys()]);
      values[name] = tensor(
        value.dtype,
        shape,
        old.map((_, i) => old[order[i]]),
      );
    } else {
      const next = how === "uniform" ? () => scale * (2 * uniform() - 1) : () => scale * normal();
      values[name] = tensor(value.dtype, shape, old.map(next));
    }
  }
  return { values, report };
}

/** Fewer values than this tell a distribution only by the rule that its scale follows, and very few not even so. */
const [fewest, fewestByRule] = [100, 24];

/**
 * Tells the distribution from the values' kurtosis: 1.8 if uniform, 3 if normal, with a standard error of about
 * sqrt(24 / n) for normal values; and the limit or standard deviation from the usual rules, if one is near.
 */
function recognise(values: Float64Array, shape: readonly number[]) {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const moment = (power: number) => values.reduce((sum, x) => sum + (x - mean) ** power, 0) / n;
  const variance = moment(2);
  if (variance === 0) {
    return { how: "kept", scale: 0, text: `all ${values[0] ?? 0}: kept` } as const;
  }
  const kurtosis = moment(4) / variance ** 2;
  const deviation = Math.sqrt(variance);
  const isCentred = Math.abs(mean) < (4 * deviation) / Math.sqrt(n);
  const tolerance = Math.max(4 * Math.sqrt(24 / n), 0.1);
  const shuffled = (why: string) => ({ how: "shuffled", scale: 0, text: `shuffled: ${why}` }) as const;
  const tooFew = shuffled(`${n} values do not tell their distribution`);
  if (n < fewestByRule) return tooFew;
  const unknown = shuffled("its distribution was not recognised");
  if (!isCentred) return unknown;
  if (Math.abs(kurtosis - 1.8) < tolerance / 2) {
    const limit = Math.max(...values.map(Math.abs));
    const { scale, rule } = nearestRule(limit, shape, uniformRules, 5 / n + 1e-3);
    if (n < fewest && rule === undefined) return tooFew;
    return {
      how: "uniform",
      scale,
      text: `uniform in ±${scale.toPrecision(4)} (${rule ?? "as its values show"})`,
    } as const;
  }
  if (Math.abs(kurtosis - 3) < tolerance) {
    const { scale, rule } = nearestRule(deviation, shape, normalRules, 4 / Math.sqrt(2 * n));
    if (n < fewest && rule === undefined) return tooFew;
    return {
      how: "normal",
      scale,
      text: `normal, standard deviation ${scale.toPrecision(4)} (${rule ?? "as its values show"})`,
    } as const;
  }
  return n < fewest ? tooFew : unknown;
}

type ScaleRule = readonly [text: string, scale: (fanIn: number, fanOut: number) => number];

/** Limits: PyTorch's default, Glorot and Bengio 2010, He et al. 2015, LeCun et al. 1998. */
const uniformRules: readonly ScaleRule[] = [
  ["1 / sqrt(fan-in)", (fanIn) => 1 / Math.sqrt(fanIn)],
  ["sqrt(6 / (fan-in + fan-out))", (fanIn, fanOut) => Math.sqrt(6 / (fanIn + fanOut))],
  ["sqrt(6 / fan-in)", (fanIn) => Math.sqrt(6 / fanIn)],
  ["sqrt(3 / fan-in)", (fanIn) => Math.sqrt(3 / fanIn)],
];

const normalRules: readonly ScaleRule[] = [
  ["1", () => 1],
  ["0.02", () => 0.02],
  ["0.01", () => 0.01],
  ["sqrt(2 / fan-in)", (fanIn) => Math.sqrt(2 / fanIn)],
  ["sqrt(2 / fan-out)", (_, fanOut) => Math.sqrt(2 / fanOut)],
  ["sqrt(2 / (fan-in + fan-out))", (fanIn, fanOut) => Math.sqrt(2 / (fanIn + fanOut))],
  ["1 / sqrt(fan-in)", (fanIn) => 1 / Math.sqrt(fanIn)],
];

/**
 * The scale of the rule that is nearest to what the values show, if it is within `tolerance`, else that of the values.
 * Kernels are (out, in, ...) or, for matrices, either way around.
 */
function nearestRule(
  shown: number,
  shape: readonly number[],
  rules: readonly ScaleRule[],
  tolerance: number,
): { scale: number; rule?: string } {
  if (shape.length >= 2) {
    const area = elementCount(shape.slice(2));
    const fans = [[shape[1] * area, shape[0] * area]];
    if (shape.length === 2) fans.push([shape[0], shape[1]]);
    for (const [fanIn, fanOut] of fans) {
      for (const [text, scaleOf] of rules) {
        const scale = scaleOf(fanIn, fanOut);
        if (Math.abs(shown / scale - 1) < tolerance) return { scale, rule: text };
      }
    }
  }
  return { scale: shown };
}
