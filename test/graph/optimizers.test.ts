import { expect, test } from "vitest";
import { evaluateGraph } from "../../src/graph/evaluateGraph.ts";
import { Graph } from "../../src/graph/graph.ts";
import { type LearningRate, learningRateAt } from "../../src/graph/learningRate.ts";
import { adam, adamW, type Optimizer } from "../../src/graph/optimizers.ts";

const scalar = (number: number) => ({ shape: [], data: Float64Array.of(number) });

function rateAt(rate: LearningRate, step: number): number {
  const graph = new Graph();
  const input = graph.input("step", "float64", []);
  graph.output("rate", graph.mul(graph.scalar(1, "float64"), learningRateAt(graph, rate, input)));
  return evaluateGraph(graph, { step: scalar(step) }).rate.data[0];
}

test("a stepwise rate changes with the step that follows the given number", () => {
  const rate = {
    start: 0.1,
    steps: [
      { after: 100, rate: 0.001 },
      { after: 10, rate: 0.01 },
    ],
  };
  expect([1, 10, 11, 100, 101].map((step) => rateAt(rate, step))).toEqual([0.1, 0.1, 0.01, 0.01, 0.001]);
});

test("a warm-up grows linearly up to the rate", () => {
  expect([1, 2, 4, 5].map((step) => rateAt({ start: 0.4, warmUp: 4 }, step))).toEqual([0.1, 0.2, 0.4, 0.4]);
});

test("a cosine falls from the rate to its end, and stays there", () => {
  const rate = { start: 1, warmUp: 2, cosine: { over: 12, end: 0.2 } };
  expect(rateAt(rate, 3)).toBeCloseTo(1, 12);
  expect(rateAt(rate, 8)).toBeCloseTo(0.6, 12);
  expect([13, 50].map((step) => rateAt(rate, step))).toEqual([0.2, 0.2]);
});

test("a schedule that contradicts itself is refused", () => {
  const cosine = { over: 5 };
  expect(() => rateAt({ start: 1, cosine, steps: [{ after: 1, rate: 1 }] }, 1)).toThrow(
    "both steps and cosine",
  );
  expect(() => rateAt({ start: 1, cosine, warmUp: 5 }, 1)).toThrow(
    "a cosine over 5 steps with a warm-up of 5; expected more steps than the warm-up has",
  );
});

/** The parameter 2 after one step at a gradient of 0.3. */
function stepped(optimizer: Optimizer): number {
  const graph = new Graph();
  const input = (name: string) => graph.input(name, "float64", []);
  const [parameter, gradient, step] = ["parameter", "gradient", "step"].map(input);
  const slots = optimizer.slots.map(input);
  const [[next]] = optimizer.update(graph, {
    parameters: [parameter],
    gradients: [gradient],
    slots: [slots],
    schedule: optimizer.schedule(graph, step),
  });
  graph.output("next", next);
  const zeros = Object.fromEntries(optimizer.slots.map((slot) => [slot, scalar(0)]));
  const feeds = { parameter: scalar(2), gradient: scalar(0.3), step: scalar(1) };
  return evaluateGraph(graph, { ...feeds, ...zeros }).next.data[0];
}

test("AdamW is Adam, but that the parameter loses learningRate weightDecay of itself", () => {
  expect(stepped(adamW({ weightDecay: 0.1 }))).toBeCloseTo(stepped(adam()) - 1e-3 * 0.1 * 2, 12);
  expect(stepped(adamW())).toBeCloseTo(stepped(adam()) - 1e-3 * 0.004 * 2, 12);
});
