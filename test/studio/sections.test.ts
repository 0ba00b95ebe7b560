import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

describe.skipIf(noStudio !== "")(`the sections in Chromium${noStudio}`, { timeout: browserTimeout }, () => {
  let studio: OpenedStudio;
  let tab: StudioTab;
  const folder = mkdtempSync(join(tmpdir(), "baserate-studio-"));
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const baserate = (...words: string[]) => {
    const { stdout, stderr } = spawnSync(process.execPath, [cli, ...words], { encoding: "utf8" });
    return { stdout, stderr };
  };
  beforeAll(async () => {
    process.env.BASERATE_CACHE = folder; // no CIFAR-10: the experiment makes its images up
    studio = await openStudio();
    tab = await studio.open();
  }, browserTimeout);
  afterAll(async () => {
    await studio?.close();
    rmSync(folder, { recursive: true });
  });

  const losses = () => tab.page.locator("#answer .losses dd").allTextContents();
  const chooseLoss = async (name: string) => {
    const field = tab.page.getByLabel("Name of the loss: baserate's, or your framework's");
    await field.fill(name);
    await field.blur();
  };

  test("labels of a file: the same numbers as solve, with lines to paste, and a link that restores them", async () => {
    const { page } = tab;
    const path = file("labels.csv", `kind,x\n${"cat,1\n".repeat(7)}${"dog,2\n".repeat(2)}bird,3\n`);
    await page.locator("#label-file").setInputFiles(path);
    await page.getByLabel("Column that holds the labels").selectOption("kind");
    await page.getByText(/^Read: labels\.csv: CSV, column kind, 10 rows/).waitFor();
    const solved = JSON.parse(baserate("solve", path, "--column", "kind", "--json").stdout);
    await expect.poll(losses).toContain(solved.expectedLoss.toFixed(4));
    expect(await losses()).toContain(solved.lossAtZero.toFixed(4));
    expect(await page.locator("#answer pre").textContent()).toContain("import torch");
    await expect.poll(() => page.url()).toContain("summary=");

    const again = await studio.open(new URL(page.url()).hash);
    await expect
      .poll(() => again.page.locator("#answer .losses dd").allTextContents())
      .toEqual(await losses());
    await again.page.close();
  });

  test("a regression, by a framework's name, with the picture of its labels", async () => {
    const { page } = tab;
    const path = file("prices.csv", `price\n${[1.5, 2.5, 2.5, 4, 10.25].join("\n")}\n`);
    await page.locator("#label-file").setInputFiles(path);
    await chooseLoss("torch.nn.HuberLoss");
    const solved = JSON.parse(baserate("solve", path, "--loss", "torch.nn.HuberLoss", "--json").stdout);
    await expect.poll(losses).toContain(solved.expectedLoss.toFixed(4));
    await page.locator("#answer figure svg").nth(1).waitFor();
  });

  test("what is wrong is said as the command line says it, at its place", async () => {
    const { page } = tab;
    const path = file("broken.csv", "price\n1.5\nmany\n");
    await page.locator("#label-file").setInputFiles(path);
    const { stderr } = baserate("solve", path, "--loss", "torch.nn.HuberLoss");
    const problem = page.locator("#labels .problem");
    await expect.poll(() => problem.allTextContents()).toHaveLength(1);
    expect(stderr).toContain(await problem.textContent());
    await chooseLoss("hubber");
    await expect
      .poll(() => problem.allTextContents())
      .toContainEqual(expect.stringMatching(/^unknown loss: hubber; did you mean/));
    await chooseLoss("softmax");
    await page.getByRole("button", { name: "Remove broken.csv" }).click();
  });

  test("a loss number is explained as why explains it", async () => {
    const { page } = tab;
    await page.getByRole("button", { name: /^82\.99/ }).click();
    const { explanations } = JSON.parse(baserate("why", "82.99", "--classes", "32000", "--json").stdout);
    const shown = await page.locator("#number .explanations code").allTextContents();
    expect(shown[0]).toBe(explanations[0].formula);
    expect(page.url()).toContain("why=82.99&why.classes=32000");
  });

  test("outputs and labels are checked as check does", async () => {
    const { page } = tab;
    const rows = Array.from({ length: 60 }, (_, i) => [
      0.1 * Math.sin(i),
      0.1 * Math.cos(3 * i),
      0.1 * Math.sin(7 * i),
    ]);
    const outputs = file("outputs.json", JSON.stringify(rows));
    const labels = file(
      "y.csv",
      `label\n${rows.map((_, i) => (i % 10 === 0 ? 2 : i % 5 === 0 ? 1 : 0)).join("\n")}\n`,
    );
    await page.locator("#outputs-file").setInputFiles(outputs);
    await page.locator("#outputs-labels").setInputFiles(labels);
    const report = JSON.parse(baserate("check", "--outputs", outputs, "--labels", labels, "--json").stdout);
    await page.locator("#check-report").waitFor();
    const text = (await page.locator("#check-report").textContent())!;
    expect(text).toContain(`Measured loss ${Number(report.measuredLoss.toPrecision(4))}`);
    for (const { name } of report.causes) expect(text).toContain(name);
  });

  test("both arms train in the tab to the losses of Node", async () => {
    const { page } = tab;
    const settings = { "run.counts": "12,6", "run.batch": "6", "run.epochs": "1", "run.seed": "5" };
    await page.goto(`${studio.server.address}#${new URLSearchParams(settings)}`);
    await page.reload();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    const state = page.locator("#experiment .note").first();
    await expect.poll(() => state.textContent(), { timeout: 100_000 }).toMatch(/zero: done.*prior: done/);
    const plan = file(
      "plan.yaml",
      "dataset: synthetic\ncounts: [12, 6]\nbatchSize: 6\nseeds: [5]\nepochs: 1\n",
    );
    const out = join(folder, "run");
    expect(baserate("compare", plan, "--out", out).stderr).not.toContain("baserate:");
    const shown = (await state.textContent())!;
    for (const line of readFileSync(join(out, "trials.jsonl"), "utf8").trim().split("\n")) {
      const { arm, runningLosses } = JSON.parse(line);
      const [, loss] = new RegExp(`${arm}: done.*?mean loss so far ([\\d.]+)`).exec(shown)!;
      expect(Number(loss)).toBeCloseTo(runningLosses.at(-1), 3);
    }
  });

  test("the folder of that run, dropped in, shows the tables of its report", async () => {
    const { page } = tab;
    await page.locator("#run-folder-folder").setInputFiles(join(folder, "run"));
    const report = page.locator("#run-report");
    await report.locator("svg.baserate-figure").nth(1).waitFor();
    const written = await studio.browser.newPage();
    await written.setContent(readFileSync(join(folder, "run", "report.html"), "utf8"));
    const cells = await written.locator("table.arms td, table.stacked td").allTextContents();
    expect(cells.length).toBeGreaterThan(20);
    expect(await report.locator("table td").allTextContents()).toEqual(cells);
    await written.close();
  });

  test("what a run's file says is text, and what is no run is refused", async () => {
    const { page } = tab;
    const lines = readFileSync(join(folder, "run", "trials.jsonl"), "utf8");
    const hostile = file("hostile.jsonl", lines.replaceAll('"arm":"prior"', '"arm":"<img src=x>"'));
    await page.locator("#run-folder").setInputFiles(hostile);
    await page.locator("#run-report h4").getByText("<img src=x> against zero").waitFor();
    expect(await page.locator("#run-report img").count()).toBe(0);
    await page.locator("#run-folder").setInputFiles(file("broken.jsonl", '{"arm":"prior"}\n'));
    const problem = page.locator("#experiment .problem");
    await expect.poll(() => problem.textContent()).toBe("broken.jsonl, line 1: not a trial of this version");
  });

  test("nothing was asked of another address, and nothing complained", () => {
    const own = new URL(studio.server.address).origin;
    expect(
      tab.requests.filter((address) => !address.startsWith(own) && !address.startsWith("blob:")),
    ).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });
});
