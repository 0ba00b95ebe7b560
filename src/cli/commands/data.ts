import { existsSync } from "node:fs";
import type { Command } from "commander";
import { cacheFile } from "../../data/cachedDataset.ts";
import { cifar10Layout, cifar10Sources, loadCifar10 } from "../../data/cifar10.ts";
import { classCounts, pixelStatistics } from "../../data/dataset.ts";
import { datasetFileLength } from "../../data/datasetFile.ts";
import { unknownName } from "../../errors.ts";
import { fetchDisplay } from "../fetchDisplay.ts";
import { interruptible } from "../interrupt.ts";

const names = ["cifar10", "synthetic"];

export function describe(command: Command): void {
  command
    .argument("[name]", `dataset: ${names.join(" or ")}; without a name, lists them`)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nDatasets are kept in BASERATE_CACHE, or else in your cache folder.\n\nExample:\n  $ baserate data cifar10",
    )
    .action(async (name: string | undefined, { json }: { json?: true }) => {
      const report = await reportOn(name);
      console.log(json ? JSON.stringify(report.document, null, 2) : report.text);
    });
}

interface Report {
  readonly document: unknown;
  readonly text: string;
}

async function reportOn(name: string | undefined): Promise<Report> {
  if (name === undefined) return list();
  if (name === "cifar10") return interruptible(cifar10);
  if (name === "synthetic") return synthetic;
  throw unknownName("dataset", name, names);
}

const synthetic: Report = {
  document: { name: "synthetic", cached: false },
  text: "synthetic: made-up images, computed from a seed when they are needed; nothing to fetch",
};

function list(): Report {
  const path = cacheFile(cifar10Layout);
  const cached = existsSync(path);
  const state = cached ? `kept in ${path}` : `not fetched yet (${megabytes(cifar10Sources[0].bytes)})`;
  return {
    document: [{ name: "cifar10", cached, path }, synthetic.document],
    text: `cifar10: 60,000 photographs of 10 classes; ${state}\n${synthetic.text}`,
  };
}

async function cifar10(signal: AbortSignal): Promise<Report> {
  let fetchedFrom: string | undefined;
  const display = fetchDisplay("cifar10");
  const dataset = await loadCifar10({
    onProgress(progress) {
      fetchedFrom = progress.label;
      display.onProgress(progress);
    },
    onWarning: display.onWarning,
    signal,
  }).finally(display.end);

  const { classNames, train, test } = dataset;
  const path = cacheFile(cifar10Layout);
  const bytes = datasetFileLength(cifar10Layout);
  const counts = { train: classCounts(train, classNames.length), test: classCounts(test, classNames.length) };
  const pixels = pixelStatistics(train);
  const decimals = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(" ");
  return {
    document: {
      name: dataset.name,
      path,
      bytes,
      sha256: cifar10Layout.sha256,
      fetchedFrom: fetchedFrom ?? null,
      shape: train.shape,
      classNames,
      train: { count: train.count, classCounts: counts.train },
      test: { count: test.count, classCounts: counts.test },
      pixels,
    },
    text: [
      `cifar10: ${number(train.count)} training and ${number(test.count)} test images of ${train.shape.join("x")} bytes`,
      `file     ${path} (${megabytes(bytes)})`,
      `from     ${fetchedFrom ?? "the cache"}; every byte checked`,
      `sha256   ${cifar10Layout.sha256}`,
      `pixels   mean ${decimals(pixels.mean)}, deviation ${decimals(pixels.deviation)}`,
      "",
      `${"class".padEnd(12)}${"train".padStart(8)}${"test".padStart(8)}`,
      ...classNames.map(
        (name, k) =>
          name.padEnd(12) + number(counts.train[k]).padStart(8) + number(counts.test[k]).padStart(8),
      ),
    ].join("\n"),
  };
}

const number = (value: number) => value.toLocaleString("en-US");
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
