import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
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

/** Models of three classes, of every format. */
const sources: readonly { source: string; main?: string; addBias?: true }[] = [
  { source: "mlp.keras" },
  { source: "mlp.h5" },
  { source: "mlp.weights.h5" },
  { source: "mlp.npz" },
  { source: "mlp.safetensors" },
  { source: "onnx/torch-mlp.onnx" },
  { source: "onnx/no-bias.onnx", addBias: true },
  { source: "torch/state-float32.pt" },
  { source: "torch/exported.pt2" },
  { source: "flax/float32.msgpack" },
  { source: "flax/checkpoint_0" },
  // Folders that are dropped whole.
  { source: "tensorflow/saved" },
  { source: "transformers/bert" },
  // Files that are dropped together, and the one that `apply` is given.
  { source: "tfjs-layers", main: "model.json" },
  { source: "tensorflow/checkpoint", main: "model.index" },
  { source: "sharded", main: "model.safetensors.index.json" },
];

/** A file's path without its endings. */
const stem = (path: string) => path.replace(/(\.\w+)+$/, "");

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

  const baserate = (...words: string[]) => {
    const { stdout, stderr } = spawnSync(process.execPath, [cli, ...words], { encoding: "utf8" });
    expect(stderr).toBe("");
    return stdout;
  };
  const setBias = async (row: string | RegExp = "") => {
    const rows = tab.page.locator("#model table.outputs tbody tr").filter({ hasText: row });
    await rows
      .getByRole("button", { name: /^(Set|Add) the bias$/ })
      .first()
      .click();
    const done = tab.page.locator("#model .done");
    await done.waitFor();
    return done;
  };
  /** Clicks every download; the files' bytes by name. */
  const downloads = async () => {
    const { page } = tab;
    const saved = new Map<string, Buffer>();
    for (const button of await page
      .locator("#model .done")
      .getByRole("button", { name: /^Download/ })
      .all()) {
      const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
      saved.set(download.suggestedFilename(), readFileSync(await download.path()));
    }
    return saved;
  };

  test.each(sources)(
    "$source: the downloaded files are byte for byte what apply writes",
    async ({ source, main, addBias }) => {
      const { page } = tab;
      const from = join(models, source);
      const copy = join(folder, source.replaceAll("/", "-"));
      cpSync(from, copy, { recursive: true });
      const files = main === undefined ? [copy] : readdirSync(copy).map((name) => join(copy, name));
      const isFolder = main === undefined && statSync(copy).isDirectory();
      await page.locator(isFolder ? "#model-file-folder" : "#model-file").setInputFiles(files);
      await setBias();
      const saved = await downloads();

      const path = main === undefined ? copy : join(copy, main);
      const others = [
        ...(path === copy && !isFolder ? [] : ["--in-place"]),
        ...(addBias ? ["--add-bias"] : []),
      ];
      baserate("apply", path, "--counts", "700,200,100", "--loss", "softmax", ...others);
      expect(saved.size).toBeGreaterThan(0);
      const written = readdirSync(folder, { recursive: true, encoding: "utf8" });
      for (const [name, bytes] of saved) {
        const same = written.filter(
          (file) => basename(file) === name && join(folder, file).startsWith(stem(copy)),
        );
        expect(same, name).toHaveLength(1);
        expect(bytes.equals(readFileSync(join(folder, same[0]))), name).toBe(true);
      }
    },
  );

  test("several outputs, each with labels of its own, in one file", async () => {
    const { page } = tab;
    await page.locator("#model-file").setInputFiles(join(models, "multi.keras"));
    await setBias("label");
    const counts = page.getByLabel(/^Or paste the number of rows in each class/);
    await counts.fill("30,10");
    await counts.blur();
    await page.locator("#answer .losses dd").getByText("0.5623").waitFor();
    const done = await setBias("flags");
    await expect.poll(() => done.locator("strong").count()).toBe(2);
    const saved = await downloads();

    const heads = Object.entries({ label: "700,200,100", flags: "30,10" }).map(([output, counts]) => {
      const { bias } = JSON.parse(baserate("solve", "--counts", counts, "--json"));
      return `${output}: {bias: ${JSON.stringify(bias)}}\n`;
    });
    writeFileSync(join(folder, "heads.yaml"), heads.join(""));
    const out = join(folder, "applied-multi.keras");
    baserate("apply", join(models, "multi.keras"), "--heads", join(folder, "heads.yaml"), "--out", out);
    expect(saved.get("multi.baserate.keras")!.equals(readFileSync(out))).toBe(true);

    await page.locator("#model table").getByRole("button", { name: "Leave as it was" }).first().click();
    await expect.poll(() => done.locator("strong").count()).toBe(1);
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
