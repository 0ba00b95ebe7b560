import type { Command } from "commander";
import { stringify } from "yaml";
import { InputError } from "../../errors.ts";
import { namedFacts } from "../../experiment/dataFacts.ts";
import { type MergedRun, mergeFolders } from "../../experiment/mergeFolders.ts";
import { trialKeyText } from "../../experiment/record.ts";
import { openRunFolder, runFileNames, versionsText } from "../../experiment/runFolder.ts";
import { trialLine } from "../../experiment/trialLines.ts";
import { type RunDocument, writeRunFiles } from "../../report/runFiles.ts";
import { printRun } from "../printRun.ts";

export function describe(command: Command): void {
  command
    .description(
      "Combines the shards of a sweep: checks that plans, versions and data are the same and that no trial is missing, and writes the report. The summary is byte for byte the one that a run on one machine writes.",
    )
    .argument("<folders...>", "folders of shards, or folders that contain shard-1-of-16 and so on")
    .option("--out <folder>", "folder for the report (default: the folder that contains the shards)")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ baserate merge runs/sweep")
    .action(async (folders: string[], { out, json = false }: { out?: string; json?: boolean }) => {
      const path = out ?? (folders.length === 1 ? folders[0] : undefined);
      if (path === undefined)
        throw new InputError("missing --out: to merge several folders, give a folder for the report");
      const merged = await mergeFolders(folders);
      const { doubled } = merged;
      if (doubled > 0) {
        console.error(
          `${doubled} ${doubled === 1 ? "trial is" : "trials are"} in more than one folder, with equal results`,
        );
      }
      await printRun(await writeMerged(path, merged), path, json);
    });
}

async function writeMerged(path: string, merged: MergedRun): Promise<RunDocument> {
  const { plan, versions, trials, folders, facts = namedFacts(plan) } = merged;
  const folder = await openRunFolder(path, plan, false);
  folder.begin(versions, merged.facts);
  const keys = new Set(trials.map(trialKeyText));
  const others = folder.finished.filter((trial) => !keys.has(trialKeyText(trial))).length;
  if (others > 0) {
    throw new InputError(
      `${path} contains ${others} trials that are in none of the folders; choose another --out`,
    );
  }
  await folder.write(runFileNames.plan, stringify(plan));
  await folder.write(runFileNames.versions, versionsText(versions));
  await folder.write(runFileNames.trials, trials.map((trial) => `${trialLine(trial)}\n`).join(""));
  const machine = `merged from ${folders.length} folders`;
  const environment = { ...versions, machine, workers: folders.length };
  return writeRunFiles(folder, { plan, environment, trials, facts });
}
