import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserTimeout, noStudio, type OpenedStudio, openStudio, studioFolder } from "./studioPage.ts";

describe.skipIf(noStudio !== "")(
  `the first section in Chromium${noStudio}`,
  { timeout: browserTimeout },
  () => {
    let studio: OpenedStudio;
    beforeAll(async () => {
      studio = await openStudio();
    }, browserTimeout);
    afterAll(() => studio?.close());

    test("the original experiment's answer stands before any click", async () => {
      const { page, complaints } = await studio.open();
      const losses = await page.locator("#result .losses dd").allTextContents();
      expect(losses).toEqual(["1.6012", "2.3026", "0.7014"]);
      await page.locator("#result svg.baserate-figure").nth(1).waitFor();
      expect(complaints).toEqual([]);
    });

    test("the script that is loaded before the first result is at most 150 kB, compressed", () => {
      const html = readFileSync(join(studioFolder, "index.html"), "utf8");
      const tags = html.match(/<[^>]+\.js"[^>]*>/g)!.filter((tag) => !tag.includes('rel="prefetch"'));
      const scripts = tags.map((tag) => /(?:src|href)="([^"]+)"/.exec(tag)![1]);
      expect(scripts).not.toEqual([]);
      const bytes = scripts.map((path) => gzipSync(readFileSync(join(studioFolder, path))).length);
      expect(bytes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(150_000);
    });

    test("a dragged and a typed number change the answer and the address, and the link restores them", async () => {
      const { page } = await studio.open();
      const field = page.getByLabel("Rows of airplane");
      const box = (await field.boundingBox())!;
      await page.mouse.move(box.x + 10, box.y + 10);
      await page.mouse.down();
      await page.mouse.move(box.x + 100, box.y + 10);
      await page.mouse.up();
      expect(Number(await field.inputValue())).toBe(10900);
      await page.getByLabel("Rows of frog").fill("500");
      const losses = await page.locator("#result .losses dd").allTextContents();
      expect(losses[0]).not.toBe("1.6012");
      const { hash } = new URL(page.url());
      expect(hash).toBe("#counts=10900,3700,100,4000,400,100,500,700,700,100");
      const again = await studio.open(hash);
      expect(await again.page.locator("#result .losses dd").allTextContents()).toEqual(losses);
    });

    test("counts that are all 0 are refused with the command line's sentence", async () => {
      const { page } = await studio.open("#counts=1,0&names=%5B%5D");
      await page.getByLabel("Rows of class 0").fill("0");
      expect(await page.locator("#result .problem").textContent()).toBe(
        "all 2 counts are 0; at least one must be above 0",
      );
    });
  },
);
