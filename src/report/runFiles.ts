import { join } from "node:path";
import { stringify } from "yaml";
import { comparisons } from "../experiment/comparison.ts";
import { type DataFacts, shownClasses } from "../experiment/dataFacts.ts";
import type { Plan } from "../experiment/plan.ts";
import type { TrialNetwork } from "../experiment/plannedModel.ts";
import type { Environment, Trial } from "../experiment/record.ts";
import type { RunFolder } from "../experiment/runFolder.ts";
import { settingsOf } from "../experiment/settings.ts";
import { type Summary, type SweepSummary, summarize } from "../experiment/summary.ts";
import { armWeights } from "../experiment/trial.ts";
import { toOnnx } from "../graph/toOnnx.ts";
import { forwardWith } from "../graph/trainStep.ts";
import { findHead } from "../heads/index.ts";
import { drawFigure } from "../plot/drawFigure.ts";
import { initialLoss } from "../plot/figures/initialLoss.ts";
import { lossCurves } from "../plot/figures/lossCurves.ts";
import { originalLossCurves } from "../plot/figures/originalLossCurves.ts";
import { recallByArm } from "../plot/figures/recallByArm.ts";
import { sweepEffects } from "../plot/figures/sweepEffects.ts";
import { svgToPng } from "../plot/svgToPng.ts";
import type { RunDescription } from "./htmlPage.ts";
import { htmlReport, type ReportInput } from "./htmlReport.ts";
import { sweepCsv, sweepEffectsData } from "./sweep.ts";
import { sweepReport } from "./sweepReport.ts";

export interface RunFilesInput {
  readonly plan: Plan;
  readonly environment: Environment;
  /** All trials of the plan, in its order. */
  readonly trials: readonly Trial[];
  readonly facts: DataFacts;
  /** Further files of the run, written already, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** The network that the arms started from; given if it is to be written as ONNX. */
  readonly untrained?: TrialNetwork;
}

/** The document of --json: the summary, what it ran on, and the paths of the files written. */
export type RunDocument = (Summary | SweepSummary) & {
  readonly environment: Environment;
  readonly files: Readonly<Record<string, string>>;
};

type FileContents = Record<string, string | Uint8Array>;

/** Writes the files that are made from a run's trials: figures, tables, report and summary. */
export async function writeRunFiles(
  folder: Pick<RunFolder, "path" | "write">,
  input: RunFilesInput,
): Promise<RunDocument> {
  const { plan, environment, trials } = input;
  const { baserate, node, runtime, data } = environment;
  const summary = summarize(plan, { baserate, node, runtime, data }, trials);
  const contents: FileContents = {
    ...(await ("settings" in summary ? contentsOfSweep(summary, input) : contentsOfRun(input))),
    "losses.csv": lossesCsv(plan, trials),
    "environment.yaml": stringify(environment),
    "summary.json": `${JSON.stringify(summary, null, 2)}\n`,
  };
  const files: Record<string, string> = { ...input.files, "plan.yaml": join(folder.path, "plan.yaml") };
  for (const [name, content] of Object.entries(contents)) files[name] = await folder.write(name, content);
  performance.mark("PNG and files");
  return { ...summary, environment, files };
}

async function contentsOfRun(input: RunFilesInput): Promise<FileContents> {
  const figures = await drawFigures(input);
  performance.mark("figures");
  const images = withPng(figures);
  const report = await htmlReport(reportInput(input));
  performance.mark("report");
  return {
    ...(await images),
    ...Object.fromEntries(untrainedNetworks(input)),
    "report.html": report,
  };
}

async function contentsOfSweep(summary: SweepSummary, input: RunFilesInput): Promise<FileContents> {
  const figure = await drawFigure(sweepEffects, sweepEffectsData(summary));
  return {
    ...(await withPng({ "sweep-effects": figure })),
    "sweep.csv": sweepCsv(summary),
    "report.html": await sweepReport(summary, describeRun(input)),
  };
}

/** Each figure as SVG and as PNG. */
async function withPng(figures: Record<string, string>): Promise<FileContents> {
  const contents = Object.entries(figures).map(async ([name, svg]): Promise<FileContents> => {
    return { [`${name}.svg`]: svg, [`${name}.png`]: await svgToPng(svg) };
  });
  return Object.assign({}, ...(await Promise.all(contents)));
}

async function drawFigures({ plan, trials, facts }: RunFilesInput): Promise<Record<string, string>> {
  const runningLosses = (arm: string) =>
    trials.find((trial) => trial.arm === arm && trial.seed === plan.seeds[0])?.runningLosses;
  const [zero, prior] = [runningLosses("zero"), runningLosses("prior")];
  const classes = shownClasses(facts);
  return {
    ...(zero && prior && { "opt-vs-normal-loss": await drawFigure(originalLossCurves, { zero, prior }) }),
    "loss-curves": await drawFigure(lossCurves, trials, { lossUnit: lossUnitOf(plan) }),
    "initial-loss": await drawFigure(initialLoss, trials, { lossUnit: lossUnitOf(plan) }),
    ...(classes && { "recall-by-arm": await drawFigure(recallByArm, { classes, trials }) }),
  };
}

/** Cross-entropies are in nats; a squared error, say, is not. */
const lossUnitOf = ({ loss = "softmax" }: Plan) => (findHead(loss).head.isCrossEntropy ? "nats" : "");

function reportInput(input: RunFilesInput): ReportInput {
  const { plan, trials, facts } = input;
  const network = plan.model ?? `A network of ${plan.layers.length + 1} layers`;
  const epochs = plan.epochs === 1 ? "one epoch" : `${plan.epochs} epochs`;
  return {
    ...describeRun(input),
    title: "What the output bias changes",
    summary: `${network} was trained for ${epochs} on ${facts.trainCount.toLocaleString("en-US")} ${facts.unit}s of ${facts.name}, once for each way to set the bias of its output layer.`,
    facts,
    trials,
    lossUnit: lossUnitOf(plan),
    comparisons: comparisons(trials),
  };
}

function describeRun({ plan, environment }: RunFilesInput): RunDescription {
  const { baserate, node, runtime, machine, workers } = environment;
  return {
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
function untrainedNetworks({ plan, trials, untrained }: RunFilesInput): [string, Uint8Array][] {
  if (untrained === undefined) return [];
  const types = { inputs: { images: "uint8" } } as const;
  return trials
    .filter(({ seed }) => seed === plan.seeds[0])
    .map(({ arm, seed, outputBias }) => {
      const graph = forwardWith(
        { model: untrained.network, types, microBatchSize: plan.batchSize },
        armWeights(untrained, seed, outputBias),
      );
      return [`untrained-${arm}.onnx`, toOnnx(graph)];
    });
}

/** One line per batch of every trial; of very long trainings one per `stepsPerEntry`. */
function lossesCsv(plan: Plan, trials: readonly Trial[]): string {
  const names = new Map(settingsOf(plan).map(({ hash, name }) => [hash, name]));
  const isSweep = plan.grid !== undefined;
  const rows = trials.flatMap((trial) => {
    const { arm, seed, stepsPerEntry = 1, epochs, batchLosses, runningLosses, runningAccuracies } = trial;
    const first = isSweep ? [`"${names.get(trial.plan)}"`] : [];
    return epochs.map((epoch, i) =>
      [
        ...first,
        arm,
        seed,
        epoch,
        (i + 1) * stepsPerEntry,
        batchLosses[i],
        runningLosses[i],
        runningAccuracies[i] ?? "",
      ].join(","),
    );
  });
  const head = `${isSweep ? "setting," : ""}arm,seed,epoch,step,batch_loss,running_loss,running_accuracy`;
  return `${[head, ...rows].join("\n")}\n`;
}
