import type { Graph } from "./graph.ts";
import { glorotUniform, type Layer, type LayerParameter } from "./layer.ts";
import type { Value } from "./op.ts";
import { gate, gruStep, lstmStep } from "./recurrentCells.ts";

export interface RecurrentOptions {
  /** Whether the output is that of every step, (length, units), or only that of the last, (units). */
  readonly returnSequences?: boolean;
}

/** One step: from the products of its input with the kernel, and the state, whose first value is the output. */
type Step = (graph: Graph, inputs: Value, state: readonly Value[], recurrent: readonly Value[]) => Value[];

/**
 * Long short-term memory along sequences (length, features), as Keras defines it: gates in the order input, forget, cell,
 * output; a recurrent kernel with orthonormal rows. The bias of the forget gate starts at 0, in Keras at 1.
 */
export function lstm(units: number, options: RecurrentOptions = {}): Layer {
  const step: Step = (graph, inputs, [h, cell], [kernel]) => {
    const sums = graph.op("Gemm", [h, kernel, inputs]);
    const inputAndForget = graph.op("Sigmoid", [graph.slice(sums, [{ axis: 1, start: 0, end: 2 * units }])]);
    const [i, f] = [0, 1].map((k) => gate(graph, inputAndForget, k, units));
    const g = graph.op("Tanh", [gate(graph, sums, 2, units)]);
    const o = graph.op("Sigmoid", [gate(graph, sums, 3, units)]);
    const next = lstmStep(graph, { i, f, g, o }, cell);
    return [next.h, next.cell];
  };
  return recurrentLayer("lstm", units, { gates: 4, states: 2, biases: 1, step }, options);
}

/**
 * Gated recurrent unit along sequences (length, features), as Keras defines it with `reset_after`: gates in the order
 * update, reset, candidate; one bias for the input and one for the state.
 */
export function gru(units: number, options: RecurrentOptions = {}): Layer {
  const step: Step = (graph, inputs, [h], [kernel, bias]) => {
    const products = graph.op("Gemm", [h, kernel, bias]);
    const sum = (k: number) => graph.add(gate(graph, inputs, k, units), gate(graph, products, k, units));
    const [z, r] = [0, 1].map((k) => graph.op("Sigmoid", [sum(k)]));
    const remembered = graph.mul(r, gate(graph, products, 2, units));
    const candidate = graph.op("Tanh", [graph.add(gate(graph, inputs, 2, units), remembered)]);
    return [gruStep(graph, z, candidate, h)];
  };
  return recurrentLayer("gru", units, { gates: 3, states: 1, biases: 2, step }, options);
}

interface CellKind {
  readonly gates: number;
  /** Values that one step hands to the next. */
  readonly states: number;
  /** 1, or 2 where the products with the state have a bias of their own. */
  readonly biases: 1 | 2;
  readonly step: Step;
}

/** A recurrent layer, unrolled over the steps. */
function recurrentLayer(
  kind: string,
  units: number,
  { gates, states, biases, step }: CellKind,
  { returnSequences = false }: RecurrentOptions,
): Layer {
  const width = gates * units;
  const bias = (name: string): LayerParameter => ({
    name,
    shape: [width],
    initializer: { kind: "zeros" },
  });
  return {
    kind,
    parameters: ([, features]) => [
      { name: "kernel", shape: [features, width], initializer: glorotUniform([features, width]) },
      { name: "recurrentKernel", shape: [units, width], initializer: { kind: "orthogonal" } },
      bias("bias"),
      ...(biases === 2 ? [bias("recurrentBias")] : []),
    ],
    output: (input) => {
      if (input.length !== 2)
        throw new RangeError(`${kind} takes sequences (length, features), got shape [${input}]`);
      return returnSequences ? [input[0], units] : [units];
    },
    apply: (graph, x, [kernel, recurrentKernel, inputBias, ...recurrentBias]) => {
      const [n, length, features] = x.shape;
      const flat = graph.reshape(graph.transpose(x, [1, 0, 2]), [length * n, features]);
      const inputs = graph.op("Gemm", [flat, kernel, inputBias]);
      let state: Value[] = Array(states).fill(graph.expand(graph.scalar(0, x.dtype), [n, units]));
      const outputs = Array.from({ length }, (_, t) => {
        const now = graph.slice(inputs, [{ axis: 0, start: t * n, end: (t + 1) * n }]);
        state = step(graph, now, state, [recurrentKernel, ...recurrentBias]);
        return graph.reshape(state[0], [n, 1, units]);
      });
      return returnSequences ? graph.op("Concat", outputs, { axis: 1 }) : state[0];
    },
  };
}
