import { describe, expect, test } from "vitest";
import { evaluateGraph } from "../../src/graph/evaluateGraph.ts";
import { gradients } from "../../src/graph/gradient.ts";
import { Graph } from "../../src/graph/graph.ts";
import { headLoss } from "../../src/graph/headLoss.ts";
import { cellOutput } from "../../src/heads/bind.ts";
import type { Head, Label } from "../../src/heads/head.ts";
import { heads } from "../../src/heads/index.ts";
import { sum } from "../../src/math/sum.ts";
import { type Case, caseOf } from "../heads/verify.ts";

const trainable = heads.filter((head) => head.lossIn && !head.notTrainable);

test("a head that cannot be trained with says why", () => {
  const without = heads.filter((head) => !trainable.includes(head));
  expect(without.map(({ name }) => name)).toEqual([
    "squared-dice",
    "dice",
    "tversky",
    "jaccard",
    "cox",
    "siglip",
    "info-nce",
    "triplet",
    "ranknet",
    "listnet",
    "lambdarank",
    "ctc",
  ]);
  expect(without.filter(({ notTrainable }) => !notTrainable)).toEqual([]);
});

/** Labels of a row as numbers one after another. */
const flat = (label: Label): number[] => (typeof label === "number" ? [label] : Array.from(label));

/** Losses of the rows of a case and the gradient of their sum, from the graph and from the float64 functions. */
function bothWays(head: Head, { bound, rows, random }: Case) {
  const { outputs, columns, cellOptions } = bound;
  const count = rows.labels.length;
  const z = Float64Array.from({ length: count * outputs }, () => 1.5 * random.normal());
  const labels = rows.labels.map(flat);
  const labelSize = labels[0].length;
  const graph = new Graph();
  const [output, given] = [
    graph.input("z", "float64", [count, outputs]),
    graph.input("y", "float64", labelSize === 1 ? [count] : [count, labelSize]),
  ];
  const loss = headLoss({ head, cellOptions, columns: bound.options.columns as "mean", labelSize });
  const losses = loss.rowLosses(graph, output, loss.readLabels(graph, given));
  graph.output("losses", losses);
  graph.output(
    "gradient",
    gradients(graph, graph.op("ReduceSum", [losses], { keepDims: false }), [output])[0],
  );
  const fed = {
    z: { shape: output.shape, data: z },
    y: { shape: given.shape, data: Float64Array.from(labels.flat()) },
  };
  const found = evaluateGraph(graph, fed);
  const cells = rows.labels.map((label, i) =>
    columns.map((_, j) => {
      const ofCell =
        columns.length > 1 ||
        (head.reads !== "survival" && head.reads !== "directions" && typeof label !== "number");
      const y = ofCell ? (label as ArrayLike<number>)[j] : label;
      const part = cellOutput(bound, z.subarray(i * outputs, (i + 1) * outputs), j);
      return { loss: head.loss!(part, y, cellOptions[j]), gradient: head.gradient!(part, y, cellOptions[j]) };
    }),
  );
  const scale = bound.options.columns === "sum" ? 1 : 1 / columns.length;
  return {
    found: { losses: found.losses.data, gradient: found.gradient.data },
    expected: {
      losses: cells.map((row) => scale * sum(row.map((cell) => cell.loss))),
      gradient: cells.flatMap((row) => row.flatMap((cell) => cell.gradient.map((g) => scale * g))),
    },
  };
}

const distance = (a: ArrayLike<number>, b: readonly number[]) =>
  b.reduce((most, value, i) => Math.max(most, Math.abs(a[i] - value) / Math.max(1, Math.abs(value))), 0);

describe.each(trainable.map((head) => [head.name, head] as const))("%s", (_name, head) => {
  const cases = Array.from({ length: 12 }, (_, n) => caseOf(head, n + 500));

  test("the loss of each row as graph nodes is the loss in float64", () => {
    for (const item of cases) {
      const { found, expected } = bothWays(head, item);
      expect(distance(found.losses, expected.losses)).toBeLessThan(1e-11);
    }
  });

  test("the derivative of the graph is the gradient that the solver uses", () => {
    for (const item of cases) {
      const { found, expected } = bothWays(head, item);
      expect(distance(found.gradient, expected.gradient)).toBeLessThan(1e-9);
    }
  });
});
