import type { Command } from "commander";
import { addRunOptions, runCommand } from "../experimentCommand.ts";

export function describe(command: Command): void {
  command.description(
    "Runs the arms of a plan over its seeds and reports their differences, with intervals.",
  );
  addRunOptions(command.argument("<plan>", "the experiment, as a YAML file (see plans/)"))
    .addHelpText("after", "\nExample:\n  $ baserate compare plans/cifar10-imbalanced.yaml --seeds 10")
    .action((plan: string, options: Parameters<typeof runCommand>[0]) => runCommand({ ...options, plan }));
}
