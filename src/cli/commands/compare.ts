import type { Command } from "commander";
import { addExperimentOptions, completeExperiment, type ExperimentFlags } from "../experimentCommand.ts";

export function describe(command: Command): void {
  command.description(
    "Runs the arms of a plan over its seeds, and reports their differences with 95 % intervals.",
  );
  addExperimentOptions(command.argument("<plan>", "the experiment, as a YAML file (see plans/)"))
    .addHelpText("after", "\nExample:\n  $ baserate compare plans/cifar10-imbalanced.yaml --seeds 10")
    .action((plan: string, flags: ExperimentFlags) => completeExperiment({ ...flags, plan }));
}
