import type { Op } from "../op.ts";
import { zero } from "../op.ts";
import type { NoAttributes } from "../opAttributes.ts";
import { broadcastShape } from "../tensor.ts";
import { evaluateEach } from "./elementwise.ts";

/** An op on bools: its output is a bool, and it carries no gradient. */
function logical(f: (a: boolean, b: boolean) => boolean): Op<NoAttributes> {
  return {
    type: ([a, b]) => {
      if (a.dtype !== "bool" || b.dtype !== "bool") {
        throw new RangeError(`inputs must be bool, got ${a.dtype} and ${b.dtype}`);
      }
      return { dtype: "bool", shape: broadcastShape(a.shape, b.shape) };
    },
    gradient: [zero, zero],
    evaluate: evaluateEach((a, b) => Number(f(a !== 0, b !== 0))),
  };
}

export const And = logical((a, b) => a && b);
export const Or = logical((a, b) => a || b);
export const Xor = logical((a, b) => a !== b);

export const IsNaN: Op<NoAttributes> = {
  type: ([x]) => ({ dtype: "bool", shape: x.shape }),
  gradient: [zero],
  evaluate: evaluateEach((x) => Number(Number.isNaN(x))),
};
