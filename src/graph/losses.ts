import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";

/** A head's loss as graph nodes: the loss of each row, (N), from outputs (N, K) before the link, and labels (N). */
export type GraphLoss = (graph: Graph, output: Value, labels: Value) => Value;

/** -log softmax(z)[y]; labels are class indices. */
const softmax: GraphLoss = (graph, output, labels) => {
  const logProbabilities = graph.op("LogSoftmax", [output], { axis: -1 });
  const picked = graph.mul(logProbabilities, graph.oneHot(labels, output.shape[1], output.dtype));
  return graph.neg(graph.op("ReduceSum", [picked], { axes: [1], keepDims: false }));
};

/** log(1 + e^z) - y z; one output a row, labels in [0, 1]. */
const sigmoid: GraphLoss = (graph, output, labels) => {
  const z = graph.reshape(output, [output.shape[0]]);
  return graph.sub(graph.op("Softplus", [z]), graph.mul(graph.cast(labels, z.dtype), z));
};

/** The heads that a network can be trained with, by their names in the catalogue; a test holds each to its head. */
export const losses = { softmax, sigmoid } as const satisfies Record<string, GraphLoss>;

export type LossName = keyof typeof losses;
