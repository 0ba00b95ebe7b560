import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  browserTimeout,
  cli,
  noStudio,
  type OpenedStudio,
  openStudio,
  type StudioTab,
} from "./studioPage.ts";

const models = join(import.meta.dirname, "../files/models");

/** Models of three classes, one of each format, and the output to set where there are several. */
const files = [["mlp.keras"], ["mlp.h5"], ["mlp.npz"], ["mlp.safetensors"]] as const;

describe.skipIf(noStudio !== "")(`your model, in Chromium${noStudio}`, { timeout: browserTimeout }, () => {
  let studio: OpenedStudio;
  let tab: StudioTab;
  const folder = mkdtempSync(join(tmpdir(), "baserate-studio-"));
  beforeAll(async () => {
    studio = await openStudio();
    tab = await studio.open("#labels=700,200,100");
  }, browserTimeout);
  afterAll(async () => {
    await studio?.close();
    rmSync(folder, { recursive: true });
  });

  test.each(files)("%s: the downloaded file is byte for byte what apply writes", async (name) => {
    const { page } = tab;
    await page.locator("#model-file").setInputFiles(join(models, name));
    await page.locator("#model table").getByRole("button", { name: "Set the bias" }).first().click();
    const button = page.locator("#model .done").getByRole("button", { name: /^Download/ });
    const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
    const saved = join(folder, `page-${name}`);
    await download.saveAs(saved);

    cpSync(join(models, name), join(folder, name));
    const words = ["apply", name, "--counts", "700,200,100", "--loss", "softmax", "--out", `applied-${name}`];
    const applied = spawnSync(process.execPath, [cli, ...words], { cwd: folder, encoding: "utf8" });
    expect(applied.stderr).toBe("");
    expect(readFileSync(saved).equals(readFileSync(join(folder, `applied-${name}`)))).toBe(true);
    expect(download.suggestedFilename()).toBe(name.replace(".", ".baserate."));
  });

  test("what is no model is refused with the command line's sentence", async () => {
    const { page } = tab;
    await page.locator("#model-file").setInputFiles({
      name: "notes.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("not a model"),
    });
    const shown = await page.locator("#model .problem").textContent();
    expect(shown).toMatch(/^notes\.txt: unknown format \(first bytes 6e 6f 74 20 61 20 6d 6f\); supported: /);
    expect(tab.complaints).toEqual([]);
  });
});
