import { expect, test } from "vitest";
import { evaluate } from "../../src/graph/evaluate.ts";
import { Graph } from "../../src/graph/graph.ts";
import { type LossName, losses } from "../../src/graph/losses.ts";
import { bind } from "../../src/heads/bind.ts";
import { findHead } from "../../src/heads/index.ts";
import { summarizeBinary, summarizeDistributions } from "../../src/labels/summarize.ts";
import { random } from "../../src/math/random.ts";

test.each(Object.keys(losses) as LossName[])("the graph's %s loss is the head's, row by row", (name) => {
  const [rows, width] = [50, name === "softmax" ? 5 : 1];
  const draw = random(1, name);
  const outputs = Float64Array.from({ length: rows * width }, () => 30 * draw.normal());
  const labels = Float64Array.from({ length: rows }, () => draw.integer(Math.max(width, 2)));
  const graph = new Graph();
  const [z, y] = [graph.input("z", "float64", [rows, width]), graph.input("y", "int64", [rows])];
  graph.output("loss", losses[name](graph, z, y));
  const feeds = { z: { shape: z.shape, data: outputs }, y: { shape: y.shape, data: labels } };
  const { loss } = evaluate(graph, feeds);
  const { head } = findHead(name);
  labels.forEach((label, i) => {
    const oneHot = Array.from({ length: width }, (_, k) => Number(k === label));
    const summary = name === "softmax" ? summarizeDistributions([oneHot]) : summarizeBinary([label]);
    const expected = bind(head, summary).expectedLoss(outputs.subarray(i * width, (i + 1) * width));
    expect(loss.data[i]).toBeCloseTo(expected, 10);
  });
});
