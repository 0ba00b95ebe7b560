import { expect, test } from "vitest";
import { evaluate } from "../../src/graph/evaluate.ts";
import { Graph } from "../../src/graph/graph.ts";
import { type LossName, losses } from "../../src/graph/losses.ts";
import { findHead } from "../../src/heads/index.ts";
import { random } from "../../src/math/random.ts";

test.each(Object.keys(losses) as LossName[])("the graph's %s loss is the head's, row by row", (name) => {
  const rows = 50;
  const width = name === "softmax" ? 5 : 1;
  const draw = random(1, name);
  const outputs = Float64Array.from({ length: rows * width }, () => 30 * draw.normal());
  const labels = Float64Array.from({ length: rows }, () => (name === "squared" ? draw.normal() : draw.integer(Math.max(width, 2))));
  const graph = new Graph();
  const labelType = name === "squared" ? "float64" : "int64";
  graph.output("loss", losses[name](graph, graph.input("z", "float64", [rows, width]), graph.input("y", labelType, [rows])));
  const { loss } = evaluate(graph, { z: { shape: [rows, width], data: outputs }, y: { shape: [rows], data: labels } });
  const { head } = findHead(name);
  for (let i = 0; i < rows; i++) {
    const expected = head.loss!(outputs.subarray(i * width, (i + 1) * width), labels[i], { classWeights: [], labelSmoothing: 0, positiveWeight: 1 });
    expect(loss.data[i]).toBeCloseTo(expected, 10);
  }
});
