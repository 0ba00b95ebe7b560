import type { Graph, GraphNode } from "../graph.ts";
import type { Value } from "../op.ts";
import type { OpName } from "../opAttributes.ts";
import { broadcastShape, numbers, sameShape, type Tensor } from "../tensor.ts";

/** Constants in files are float32. */
const closeness = 1e-6;

/**
 * x, if the product of two values is gelu(x) = x (1 + erf(x / sqrt 2)) / 2 as exporters write it: with the half as the last
 * factor, or beside x. The one operator has a gradient with fewer nodes than the five have together.
 *
 * @param known contents of the constants, by name
 */
export function geluOfErf(
  graph: Graph,
  factors: readonly [Value, Value],
  known: ReadonlyMap<string, Tensor>,
): Value | undefined {
  const isNumber = ({ name }: Value, wanted: number) => {
    const content = known.get(name);
    return content?.data.length === 1 && Math.abs(numbers(content)[0] - wanted) < closeness;
  };
  /** The operands of the node that made a value, if it is of that op. */
  const operands = ({ name }: Value, op: OpName): readonly Value[] => {
    const entry = graph.tape.findLast(({ y }) => y.name === name);
    return entry && "op" in entry && (entry as GraphNode).op === op ? entry.x : [];
  };
  /** The other of two operands, where one is a number. */
  const beside = (values: readonly Value[], number: number) => {
    const at = values.findIndex((value) => isNumber(value, number));
    return values.length === 2 && at >= 0 ? values[1 - at] : undefined;
  };
  /** x, if a value is 1 + erf(x / sqrt 2). */
  const insideErf = (value: Value) => {
    const erf = beside(operands(value, "Add"), 1);
    const [scaled] = erf ? operands(erf, "Erf") : [];
    if (!scaled) return undefined;
    const [x, divisor] = operands(scaled, "Div");
    return divisor && isNumber(divisor, Math.SQRT2) ? x : beside(operands(scaled, "Mul"), Math.SQRT1_2);
  };
  const half = beside(factors, 0.5);
  const pair = half ? operands(half, "Mul") : factors;
  if (pair.length === 0) return undefined;
  const shape = broadcastShape(factors[0].shape, factors[1].shape);
  for (const [a, b] of [pair, pair.toReversed()]) {
    const x = insideErf(b);
    const other = half ? a : beside(operands(a, "Mul"), 0.5);
    if (x && other && x.name === other.name && sameShape(x.shape, shape)) return x;
  }
  return undefined;
}
