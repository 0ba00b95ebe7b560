import type { GraphProto, NodeProto } from "../onnx.gen.ts";

/**
 * Changes a graph to its inference form: batch normalisation with one output and the running statistics, dropout without
 * its flag (inference is the default), and random masks replaced by the share that they keep, which is their mean.
 */
export function toInference(graph: Pick<GraphProto, "node">): void {
  for (const node of graph.node) {
    if (node.opType === "BatchNormalization") {
      node.attribute = node.attribute.filter(({ name }) => name !== "training_mode");
      node.output = node.output.slice(0, 1);
    }
    if (node.opType === "Dropout") node.input = node.input.slice(0, 2);
    if (node.opType === "Bernoulli") Object.assign(node, { opType: "Identity", attribute: [] });
    for (const { g } of node.attribute) if (g) toInference(g);
  }
  replaceMasks(graph.node);
}

/**
 * Stochastic depth is exported as Cast(Less(uniform noise, share kept)) / share kept. In place of the comparison, the Cast
 * reads the share itself.
 */
function replaceMasks(nodes: readonly NodeProto[]): void {
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  for (const node of nodes) {
    if (node.opType !== "Cast" && node.opType !== "CastLike") continue;
    // The share kept may be cast to the noise's type: its template has the same.
    const template = producers.get(node.input[1] ?? "");
    if (template?.opType === "RandomUniformLike") node.input[1] = template.input[0];
    const comparison = producers.get(node.input[0]);
    if (comparison?.opType !== "Less") continue;
    const noise = producers.get(comparison.input[0]);
    if (noise?.opType === "RandomUniformLike" || noise?.opType === "RandomUniform") {
      node.input[0] = comparison.input[1];
    }
  }
}
