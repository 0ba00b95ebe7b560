import type { Command } from "commander";
import { addRunOptions, runCommand } from "../experimentCommand.ts";

export function describe(command: Command): void {
  command.description(
    "Trains the original experiment's network on its part of CIFAR-10, once with output bias 0 and once with bias " +
      "log(class frequency), checks the loss before training, and shows what the bias bought.",
  );
  addRunOptions(command.option("--plan <file>", "another experiment, as a YAML file (see plans/)"))
    .addHelpText("after", "\nExample:\n  $ baserate reproduce --seeds 10 --arms zero,prior,calibrated")
    .action(runCommand);
}
