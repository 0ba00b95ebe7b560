import { type Command, InvalidArgumentError } from "commander";
import { InputError } from "../../errors.ts";
import type { PlanInput } from "../../experiment/plan.ts";
import type { Shard } from "../../experiment/settings.ts";
import { addExperimentOptions, completeExperiment, type ExperimentFlags } from "../experimentCommand.ts";
import { addHeadFlags, headOptions, namedLoss } from "../headFlags.ts";
import { numberList } from "../numbers.ts";
import { list, positiveNumber, wholeNumber } from "../options.ts";

export function describe(command: Command): void {
  command.description(
    "Trains a network once for each way to set its output bias, over several seeds, and reports what the bias changed, with 95 % intervals: your network, data and loss, or the experiment of a plan.",
  );
  const loss = namedLoss(process.argv);
  addExperimentOptions(command.argument("[plan]", "the experiment, as a YAML file (see plans/)"));
  addOwnOptions(command);
  addHeadFlags(command, loss);
  command
    .option("--shard <i/n>", "run slice i of n; baserate merge puts the slices together", shard)
    .option("--queue <address>", "have workers run the trials, by a queue in Redis: redis://host:port")
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
    .action((plan: string | undefined, flags: ExperimentFlags & OwnFlags) => {
      const own = ownKeys(loss, flags);
      if (plan === undefined && own.model === undefined && own.data === undefined) {
        throw new InputError(
          "nothing to compare: give a plan, or a network with --model and its data with --data",
        );
      }
      return completeExperiment({ ...flags, plan, own });
    });
}

/** The flags that are keys of a plan under the same name. */
const ownNames = [
  "model",
  "output",
  "freeze",
  "asExported",
  "keepWeights",
  "data",
  "table",
  "query",
  "where",
  "labels",
  "testData",
  "testLabels",
  "testShare",
  "column",
  "weightColumn",
  "features",
  "categories",
  "classes",
  "ignoreIndex",
  "resize",
  "imageScale",
  "loss",
  "patience",
] as const;

type OwnFlags = Pick<PlanInput, (typeof ownNames)[number]>;

function addOwnOptions(command: Command): void {
  const network = [
    command.createOption("--model <file>", "ONNX file of the untrained network, exported in training mode"),
    command.createOption("--output <name>", "output that the loss reads (the first)"),
    command
      .createOption(
        "--freeze <names>",
        "parameters that stay as they are: names, or patterns such as encoder*",
      )
      .argParser(list),
    command.createOption(
      "--keep-weights",
      "start every seed from the file's weights; seeds change the batches alone",
    ),
    command.createOption("--as-exported", "train a file that was exported in inference mode as it is"),
  ];
  const data = [
    command.createOption(
      "--data <path>",
      "folder of images (one folder per class), .npy or .npz arrays, a table (CSV, Parquet, ...), lines of text (.txt), or the address of a database",
    ),
    command.createOption("--table <name>", "table of the database that holds features and labels"),
    command.createOption("--query <sql>", "query whose rows hold them, instead of --table"),
    command.createOption("--where <sql>", "condition in SQL that the rows of the database must meet"),
    command.createOption("--labels <file>", "labels, where they are not in the data"),
    command.createOption("--column <names>", "columns of the table that hold the labels").argParser(list),
    command.createOption("--weight-column <name>", "column that holds a sample weight for each row"),
    command.createOption("--features <names>", "columns to train on (all others)").argParser(list),
    command
      .createOption("--categories <form>", "categories as one-hot features, or as an index for an embedding")
      .choices(["one-hot", "index"]),
    command
      .createOption("--classes <names>", "names of the classes in the order of the outputs")
      .argParser(list),
    command.createOption("--ignore-index <label>", "label that is left out, such as -100").argParser(Number),
    command.createOption("--resize <h,w>", "stretch images to this height and width").argParser(numberList),
    command
      .createOption("--image-scale <number>", "what an image's bytes are multiplied by (1/255)")
      .argParser(positiveNumber),
    command.createOption("--test-data <path>", "data of the test, as --data"),
    command.createOption("--test-labels <file>", "labels of the test, as --labels"),
    command
      .createOption("--test-share <share>", "without --test-data: share of the rows kept for the test (0.2)")
      .argParser(positiveNumber),
  ];
  const training = [
    command.createOption("--loss <name>", "loss by baserate's name or a framework's (softmax)"),
    command
      .createOption("--patience <epochs>", "stop after so many epochs without a lower test loss")
      .argParser(wholeNumber(1)),
  ];
  for (const option of network) command.addOption(option.helpGroup("Network:"));
  for (const option of data) command.addOption(option.helpGroup("Data:"));
  for (const option of training) command.addOption(option.helpGroup("Training:"));
}

/** The keys of the plan that the flags give. */
function ownKeys(loss: string, flags: OwnFlags): Partial<PlanInput> {
  const given = ownNames.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]] as const]));
  const options = headOptions(loss, flags);
  return {
    ...Object.fromEntries(given),
    ...(Object.keys(options).length > 0 && { lossOptions: options as PlanInput["lossOptions"] }),
  };
}

function shard(text: string): Shard {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (!(index >= 1 && index <= count)) {
    throw new InvalidArgumentError("expected a number and how many there are, for example 3/16.");
  }
  return { index, count };
}
