import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { type StudioServer, serveStudio } from "../../src/cli/studioServer.ts";
import { launchChromium, noChromium } from "../plot/chromium.ts";

/** The built page: `npm test` builds it first. */
export const studioFolder = join(import.meta.dirname, "../../dist/studio");

export const cli = join(import.meta.dirname, "../../dist/cli.js");

/** Why tests of the page are skipped, for their title; empty where they run. */
export const noStudio = existsSync(studioFolder) ? noChromium : " (skipped: dist/studio is not built)";

/** Starting a browser on a busy machine takes its time. */
export const browserTimeout = 120_000;

/** The page in Chromium, served as `baserate studio` does, with everything that it asks for or complains of. */
export interface OpenedStudio {
  readonly server: StudioServer;
  readonly browser: Browser;
  /** A new tab of its own, when all sections are there. */
  open(hash?: string, options?: Parameters<Browser["newPage"]>[0]): Promise<StudioTab>;
  close(): Promise<void>;
}

export interface StudioTab {
  readonly page: Page;
  /** Addresses that were requested. */
  readonly requests: string[];
  /** Errors of the page, and what it wrote to the console. */
  readonly complaints: string[];
}

export async function openStudio(): Promise<OpenedStudio> {
  const server = await serveStudio(studioFolder, 0);
  const browser = await launchChromium();
  return {
    server,
    browser,
    async open(hash = "", options = {}) {
      const page = await browser.newPage(options);
      const tab: StudioTab = { page, requests: [], complaints: [] };
      page.on("request", (request) => tab.requests.push(request.url()));
      page.on("pageerror", (error) => tab.complaints.push(error.message));
      page.on("console", (message) => tab.complaints.push(message.text()));
      await page.goto(`${server.address}${hash}`);
      await page.locator("#result .losses").waitFor();
      await page.waitForFunction(() => !document.body.textContent!.includes("Loading…"));
      return tab;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
