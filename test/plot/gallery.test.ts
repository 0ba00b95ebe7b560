import { readdirSync } from "node:fs";
import { Resvg } from "@resvg/resvg-js";
import { describe, expect, test } from "vitest";
import { drawFigure } from "../../src/plot/drawFigure.ts";
import { initialLoss } from "../../src/plot/figures/initialLoss.ts";
import { lossCurves } from "../../src/plot/figures/lossCurves.ts";
import { recallByArm } from "../../src/plot/figures/recallByArm.ts";
import { gallery } from "./gallery.ts";
import { classes, makeTrials } from "./trials.ts";

const root = `${import.meta.dirname}/../..`;
const font = {
  loadSystemFonts: false,
  fontFiles: [`${root}/assets/fonts/DejaVuSans.ttf`],
  defaultFontFamily: "DejaVu Sans",
  sansSerifFamily: "DejaVu Sans",
};

describe.each(Object.entries(gallery))("%s", (name, { draw }) => {
  test("is drawn as in its snapshot", async () => {
    await expect(await draw()).toMatchFileSnapshot(`../figures/${name}.svg`);
  });

  test("holds no NaN, says what it shows, and has a legend (or names its rows)", async () => {
    const svg = await draw();
    expect(svg.match(/.{0,40}(NaN|Infinity|undefined|null|⚠).{0,40}/)).toBeNull();
    expect(svg.match(/^<svg [^>]*aria-label="([^"]*)"/)?.[1].length).toBeGreaterThan(20);
    expect(svg.match(/(?:data-mark|aria-description)="(legend|y-axis tick label)"/)).not.toBeNull();
  });

  test("keeps its text within its edges", async () => {
    const svg = await draw();
    const [, width, height] = svg.match(/viewBox="0 0 (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)"/)!.map(Number);
    const textOnly = svg.replace(/<(?:path|circle|line|rect) [^>]*\/>/g, "");
    const box = new Resvg(textOnly, { font }).getBBox()!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.y).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    expect(box.y + box.height).toBeLessThanOrEqual(height);
  });
});

test("names with markup or control characters leave a figure well-formed XML", async () => {
  const evil = `<b a="1">&lt;\u0000\u001b'`;
  const trials = makeTrials([evil, "zero"], 2);
  const figures = [
    await drawFigure(lossCurves, trials),
    await drawFigure(initialLoss, trials),
    await drawFigure(recallByArm, { classes: classes.map((c) => ({ ...c, name: evil })), trials }),
  ];
  for (const svg of figures) {
    expect(() => new Resvg(svg, { font })).not.toThrow();
    expect(svg).not.toContain("<b ");
    expect(svg).toContain("&amp;lt;");
  }
});

test("docs/gallery.md shows every snapshot, and there is no other", async () => {
  const page = [
    "# Figures",
    "",
    "The tests draw these figures from made-up numbers; `npx vitest run test/plot -u` draws them again.",
    ...Object.entries(gallery).flatMap(([name, { title }]) => [
      "",
      `## ${title}`,
      "",
      `![${title}](../test/figures/${name}.svg)`,
    ]),
    "",
  ].join("\n");
  await expect(page).toMatchFileSnapshot("../../docs/gallery.md");
  const files = readdirSync(`${root}/test/figures`).sort();
  expect(files).toEqual(
    Object.keys(gallery)
      .map((name) => `${name}.svg`)
      .sort(),
  );
});
