import { type Command, InvalidArgumentError } from "commander";
import type { Shard } from "../../experiment/settings.ts";
import { addExperimentOptions, completeExperiment, type ExperimentFlags } from "../experimentCommand.ts";

export function describe(command: Command): void {
  command.description(
    "Runs the arms of a plan over its seeds and the settings of its grid, and reports their differences with 95 % intervals.",
  );
  addExperimentOptions(command.argument("<plan>", "the experiment, as a YAML file (see plans/)"))
    .option("--shard <i/n>", "run slice i of n; baserate merge puts the slices together", shard)
    .option("--queue <address>", "have workers run the trials, by a queue in Redis: redis://host:port")
    .addHelpText(
      "after",
      "\nSweeps, shards and recipes for clusters: docs/sweeps.md\n\nExample:\n  $ baserate compare plans/cifar10-imbalanced.yaml --seeds 10",
    )
    .action((plan: string, flags: ExperimentFlags) => completeExperiment({ ...flags, plan }));
}

function shard(text: string): Shard {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (!(index >= 1 && index <= count)) {
    throw new InvalidArgumentError("expected a number and how many there are, for example 3/16.");
  }
  return { index, count };
}
