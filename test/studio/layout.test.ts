import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "../plot/axe.ts";
import { makeTrials } from "../plot/trials.ts";
import { browserTimeout, noStudio, type OpenedStudio, openStudio } from "./studioPage.ts";

const model = join(import.meta.dirname, "../files/models/mlp.safetensors");
const settings = "#why=0.6931&labels=700,200,100";

describe.skipIf(noStudio !== "")(`the whole page in Chromium${noStudio}`, { timeout: browserTimeout }, () => {
  let studio: OpenedStudio;
  const folder = mkdtempSync(join(tmpdir(), "baserate-studio-"));
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const rows = Array.from({ length: 60 }, (_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(7 * i)]);
  const outputs = file("outputs.json", JSON.stringify(rows));
  const labels = file("y.csv", `label\n${rows.map((_, i) => i % 3).join("\n")}\n`);
  const run = file(
    "trials.jsonl",
    makeTrials(["zero", "prior"], 2)
      .map((trial) => `${JSON.stringify(trial)}\n`)
      .join(""),
  );
  beforeAll(async () => {
    studio = await openStudio();
  }, browserTimeout);
  afterAll(async () => {
    await studio?.close();
    rmSync(folder, { recursive: true });
  });

  /** Gives every section what it asks for, and waits for its results. */
  async function fill(page: Page): Promise<void> {
    await page.locator("#label-file").setInputFiles(labels);
    await page.locator("#answer pre").waitFor();
    await page.locator("#model-file").setInputFiles(model);
    await page.locator("#model table").getByRole("button").first().click();
    await page.locator("#model .done").waitFor();
    await page.locator("#outputs-file").setInputFiles(outputs);
    await page.locator("#outputs-labels").setInputFiles(labels);
    await page.locator("#check-report svg").first().waitFor();
    await page.locator("#run-folder").setInputFiles(run);
    await page.locator("#run-report svg").nth(1).waitFor();
  }

  test.each(["light", "dark"] as const)(
    "%s: axe finds nothing wrong, and nothing is too wide, at any width, on screen and paper",
    async (colorScheme) => {
      const { page } = await studio.open(settings, { colorScheme, bypassCSP: true });
      await fill(page);
      const tooWide = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      for (const width of [360, 768, 1440, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await tooWide(), `${width} pixels`).toBe(0);
        expect(await axeViolations(page), `${width} pixels`).toEqual([]);
      }
      await page.emulateMedia({ media: "print" });
      await page.setViewportSize({ width: 794, height: 1123 });
      expect(await tooWide(), "A4").toBe(0);
      expect(await page.locator("nav, button").filter({ visible: true }).count()).toBe(0);
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toMatch(
        /^rgb\(255, 255, 255\)$|^rgba\(0, 0, 0, 0\)$/,
      );
      await page.close();
    },
  );

  test("a link restores what was typed and chosen in every section", async () => {
    const { page } = await studio.open();
    const values = (of: Page) =>
      of
        .locator("main :is(input, select, textarea):not([type=file])")
        .evaluateAll((controls) => controls.map((control) => (control as HTMLInputElement).value));
    const texts = {
      "Rows of frog": "500",
      "Or paste the number of rows in each class, or a column of labels": "30,10",
      "The loss, as printed": "82.99",
      "Column of the labels": "y",
      Seed: "44",
      "Training images of each class": "12,6",
      "Share of yes": "0.25",
      "Third bias minus the first": "-1.5",
      "Standard deviation of the outputs": "2.5",
    };
    for (const [label, text] of Object.entries(texts)) {
      const control = page.getByLabel(label).and(page.locator("input, textarea"));
      await control.fill(text);
      await control.blur();
    }
    await page.getByLabel("First arm").selectOption("calibrated");
    await page.getByLabel("Framework for the lines to paste").selectOption("keras");
    const after = await values(page);
    expect(after).toEqual(expect.arrayContaining([...Object.values(texts), "calibrated", "keras"]));
    const again = await studio.open(new URL(page.url()).hash);
    await expect.poll(() => values(again.page)).toEqual(after);
    await again.page.close();
    await page.close();
  });

  test("once loaded, it needs no server", async () => {
    const own = await openStudio();
    const { page } = await own.open(settings);
    await page.waitForLoadState("networkidle");
    await own.server.close();
    await fill(page);
    await own.browser.close();
  });
});
