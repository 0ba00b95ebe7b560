import type { Command, Option } from "commander";
import type { OwnKey, PlanInput } from "../experiment/plan.ts";
import { numberList } from "./numbers.ts";
import { kebab, list, positiveNumber, wholeNumber } from "./options.ts";

/** A key of a plan as a flag: its group and its value in the help, what it is, and how it is read (as it is, unless said). */
type OwnOption = readonly [
  group: "Network" | "Data" | "Training",
  value: string,
  text: string,
  read?: (option: Option) => Option,
];

const reads = (parse: (text: string) => unknown) => (option: Option) => option.argParser(parse);

/** The flags for a network and data of one's own: one for each key of a plan. */
const ownOptions: Readonly<Record<OwnKey, OwnOption>> = {
  model: ["Network", "<file>", "ONNX file of the untrained network, exported in training mode"],
  output: ["Network", "<name>", "output that the loss is computed from (default: the first)"],
  heads: [
    "Network",
    "<file>",
    "YAML or JSON file with loss, labels and weight for each of several outputs (docs/compare.md)",
  ],
  freeze: [
    "Network",
    "<names>",
    "parameters that are not trained: names, or patterns such as encoder*",
    reads(list),
  ],
  keepWeights: [
    "Network",
    "",
    "start every seed from the weights in the file; seeds change only the batches",
  ],
  asExported: ["Network", "", "accept a file that was exported in inference mode, and train it unchanged"],
  data: [
    "Data",
    "<path>",
    "folder of images (one folder per class), .npy or .npz arrays, a table (CSV, Parquet, ...), lines of text (.txt), or the address of a database",
  ],
  table: ["Data", "<name>", "table of the database that holds features and labels"],
  query: ["Data", "<sql>", "query that returns features and labels, instead of --table"],
  where: ["Data", "<sql>", "SQL condition that the rows must meet"],
  labels: ["Data", "<file>", "file of labels, if they are not in the data"],
  column: ["Data", "<names>", "columns of the table that hold the labels", reads(list)],
  weightColumn: ["Data", "<name>", "column that holds a sample weight for each row"],
  features: ["Data", "<names>", "columns to train on (default: all others)", reads(list)],
  categories: [
    "Data",
    "<form>",
    "categories as one-hot features, or as an index for an embedding",
    (option) => option.choices(["one-hot", "index"]),
  ],
  classes: ["Data", "<names>", "names of the classes in the order of the outputs", reads(list)],
  ignoreIndex: ["Data", "<label>", "label of rows to leave out, such as -100", reads(Number)],
  resize: ["Data", "<h,w>", "resize images to this height and width", reads(numberList)],
  imageScale: [
    "Data",
    "<number>",
    "factor for the pixel values, 0 to 255 (default: 1/255)",
    reads(positiveNumber),
  ],
  testData: ["Data", "<path>", "test data, in any form of --data"],
  testLabels: ["Data", "<file>", "file of the test labels, if they are not in the test data"],
  testShare: [
    "Data",
    "<share>",
    "without --test-data: share of the rows to hold out for the test (default: 0.2)",
    reads(positiveNumber),
  ],
  loss: ["Training", "<name>", "name of the loss: baserate's, or a framework's (default: softmax)"],
  patience: [
    "Training",
    "<epochs>",
    "stop after this many epochs without a lower test loss",
    reads(wholeNumber(1)),
  ],
};

/** The flags as commander returns them. */
export type OwnFlags = Omit<Pick<PlanInput, OwnKey>, "heads"> & { readonly heads?: string };

/** Adds the flags to a command. */
export function addOwnOptions(command: Command): void {
  for (const [key, [group, value, text, read]] of Object.entries(ownOptions)) {
    const option = command.createOption(`--${kebab(key)} ${value}`.trim(), text);
    command.addOption((read?.(option) ?? option).helpGroup(`${group}:`));
  }
}

/** The keys of the plan that the flags give. */
export async function ownKeysOf(flags: OwnFlags): Promise<Partial<PlanInput>> {
  const given = Object.keys(ownOptions).flatMap((key) => {
    const value = flags[key as OwnKey];
    return value === undefined ? [] : [[key, value]];
  });
  if (flags.heads === undefined) return Object.fromEntries(given);
  const { readHeads } = await import("../experiment/planFile.ts");
  return { ...Object.fromEntries(given), heads: await readHeads(flags.heads) };
}
