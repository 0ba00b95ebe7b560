import { expect, test } from "vitest";
import { redrawParameters } from "../../src/graph/import/redrawParameters.ts";
import { elementCount, numbers, tensor } from "../../src/graph/tensor.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";

const { uniform, normal } = seededRandom(7, "old weights");

function parameter(name: string, shape: number[], draw: () => number) {
  const value = tensor("float32", shape, Array.from({ length: elementCount(shape) }, draw));
  return { name, shape, value, trainable: true };
}

const limit = 1 / Math.sqrt(27);
const parameters = [
  parameter("conv.weight", [32, 3, 3, 3], () => limit * (2 * uniform() - 1)),
  parameter("conv.bias", [8], () => limit * (2 * uniform() - 1)),
  parameter("norm.weight", [32], () => 1),
  parameter("embedding.weight", [50, 16], normal),
  parameter("mlp.weight", [64, 40], () => 0.02 * normal()),
  parameter("odd.weight", [20, 20], () => normal() ** 3),
];

test("scales are recognised from the values of a tensor", () => {
  expect(redrawParameters(parameters, 1).report.map(({ text }) => text)).toEqual([
    "uniform in ±0.1925 (1 / sqrt(fan-in))",
    "shuffled: 8 values do not tell their distribution",
    "all 1: kept",
    "normal, standard deviation 1.000 (1)",
    "normal, standard deviation 0.02000 (0.02)",
    "shuffled: its distribution was not recognised",
  ]);
});

test("a seed gives the same weights again, and another seed others, of the same standard deviation", () => {
  const deviation = (values: Float64Array) =>
    Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  const [one, again, two] = [1, 1, 2].map((seed) => redrawParameters(parameters, seed).values);
  expect(again).toEqual(one);
  for (const { name, value } of parameters.filter(({ name }) => name !== "norm.weight")) {
    expect(two[name], name).not.toEqual(one[name]);
    expect(one[name], name).not.toEqual(value);
    expect(deviation(numbers(one[name])) / deviation(numbers(value)), name).toBeCloseTo(1, 0.9);
  }
});

test("a small kernel is recognised by the rule that its limit follows, not otherwise", () => {
  const textOf = (limit: number) => {
    const { report } = redrawParameters([parameter("small", [16, 4], () => limit * (2 * uniform() - 1))], 1);
    return report[0].text;
  };
  expect(textOf(0.5)).toBe("uniform in ±0.5000 (1 / sqrt(fan-in))");
  expect(textOf(0.37)).toBe("shuffled: 64 values do not tell their distribution");
});

test("a shuffled tensor keeps its values", () => {
  const sorted = (value: ReturnType<typeof tensor>) => [...numbers(value)].sort((a, b) => a - b);
  const { values } = redrawParameters(parameters, 3);
  expect(sorted(values["odd.weight"])).toEqual(sorted(parameters[5].value));
});
