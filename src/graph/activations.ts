import type { Graph } from "./graph.ts";
import type { Operand, Value } from "./op.ts";

/** x where x > 0, and slope x elsewhere. */
export function leakyRelu(graph: Graph, x: Value, slope: Operand): Value {
  const negative = graph.op("Relu", [graph.neg(x)]);
  return graph.sub(graph.op("Relu", [x]), graph.mul(negative, slope));
}

/** x where x > 0, and alpha (e^(x / scale) - 1) elsewhere (Clevert et al. 2016). */
export function elu(graph: Graph, x: Value, alpha = 1, scale = 1): Value {
  const below = graph.neg(graph.op("Relu", [graph.neg(x)]));
  const curve = graph.sub(graph.op("Exp", [graph.div(below, scale)]), 1);
  return graph.add(graph.op("Relu", [x]), graph.mul(curve, alpha));
}

/** Klambauer et al. 2017, with their constants unless given. */
export function selu(graph: Graph, x: Value, alpha = 1.6732632423543772, scale = 1.0507009873554805): Value {
  return graph.mul(elu(graph, x, alpha), scale);
}

/** x sigmoid(beta x): swish, or SiLU for beta 1 (Elfwing et al. 2018). */
export function silu(graph: Graph, x: Value, beta = 1): Value {
  return graph.mul(x, graph.op("Sigmoid", [beta === 1 ? x : graph.mul(x, beta)]));
}

/** x tanh(softplus(x)) (Misra 2019). */
export function mish(graph: Graph, x: Value): Value {
  return graph.mul(x, graph.op("Tanh", [graph.op("Softplus", [x])]));
}

export function softsign(graph: Graph, x: Value): Value {
  return graph.div(x, graph.add(graph.op("Abs", [x]), 1));
}

/** What the activation of a layer can be, as Keras defines it. */
export const activations = {
  linear: (_: Graph, x: Value) => x,
  relu: (graph: Graph, x: Value) => graph.op("Relu", [x]),
  /** x Phi(x), exactly: Keras's `gelu(approximate=False)`. */
  gelu: (graph: Graph, x: Value) => graph.op("Gelu", [x]),
  silu: (graph: Graph, x: Value) => silu(graph, x),
  tanh: (graph: Graph, x: Value) => graph.op("Tanh", [x]),
  sigmoid: (graph: Graph, x: Value) => graph.op("Sigmoid", [x]),
  elu: (graph: Graph, x: Value) => elu(graph, x),
  selu: (graph: Graph, x: Value) => selu(graph, x),
  /** With Keras's slope. */
  leakyRelu: (graph: Graph, x: Value) => leakyRelu(graph, x, 0.2),
  softplus: (graph: Graph, x: Value) => graph.op("Softplus", [x]),
  softsign,
  mish,
};

export type Activation = keyof typeof activations;

export const activationNames = Object.keys(activations) as Activation[];
