import type { SeededRandom } from "../math/seededRandom.ts";
import type { Tensor } from "./tensor.ts";
import { elementCount } from "./tensor.ts";

/** How noise is drawn: 1 with probability `keep` and else 0; uniform; or normal. */
export type NoiseKind =
  | { readonly kind: "mask"; readonly keep: number }
  | { readonly kind: "uniform"; readonly low: number; readonly high: number }
  | { readonly kind: "normal"; readonly mean: number; readonly standardDeviation: number };

/** Random numbers that a training step is fed, such as the mask of a dropout: drawn anew for each step. */
export interface NetworkNoise {
  readonly name: string;
  /** Its element type is float32. */
  readonly shape: readonly number[];
  readonly kind: NoiseKind;
  draw(random: SeededRandom): Tensor;
}

export function networkNoise(name: string, kind: NoiseKind, shape: readonly number[]): NetworkNoise {
  const next = (random: SeededRandom) => {
    if (kind.kind === "mask") return Number(random.uniform() < kind.keep);
    if (kind.kind === "uniform") return kind.low + (kind.high - kind.low) * random.uniform();
    return kind.mean + kind.standardDeviation * random.normal();
  };
  return {
    name,
    shape,
    kind,
    draw: (random) => {
      const data = Float32Array.from({ length: elementCount(shape) }, () => next(random));
      return { dtype: "float32", shape, data };
    },
  };
}
