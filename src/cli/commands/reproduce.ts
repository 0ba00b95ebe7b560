import type { Command } from "commander";
import { addExperimentOptions, completeExperiment } from "../experimentCommand.ts";

export function describe(command: Command): void {
  command.description(
    "Trains the network of the original experiment on an imbalanced subset of CIFAR-10, with output bias 0 and with " +
      "output bias log(class frequency), and reports the initial loss, the training and the test results of both.",
  );
  addExperimentOptions(command.option("--plan <file>", "a different experiment, as a YAML file (see plans/)"))
    .addHelpText("after", "\nExample:\n  $ baserate reproduce --seeds 10 --arms zero,prior,calibrated")
    .action(completeExperiment);
}
