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
    command.createOption("--output <name>", "output that the loss is computed from (default: the first)"),
    command
      .createOption(
        "--freeze <names>",
        "parameters that are not trained: names, or patterns such as encoder*",
      )
      .argParser(list),
    command.createOption(
      "--keep-weights",
      "start every seed from the weights in the file; seeds change only the batches",
    ),
    command.createOption(
      "--as-exported",
      "accept a file that was exported in inference mode, and train it unchanged",
    ),
  ];
  const data = [
    command.createOption(
      "--data <path>",
      "folder of images (one folder per class), .npy or .npz arrays, a table (CSV, Parquet, ...), lines of text (.txt), or the address of a database",
    ),
    command.createOption("--table <name>", "table of the database that holds features and labels"),
    command.createOption("--query <sql>", "query that returns features and labels, instead of --table"),
    command.createOption("--where <sql>", "SQL condition that the rows must meet"),
    command.createOption("--labels <file>", "file of labels, if they are not in the data"),
    command.createOption("--column <names>", "columns of the table that hold the labels").argParser(list),
    command.createOption("--weight-column <name>", "column that holds a sample weight for each row"),
    command.createOption("--features <names>", "columns to train on (default: all others)").argParser(list),
    command
      .createOption("--categories <form>", "categories as one-hot features, or as an index for an embedding")
      .choices(["one-hot", "index"]),
    command
      .createOption("--classes <names>", "names of the classes in the order of the outputs")
      .argParser(list),
    command
      .createOption("--ignore-index <label>", "label of rows to leave out, such as -100")
      .argParser(Number),
    command.createOption("--resize <h,w>", "resize images to this height and width").argParser(numberList),
    command
      .createOption("--image-scale <number>", "factor for the pixel values, 0 to 255 (default: 1/255)")
      .argParser(positiveNumber),
    command.createOption("--test-data <path>", "test data, in any form of --data"),
    command.createOption("--test-labels <file>", "file of the test labels, if they are not in the test data"),
    command
      .createOption(
        "--test-share <share>",
        "without --test-data: share of the rows to hold out for the test (default: 0.2)",
      )
      .argParser(positiveNumber),
  ];
  const training = [
    command.createOption(
      "--loss <name>",
      "name of the loss: baserate's, or a framework's (default: softmax)",
    ),
    command
      .createOption("--patience <epochs>", "stop after this many epochs without a lower test loss")
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
    throw new InvalidArgumentError(
      "give the number of the shard and the number of shards, for example 3/16.",
    );
  }
  return { index, count };
}
