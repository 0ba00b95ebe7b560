import type { Op } from "../op.ts";
import { zero } from "../op.ts";
import type { ModAttributes } from "../opAttributes.ts";
import { binary, evaluateEach, unary } from "./elementwise.ts";

/** d sin(x) = cos(x) */
export const Sin = unary(Math.sin, ({ graph, x, dy }) => graph.mul(dy, graph.op("Cos", x)));
/** d cos(x) = -sin(x) */
export const Cos = unary(Math.cos, ({ graph, x, dy }) => graph.neg(graph.mul(dy, graph.op("Sin", x))));
export const Floor = unary(Math.floor, zero);
export const Ceil = unary(Math.ceil, zero);

/** To the nearest whole number, halves to the even one. */
export const Round = unary((x) => {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}, zero);

/**
 * The remainder of a / b: with `truncated` (ONNX's fmod) it has the sign of a, else that of b, for integers only.
 * a mod b = a - b trunc(a / b).
 */
export const Mod: Op<ModAttributes> = {
  type: binary(Math.max, [zero, zero]).type,
  gradient: [
    ({ dy }) => dy,
    ({ graph, x: [a, b], dy }) => {
      const quotient = graph.div(a, b);
      const whole = graph.mul(graph.op("Sign", [quotient]), graph.op("Floor", [graph.op("Abs", [quotient])]));
      return graph.neg(graph.mul(dy, whole));
    },
  ],
  evaluate: (x, y, { truncated }) =>
    evaluateEach((a, b) => (truncated ? a % b : a - b * Math.floor(a / b)))(x, y),
  lower: ({ truncated }) => ({ attributes: { fmod: Number(truncated) } }),
};
