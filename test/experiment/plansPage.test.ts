import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { layerSchemas } from "../../src/experiment/layerPlan.ts";
import { optimizerParts } from "../../src/experiment/optimizerPlan.ts";
import { planSchema, resolvePlan } from "../../src/experiment/plan.ts";
import { makeModel } from "../../src/experiment/plannedModel.ts";
import { activationNames } from "../../src/graph/activations.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "plans.md"), "utf8");
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text);

test("docs/plans.md names every key of a plan, each optimizer, layer and activation, and their options", () => {
  const parts = { ...layerSchemas, ...optimizerParts };
  const names = [
    ...Object.keys(planSchema.shape),
    ...Object.keys(parts),
    ...Object.values(parts).flatMap(({ shape }) => Object.keys(shape)),
    ...activationNames,
  ];
  const named = new Set(
    [...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code.match(/[\w-]+/g) ?? []),
  );
  expect(names.filter((name) => !named.has(name))).toEqual([]);
});

test.each(blocks)("the plan is valid: %s", (text) => {
  expect(() => resolvePlan(parse(text))).not.toThrow();
});

test("the layers of docs/plans.md make a network", () => {
  const layered = blocks.map((text) => resolvePlan(parse(text))).filter((_, i) => /^layers:/.test(blocks[i]));
  expect(layered).toHaveLength(1);
  expect(makeModel(layered[0], { shape: [32, 32, 3] }, 10).output).toEqual([10]);
});
