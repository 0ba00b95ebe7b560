import { stringify } from "yaml";
import { comparisons } from "../experiment/comparison.ts";
import type { Plan } from "../experiment/plan.ts";
import { makeModel } from "../experiment/plannedModel.ts";
import type { Environment, Trial } from "../experiment/record.ts";
import type { RunFolder } from "../experiment/runFolder.ts";
import { type Summary, summarize } from "../experiment/summary.ts";
import { armWeights } from "../experiment/trial.ts";
import { toOnnx } from "../graph/toOnnx.ts";
import { forwardWith } from "../graph/trainStep.ts";
import { drawFigure } from "../plot/drawFigure.ts";
import { initialLoss } from "../plot/figures/initialLoss.ts";
import { lossCurves } from "../plot/figures/lossCurves.ts";
import { originalLossCurves } from "../plot/figures/originalLossCurves.ts";
import { recallByArm } from "../plot/figures/recallByArm.ts";
import { svgToPng } from "../plot/svgToPng.ts";
import { htmlReport, type ReportInput } from "./htmlReport.ts";

export interface RunFilesInput {
  readonly plan: Plan;
  readonly environment: Environment;
  readonly trials: readonly Trial[];
  readonly classNames: readonly string[];
  /** Images in the test set. */
  readonly testCount: number;
  /** Height, width and channels; given if the untrained networks are to be written as ONNX. */
  readonly imageShape?: readonly number[];
}

/** The document of --json: the summary, what it ran on, and the paths of the files written. */
export interface RunDocument extends Summary {
  readonly environment: Environment;
  readonly files: Readonly<Record<string, string>>;
}

/** Writes the files that are made from a run's trials: figures, tables, report and summary. */
export async function writeRunFiles(folder: RunFolder, input: RunFilesInput): Promise<RunDocument> {
  const { plan, environment, trials } = input;
  const figures = await drawFigures(input);
  const files: Record<string, string> = {};
  for (const [name, svg] of Object.entries(figures)) {
    files[`${name}.svg`] = await folder.write(`${name}.svg`, svg);
    files[`${name}.png`] = await folder.write(`${name}.png`, await svgToPng(svg));
  }
  for (const [name, bytes] of untrainedNetworks(input)) files[name] = await folder.write(name, bytes);
  files["losses.csv"] = await folder.write("losses.csv", lossesCsv(trials));
  files["report.html"] = await folder.write("report.html", await htmlReport(reportInput(input)));
  files["plan.yaml"] = `${folder.path}/plan.yaml`;
  files["environment.yaml"] = await folder.write("environment.yaml", stringify(environment));
  const { baserate, node, runtime } = environment;
  const summary = summarize(plan, { baserate, node, runtime }, trials);
  files["summary.json"] = await folder.write("summary.json", `${JSON.stringify(summary, null, 2)}\n`);
  return { ...summary, environment, files };
}

async function drawFigures({ plan, trials, classNames }: RunFilesInput): Promise<Record<string, string>> {
  const runningLosses = (arm: string) =>
    trials.find((trial) => trial.arm === arm && trial.seed === plan.seeds[0])?.runningLosses;
  const [zero, prior] = [runningLosses("zero"), runningLosses("prior")];
  const classes = plan.counts.map((count, k) => ({ name: classNames[k], count }));
  return {
    ...(zero && prior && { "opt-vs-normal-loss": await drawFigure(originalLossCurves, { zero, prior }) }),
    "loss-curves": await drawFigure(lossCurves, trials),
    "initial-loss": await drawFigure(initialLoss, trials),
    "recall-by-arm": await drawFigure(recallByArm, { classes, trials }),
  };
}

function reportInput({ plan, environment, trials, classNames, testCount }: RunFilesInput): ReportInput {
  const { baserate, node, runtime, machine, workers } = environment;
  const images = plan.counts.reduce((sum, count) => sum + count, 0);
  const [layers, epochs] = [
    plan.layers.length + 1,
    plan.epochs === 1 ? "one epoch" : `${plan.epochs} epochs`,
  ];
  return {
    title: "What the output bias buys",
    summary: `A network of ${layers} layers was trained for ${epochs} on ${images.toLocaleString("en-US")} images of ${plan.dataset}, once for each way to set the bias of its output layer.`,
    classes: plan.counts.map((count, k) => ({ name: classNames[k], count })),
    testImages: testCount,
    trials,
    comparisons: comparisons(trials),
    run: {
      seeds: plan.seeds.join(", "),
      baserate,
      "Node.js": node,
      runtime,
      machine,
      "arms at the same time": String(workers),
    },
    plan: stringify(plan),
    command: "baserate compare plan.yaml",
  };
}

/** The network that each arm of the first seed started from, for batches of the plan's size. */
function untrainedNetworks({ plan, trials, imageShape }: RunFilesInput): [string, Uint8Array][] {
  if (imageShape === undefined) return [];
  const model = makeModel(plan, imageShape);
  const types = { images: "uint8" } as const;
  return trials
    .filter(({ seed }) => seed === plan.seeds[0])
    .map(({ arm, seed, outputBias }) => {
      const graph = forwardWith(
        { model, types, roundSize: plan.batchSize },
        armWeights(model, seed, outputBias),
      );
      return [`untrained-${arm}.onnx`, toOnnx(graph)];
    });
}

/** One line per batch of every trial. */
function lossesCsv(trials: readonly Trial[]): string {
  const rows = trials.flatMap(({ arm, seed, epochs, batchLosses, runningLosses, runningAccuracies }) =>
    epochs.map((epoch, i) =>
      [arm, seed, epoch, i + 1, batchLosses[i], runningLosses[i], runningAccuracies[i]].join(","),
    ),
  );
  return `${["arm,seed,epoch,step,batch_loss,running_loss,running_accuracy", ...rows].join("\n")}\n`;
}
