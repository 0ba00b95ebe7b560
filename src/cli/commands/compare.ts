import { type Command, InvalidArgumentError } from "commander";
import { InputError } from "../../errors.ts";
import type { PlanInput } from "../../experiment/plan.ts";
import type { Shard } from "../../experiment/settings.ts";
import { addExperimentOptions, completeExperiment, type ExperimentFlags } from "../experimentCommand.ts";
import { addHeadFlags, headOptions, namedLoss } from "../headFlags.ts";
import { addOwnOptions, type OwnFlags, ownKeysOf } from "../ownOptions.ts";

export function describe(command: Command): void {
  command.description(
    "Trains a network once for each way to set its output bias, over several seeds, and reports what the bias changed, with 95 % intervals: your network, data and loss, or the experiment of a plan.",
  );
  const loss = namedLoss(process.argv);
  addExperimentOptions(command.argument("[plan]", "the experiment, as a YAML file (see plans/)"));
  addOwnOptions(command);
  addHeadFlags(command, loss);
  command
    .option("--shard <i/n>", "run shard i of n; baserate merge combines the shards", shard)
    .option("--queue <address>", "let workers run the trials, from a queue in Redis: redis://host:port")
    .addHelpText(
      "after",
      `
Arms: zero, prior, calibrated, as-is (the bias in the file), or a .npy or .json file with a bias.
Your own network and data, step by step: docs/compare.md. Sweeps, shards and clusters: docs/sweeps.md

Examples:
  $ baserate compare --model net.onnx --data photos/ --loss softmax --seeds 5
  $ baserate compare --model net.onnx --data churn.csv --column churned --loss focal --gamma 2
  $ baserate compare --model net.onnx --data photos/ --dry-run
  $ baserate compare plans/cifar10-imbalanced.yaml --seeds 10`,
    )
    .action(async (plan: string | undefined, flags: ExperimentFlags & OwnFlags) => {
      const own = await ownKeys(loss, flags);
      const given = [plan, flags.dataset, own.model, own.data];
      if (given.every((value) => value === undefined)) {
        throw new InputError(
          "nothing to compare: give a plan, or a network with --model and its data with --data",
        );
      }
      return completeExperiment({ ...flags, plan, own });
    });
}

/** The keys of the plan that the flags give. */
async function ownKeys(loss: string, flags: OwnFlags): Promise<Partial<PlanInput>> {
  const options = headOptions(loss, flags);
  return {
    ...(await ownKeysOf(flags)),
    ...(Object.keys(options).length > 0 && { lossOptions: options as PlanInput["lossOptions"] }),
  };
}

function shard(text: string): Shard {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (!(index >= 1 && index <= count)) {
    throw new InvalidArgumentError(
      "give the number of the shard and the number of shards, for example 3/16.",
    );
  }
  return { index, count };
}
