import { existsSync } from "node:fs";
import type { Command } from "commander";
import { cacheFile } from "../../data/cachedDataset.ts";
import { cifar10Layout, cifar10Mirrors, loadCifar10 } from "../../data/cifar10.ts";
import { classCounts, type Dataset, pixelStatistics } from "../../data/dataset.ts";
import { datasetFileLength } from "../../data/datasetFile.ts";
import { datasetNames } from "../../data/datasets.ts";
import { loadNames, namesFacts, namesFile } from "../../data/names.ts";
import { unknownName } from "../../errors.ts";
import { table } from "../../plot/table.ts";
import { fetchProgress } from "../fetchProgress.ts";
import { interruptible } from "../interrupt.ts";
import { field, grouped } from "../text.ts";

export function describe(command: Command): void {
  command
    .argument("[name]", `${datasetNames.join(", ")}; without a name, lists the datasets`)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nDatasets are kept in your cache folder, or in the folder that the environment variable BASERATE_CACHE names.\n\nExample:\n  $ baserate data cifar10",
    )
    .action(async (name: string | undefined, { json }: { json?: true }) => {
      const report = await reportOn(name);
      console.log(json ? JSON.stringify(report.document, null, 2) : report.text);
    });
}

interface DatasetReport {
  readonly document: unknown;
  readonly text: string;
}

async function reportOn(name: string | undefined): Promise<DatasetReport> {
  if (name === undefined) return list();
  if (name === "cifar10") return interruptible(cifar10);
  if (name === "synthetic") return synthetic;
  if (name === "names") return interruptible(names);
  throw unknownName("dataset", name, datasetNames);
}

const synthetic: DatasetReport = {
  document: { name: "synthetic", cached: false },
  text: "synthetic: generated images, computed from a seed when needed; nothing to download",
};

function list(): DatasetReport {
  const stateOf = (path: string, bytes: number) => {
    const cached = existsSync(path);
    return { path, cached, text: cached ? `kept in ${path}` : `not downloaded yet (${megabytes(bytes)})` };
  };
  const cifar10 = stateOf(cacheFile(cifar10Layout), cifar10Mirrors[0].bytes);
  const names = stateOf(namesFile(), namesFacts.bytes);
  return {
    document: [
      { name: "cifar10", cached: cifar10.cached, path: cifar10.path },
      synthetic.document,
      { name: "names", cached: names.cached, path: names.path },
    ],
    text: [
      `cifar10: 60,000 photographs of 10 classes; ${cifar10.text}`,
      synthetic.text,
      `names: the 32,033 first names of makemore; ${names.text}`,
    ].join("\n"),
  };
}

async function names(signal: AbortSignal): Promise<DatasetReport> {
  const { train, validation, test } = await loadNames({ signal });
  const [path, rows] = [namesFile(), { train: train.count, validation: validation.count, test: test.count }];
  return {
    document: { name: "names", path, sha256: namesFacts.sha256, rows },
    text: [
      `names: ${grouped(rows.train)} training, ${grouped(rows.validation)} validation and ${grouped(rows.test)} test characters, each after three others`,
      field("file", path),
      field("sha256", namesFacts.sha256),
    ].join("\n"),
  };
}

async function cifar10(signal: AbortSignal): Promise<DatasetReport> {
  let fetchedFrom: string | undefined;
  const progress = fetchProgress("cifar10");
  const dataset = await loadCifar10({
    onProgress(state) {
      fetchedFrom = state.label;
      progress.onProgress(state);
    },
    onWarning: progress.onWarning,
    signal,
  }).finally(progress.end);
  return cifar10Report(dataset, fetchedFrom);
}

/** @param fetchedFrom label of the mirror; undefined if it was in the cache */
function cifar10Report({ name, classNames, train, test }: Dataset, fetchedFrom?: string): DatasetReport {
  const path = cacheFile(cifar10Layout);
  const bytes = datasetFileLength(cifar10Layout);
  const counts = { train: classCounts(train, classNames.length), test: classCounts(test, classNames.length) };
  const pixels = pixelStatistics(train);
  const decimals = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(" ");
  return {
    document: {
      name,
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
      `cifar10: ${grouped(train.count)} training and ${grouped(test.count)} test images of ${train.shape.join("x")} bytes`,
      field("file", `${path} (${megabytes(bytes)})`),
      field("from", `${fetchedFrom ?? "the cache"}; every byte verified`),
      field("sha256", cifar10Layout.sha256),
      field("pixels", `mean ${decimals(pixels.mean)}, deviation ${decimals(pixels.deviation)}`),
      "",
      table(
        ["class", "train", "test"],
        classNames.map((name, k) => [name, grouped(counts.train[k]), grouped(counts.test[k])]),
      ),
    ].join("\n"),
  };
}

const megabytes = (bytes: number) => `${bytes < 1e6 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6)} MB`;
