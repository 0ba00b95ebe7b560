import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "tsdown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, noChromium } from "./chromium.ts";
import { gallery } from "./gallery.ts";

const fontFile = `${import.meta.dirname}/../../assets/fonts/DejaVuSans.ttf`;

/** Path data and text of a figure, in the order of the document. */
const content = (svg: string) =>
  [...svg.matchAll(/ d="([^"]*)"|<text[^>]*>([^<]*)/g)].map(([, d, text]) => d ?? text);

const html = `<!doctype html><title>figures</title>
<style>@font-face { font-family: "DejaVu Sans"; src: url(/DejaVuSans.ttf); }</style>
<script type="module">import { gallery } from "/gallery.js"; window.gallery = gallery;</script>`;

describe.skipIf(noChromium !== "")(`in Chromium${noChromium}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "baserate-figures-"));
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await build({
      config: false,
      cwd: join(import.meta.dirname, "../.."),
      entry: { gallery: join(import.meta.dirname, "gallery.ts") },
      outDir: folder,
      platform: "browser",
      deps: { alwaysBundle: [/^(?!linkedom)/], neverBundle: ["linkedom"] },
      dts: false,
      logLevel: "silent",
    });
    browser = await launchChromium();
    page = await browser.newPage();
    await page.route("http://figures.test/**", (route) => {
      const name = new URL(route.request().url()).pathname.slice(1);
      if (name === "") return route.fulfill({ contentType: "text/html", body: html });
      const path = name === "DejaVuSans.ttf" ? fontFile : join(folder, name);
      const contentType = name.endsWith("js") ? "text/javascript" : "font/ttf";
      return route.fulfill({ contentType, body: readFileSync(path) });
    });
    await page.goto("http://figures.test/");
    await page.evaluate(async () => {
      await document.fonts.load('12px "DejaVu Sans"');
    });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const drawInPage = (name: string) =>
    page.evaluate((name) => (window as unknown as { gallery: typeof gallery }).gallery[name].draw(), name);

  test.each(Object.keys(gallery))("%s has the same paths and texts as in Node", async (name) => {
    const [here, there] = [await gallery[name].draw(), await drawInPage(name)];
    expect(content(there)).toEqual(content(here));
  });

  test.each(Object.keys(gallery))("%s has no texts that overlap", async (name) => {
    const overlaps = await page.evaluate(
      (svg) => {
        document.body.innerHTML = svg;
        const boxes = [...document.querySelectorAll("text")]
          .filter((text) => text.textContent !== "")
          .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
        /** Letters are lower than their line boxes, by about a quarter. */
        const meet = (a: DOMRect, b: DOMRect) =>
          a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom;
        return boxes.flatMap(({ text, box }, i) =>
          boxes.slice(i + 1).flatMap((other) => (meet(box, other.box) ? [`${text} / ${other.text}`] : [])),
        );
      },
      await gallery[name].draw(),
    );
    expect(overlaps).toEqual([]);
  });
});
