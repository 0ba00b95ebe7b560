import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { npyBytes } from "../tables/npyBytes.ts";
import {
  browserTimeout,
  cli,
  noStudio,
  type OpenedStudio,
  openStudio,
  type StudioTab,
} from "./studioPage.ts";

const models = join(import.meta.dirname, "../files/models/onnx");

describe.skipIf(noStudio !== "")(`your outputs, in Chromium${noStudio}`, { timeout: browserTimeout }, () => {
  let studio: OpenedStudio;
  let tab: StudioTab;
  const folder = mkdtempSync(join(tmpdir(), "baserate-studio-"));
  const write = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const random = seededRandom(7, "inputs");
  const numbers = (...shape: number[]) =>
    npyBytes(
      "<f4",
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
    );
  const classes = (count: number) =>
    Uint8Array.from({ length: count }, (_, i) => (i % 7 === 0 ? 2 : i % 3 && 1));
  beforeAll(async () => {
    studio = await openStudio();
    tab = await studio.open();
    for (const name of [
      "torch-mlp.onnx",
      "external.onnx",
      "external.data",
      "segmentation.onnx",
      "gemm-float32-raw.onnx",
    ])
      cpSync(join(models, name), join(folder, name));
    write("x.npy", numbers(90, 4));
    write("y.csv", `label\n${classes(90).join("\n")}\n`);
    write("pixels.npy", numbers(12, 2, 4, 4));
    write("places.npy", npyBytes("|u1", [12, 4, 4], classes(192)));
  }, browserTimeout);
  afterAll(async () => {
    await studio?.close();
    rmSync(folder, { recursive: true });
  });
  const baserate = (...words: string[]) =>
    spawnSync(process.execPath, [cli, ...words], { cwd: folder, encoding: "utf8" });
  const drop = (id: string, ...names: string[]) =>
    tab.page.locator(`#outputs-${id}`).setInputFiles(names.map((name) => join(folder, name)));
  const wasm = () => tab.requests.filter((address) => address.endsWith(".wasm"));

  test("WebAssembly is fetched when a model is run, and not before", async () => {
    await drop("file", "torch-mlp.onnx");
    await tab.page.getByText("Running a model fetches 14 MB of WebAssembly").waitFor();
    expect(wasm()).toEqual([]);
  });

  test.each([
    [["torch-mlp.onnx"], "x.npy", "y.csv"],
    [["external.onnx", "external.data"], "x.npy", "y.csv"],
    [["segmentation.onnx"], "pixels.npy", "places.npy"],
  ])("%s is run in the tab: the numbers of check", async (files, inputs, labels) => {
    const { page } = tab;
    await drop("file", ...files);
    await drop("inputs", inputs);
    await drop("labels", labels);
    const words = ["check", files[0], "--data", inputs, "--labels", labels];
    const { stdout } = baserate(...words, "--json");
    const report = JSON.parse(stdout);
    const text = page.locator("#check-report > p").first();
    await expect
      .poll(() => text.textContent().catch(() => ""))
      .toContain(
        `Measured loss ${Number(report.measuredLoss.toPrecision(4))}, expected ${Number(report.expectedLoss.toPrecision(4))}, at bias 0 ${Number(report.lossAtZero.toPrecision(4))}`,
      );
    const causes = await page.locator("#check-report .explanations h3").allTextContents();
    expect(causes).toHaveLength(report.causes.length);
    report.causes.forEach(({ name }: { name: string }, i: number) => {
      expect(causes[i]).toContain(name);
    });
    expect(wasm().length).toBeGreaterThan(0);
  });

  test("the bias that is optimal for the network is written into its file as check --fix writes it", async () => {
    const { page } = tab;
    await drop("file", "gemm-float32-raw.onnx");
    await drop("inputs", "x.npy");
    await drop("labels", "y.csv");
    await page
      .locator("#check-report")
      .getByRole("button", { name: "Write it into gemm-float32-raw" })
      .click();
    const button = page.locator("#check-report").getByRole("button", { name: /^Download/ });
    const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
    await download.saveAs(join(folder, "saved.onnx"));
    const words = ["check", "gemm-float32-raw.onnx", "--data", "x.npy", "--labels", "y.csv", "--fix", "bias"];
    baserate(...words, "--out", "fixed.onnx");
    const [saved, fixed] = ["saved.onnx", "fixed.onnx"].map((name) => readFileSync(join(folder, name)));
    // All bytes are the same but the bias, in which the two runtimes may round differently.
    expect(saved.length).toBe(fixed.length);
    const bias = (name: string) => JSON.parse(baserate("inspect", name, "--json").stdout).outputs[0].bias;
    bias("fixed.onnx").forEach((value: number, k: number) => {
      expect(bias("saved.onnx")[k]).toBeCloseTo(value, 5);
    });
  });

  test("inputs and labels that do not fit are refused in the words of check", async () => {
    const problem = tab.page.locator("#outputs .problem");
    for (const [inputs, labels] of [
      ["pixels.npy", "places.npy"],
      ["x.npy", "places.npy"],
    ]) {
      await drop("file", "torch-mlp.onnx");
      await drop("inputs", inputs);
      await drop("labels", labels);
      const { stderr, status } = baserate("check", "torch-mlp.onnx", "--data", inputs, "--labels", labels);
      expect(status).toBe(2);
      await expect
        .poll(() => problem.allTextContents().then((texts) => `baserate: ${texts.join()}`))
        .toBe(stderr.trim().split("\n").at(-1));
    }
  });

  test("nothing complained", () => {
    expect(tab.complaints).toEqual([]);
  });
});
