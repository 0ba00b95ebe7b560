import { z } from "zod";
import { InputError } from "../../errors.ts";
import { comparisons } from "../../experiment/comparison.ts";
import type { Trial } from "../../experiment/record.ts";
import { parseTrials } from "../../experiment/trialLines.ts";
import { findHead } from "../../heads/index.ts";
import { comparisonTable, initialLossTable, resultsTable } from "../../report/htmlTables.ts";
import { stepsSavedText } from "../../report/verdict.ts";
import type { Dropped, DroppedFile } from "../dropped.ts";
import { serveTask } from "./serve.ts";

/** A run's trials under one setting of its plan, and the tables of its report as HTML. */
export interface RunReport {
  /** Names the setting; empty where the plan has no grid. */
  readonly name: string;
  readonly trials: readonly Trial[];
  readonly lossUnit: "nats" | "";
  readonly initialLosses: string;
  readonly results: string;
  readonly comparisons: readonly {
    readonly title: string;
    readonly table: string;
    readonly stepsSaved: string;
  }[];
}

/** What the page needs of summary.json: the loss, and what the settings are called. */
const summarySchema = z.object({
  plan: z.object({
    loss: z.string().default("softmax"),
    arms: z.array(z.string()).default([]),
    seeds: z.array(z.number()).default([]),
  }),
  settings: z.array(z.object({ name: z.string(), hash: z.string() })).default([]),
});

const isNamed =
  (wanted: string) =>
  ({ path }: DroppedFile) =>
    path.split("/").at(-1) === wanted;

serveTask<Dropped, RunReport[]>(async ({ name, files }) => {
  const file = files.find(isNamed("trials.jsonl")) ?? (files.length === 1 ? files[0] : undefined);
  if (file === undefined || !file.path.endsWith(".jsonl")) {
    throw new InputError(
      `${name}: no trials.jsonl; expected a folder that baserate compare or reproduce wrote, or its trials.jsonl`,
    );
  }
  const { trials: finished } = parseTrials(await file.file.text(), file.path);
  if (finished.length === 0) throw new InputError(`${file.path}: no finished trial`);
  const summary = await readSummary(files.find(isNamed("summary.json")));
  const trials = inPlanOrder(finished, summary?.plan);
  const names = new Map(summary?.settings.map((setting) => [setting.hash, setting.name]));
  const lossUnit = summary && findHead(summary.plan.loss).head.isCrossEntropy ? "nats" : "";
  const settings = [...new Set(trials.map(({ plan }) => plan))];
  return settings.map((hash) => {
    const title = names.get(hash) ?? (settings.length > 1 ? `setting ${hash}` : "");
    return report(
      title,
      trials.filter(({ plan }) => plan === hash),
      lossUnit,
    );
  });
});

/** Trials are written as they finish. Without the plan, seeds are in ascending order, and zero is the first arm. */
function inPlanOrder(
  trials: readonly Trial[],
  { arms, seeds }: { readonly arms: readonly string[]; readonly seeds: readonly number[] } = {
    arms: ["zero"],
    seeds: [],
  },
): Trial[] {
  const place = (names: readonly unknown[], name: unknown) =>
    names.includes(name) ? names.indexOf(name) : names.length;
  return [...trials].sort(
    (a, b) =>
      place(seeds, a.seed) - place(seeds, b.seed) ||
      a.seed - b.seed ||
      place(arms, a.arm) - place(arms, b.arm),
  );
}

async function readSummary(file: DroppedFile | undefined) {
  if (file === undefined) return undefined;
  try {
    return summarySchema.parse(JSON.parse(await file.file.text()));
  } catch (error) {
    throw new InputError(`${file.path}: not a summary of this version`, { cause: error });
  }
}

const report = (name: string, trials: readonly Trial[], lossUnit: RunReport["lossUnit"]): RunReport => ({
  name,
  trials,
  lossUnit,
  initialLosses: initialLossTable(trials).text,
  results: resultsTable(trials).text,
  comparisons: comparisons(trials).map((comparison) => {
    const { arm, baseline, stepsSaved } = comparison;
    return {
      title: `${arm} against ${baseline}`,
      table: comparisonTable(comparison).text,
      stepsSaved: stepsSavedText(stepsSaved, arm, baseline),
    };
  }),
});
