import { expect, test } from "vitest";
import { evaluateGraph } from "../../src/graph/evaluateGraph.ts";
import { Graph } from "../../src/graph/graph.ts";
import { joinedLoss, joinedShape, joinLabels, joinOutputs, partValues } from "../../src/graph/outputParts.ts";
import { rowLoss } from "../../src/heads/bind.ts";
import { findHead } from "../../src/heads/index.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { trainingLoss } from "../../src/runtime/trainingLoss.ts";

const rows = 5;
/** A class at each of four places, one number, and three yes/no labels. */
const parts = [
  { places: 4, width: 3, loss: "softmax", labelSize: 1, label: () => integer(3) },
  { places: 1, width: 1, loss: "huber", labelSize: 1, label: () => normal() },
  { places: 1, width: 3, loss: "sigmoid", labelSize: 3, label: () => integer(2) },
];
const { integer, normal } = seededRandom(11);
const random = (count: number, draw: () => number) => Float64Array.from({ length: count }, draw);
const outputs = parts.map(({ places, width }) => random(rows * places * width, () => normal()));
const labels = parts.map(({ places, labelSize, label }) => random(rows * places * labelSize, label));

test("joined outputs hold each part where partValues finds it", () => {
  const graph = new Graph();
  const values = parts.map(({ places, width }, i) => graph.input(`x${i}`, "float64", [rows * places, width]));
  graph.output("joined", joinOutputs(graph, parts, values));
  const feeds = values.map(({ name, shape }, i) => [name, { shape, data: outputs[i] }] as const);
  const { data: joined } = evaluateGraph(graph, Object.fromEntries(feeds)).joined;
  expect(joinedShape(parts)).toMatchObject({ places: 6, width: 3 });
  for (const i of parts.keys()) expect(partValues(joined, parts, i)).toEqual(outputs[i]);
});

test("the joined loss of a place is that of its output by itself", () => {
  const graph = new Graph();
  const losses = parts.map(
    ({ loss, places, width }, i) => trainingLoss({ loss }, labels[i], rows * places, width).graph,
  );
  const values = parts.map(({ places, width }, i) => graph.input(`x${i}`, "float64", [rows * places, width]));
  const labelled = parts.map(({ places, labelSize }) => ({ places, width: labelSize }));
  const y = graph.input("y", "float64", [rows * 6, 3]);
  graph.output("losses", joinedLoss(parts, losses).rowLosses(graph, joinOutputs(graph, parts, values), y));
  const feeds = values.map(({ name, shape }, i) => [name, { shape, data: outputs[i] }] as const);
  const given = { ...Object.fromEntries(feeds), y: { shape: y.shape, data: joinLabels(labelled, labels) } };
  const { data: found } = evaluateGraph(graph, given).losses;
  const expected = Array.from({ length: rows }, (_, row) =>
    parts.flatMap(({ places, width, labelSize, loss }, i) =>
      Array.from({ length: places }, (_, p) => {
        const at = row * places + p;
        const label = labels[i].slice(at * labelSize, (at + 1) * labelSize);
        const output = outputs[i].slice(at * width, (at + 1) * width);
        return rowLoss(findHead(loss).head, output, labelSize === 1 ? label[0] : label);
      }),
    ),
  ).flat();
  for (const [i, loss] of expected.entries()) expect(found[i]).toBeCloseTo(loss, 9);
});
