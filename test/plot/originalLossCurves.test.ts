import { expect, test } from "vitest";
import { drawFigure } from "../../src/plot/drawFigure.ts";
import { originalLossCurves } from "../../src/plot/figures/originalLossCurves.ts";
import { svgToPng } from "../../src/plot/svgToPng.ts";
import { makeTrial } from "./trials.ts";

const zero = makeTrial({ arm: "zero" }).runningLosses;
const prior = makeTrial({ arm: "prior" }).runningLosses;

test("originalLossCurves is square and black on a transparent background", async () => {
  const svg = await drawFigure(originalLossCurves, { zero, prior });
  expect(svg).toContain('viewBox="0 0 360 360"');
  const { default: sharp } = await import("sharp");
  const { data } = await sharp(await svgToPng(svg, { scale: 1 }))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const clear = data.filter((alpha, i) => i % 4 === 3 && alpha === 0).length;
  expect(clear / (360 * 360)).toBeGreaterThan(0.9);
  const opaque = Array.from({ length: 360 * 360 }, (_, i) => i * 4).filter((i) => data[i + 3] === 255);
  expect(opaque.length).toBeGreaterThan(300);
  expect(opaque.every((i) => data[i] === 0 && data[i + 1] === 0 && data[i + 2] === 0)).toBe(true);
});

test("originalLossCurves dashes the prior's curve and leaves the zero arm's solid", async () => {
  const svg = await drawFigure(originalLossCurves, { zero, prior });
  const lines = [...svg.matchAll(/<g[^>]*data-mark="line"[^>]*>/g)].map(([tag]) =>
    tag.includes("stroke-dasharray"),
  );
  expect(lines).toEqual([true, false]);
});

test("originalLossCurves shows a diverged arm as a line that ends, and says so where no loss is finite", async () => {
  const nothing = { zero: [Number.NaN], prior: [Number.POSITIVE_INFINITY] };
  expect(await drawFigure(originalLossCurves, nothing)).toContain("no finite loss");
  const diverged = { zero: makeTrial({ divergesAt: 30 }).runningLosses, prior };
  const svg = await drawFigure(originalLossCurves, diverged);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});
