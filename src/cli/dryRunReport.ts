import type { DryRun, DryRunSetting } from "../experiment/dryRun.ts";
import { lossText } from "../experiment/outputPlans.ts";
import type { Plan } from "../experiment/plan.ts";
import type { NetworkPart } from "../graph/import/networkOnData.ts";
import { grouped } from "../math/grouped.ts";
import { table } from "../plot/table.ts";
import { field, wrap } from "./text.ts";

/** What a plan would train, as text in 80 columns. */
export function dryRunReport(plan: Plan, { data, settings, trials, steps, dataBytes }: DryRun): string {
  const { seeds, arms } = plan;
  const counts = [
    counted(seeds.length, "seed"),
    counted(arms.length, "arm"),
    ...(settings.length > 1 ? [`${settings.length} settings`] : []),
  ];
  const upTo = plan.patience === undefined ? "" : "at most ";
  const lines = [
    field(
      "data",
      `${data.name}: ${grouped(data.trainCount)} ${data.unit}s to train on, ${grouped(data.testCount)} to test on`,
    ),
    field("loss", lossText(plan)),
    field(
      "trials",
      `${counts.join(" x ")} = ${counted(trials, "trial")}, ${upTo}${grouped(steps)} training steps together`,
    ),
    ...data.notes.map((note) => field("note", note)),
  ];
  const parts = settings.map((setting) => settingReport(plan, setting, dataBytes));
  return [lines.join("\n"), ...parts, "Nothing was trained and nothing was written."].join("\n\n");
}

function settingReport(plan: Plan, setting: DryRunSetting, dataBytes: number): string {
  const { name, parameters, fixed, inputs, outputs, stepsPerTrial } = setting;
  const held = fixed === 0 ? "" : `, and ${grouped(fixed)} that are not trained`;
  const { weightBytes, optimizerBytes } = setting;
  const lines = [
    ...(name === "" ? [] : [wrap(name)]),
    field("network", `${plan.model ?? "layers"}: ${grouped(parameters)} parameters${held}`),
    field("input", inputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join("; ")),
    ...outputs.map((output) => field("output", outputText(output, outputs.length > 1))),
    field(
      "steps",
      `${grouped(stepsPerTrial)} per trial: ${counted(plan.epochs, "epoch")}, ${plan.batchSize} rows per batch`,
    ),
    field(
      "memory",
      `${size(dataBytes)} for the data; for each arm at work ${size(weightBytes)} for weights and ${size(optimizerBytes)} for the optimizer's state, besides gradients and activations`,
    ),
  ];
  const losses = Object.entries(setting.expectedLosses).map(([arm, loss]) => [arm, loss.toFixed(4)]);
  return `${lines.join("\n")}\n\n${table(["arm", "expected loss"], losses, { align: ["left", "right"] })}`;
}

function outputText({ name, places, width, outputBias }: NetworkPart, isNamed: boolean): string {
  const perPlace = places === 1 ? "" : ` at each of ${grouped(places)} places`;
  return `${isNamed ? `${name} ` : ""}[${width}]${perPlace}, with the bias ${outputBias}`;
}

const size = (bytes: number) =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

const counted = (count: number, what: string) => `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
