import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import { numberIn } from "../tables/cell.ts";
import { isDatabaseAddress } from "../tables/databases/address.ts";
import type { RowsPlace } from "../tables/sql/rowsQuery.ts";
import { readArrayRows } from "./arrayRows.ts";
import type { ExampleSet, ExperimentData } from "./exampleSet.ts";
import { readImageRows } from "./imageRows.ts";
import { type OpenRows, rowsOpener } from "./openRows.ts";
import { type ExampleLabels, labelsFrom, labelsOfClasses, labelsOfText } from "./rowLabels.ts";
import type { EncodedRows, InputArray, RowSource } from "./rowSource.ts";
import { splitRows } from "./splitRows.ts";
import { readTableRows } from "./tableRows.ts";
import { readTextRows, type TextRows } from "./textRows.ts";

/** Where examples and labels are, and how they are read: keys of a plan. */
export interface OwnExamples extends RowsPlace {
  readonly data: string;
  readonly labels?: string;
  readonly testData?: string;
  readonly testLabels?: string;
  readonly testShare?: number;
  readonly column?: readonly string[];
  readonly weightColumn?: string;
  readonly features?: readonly string[];
  readonly categories?: "one-hot" | "index";
  readonly classes?: readonly string[];
  readonly ignoreIndex?: number;
  readonly resize?: readonly [number, number];
  readonly imageScale?: number;
}

export interface OwnExamplesOptions {
  /** Channels that the network takes of an image. */
  readonly channels: 1 | 3;
  readonly onImages?: (done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/** How the rows of one experiment are read. */
interface ReadingOptions extends OwnExamplesOptions {
  readonly open: OpenRows;
}

/** Rows and their labels. */
interface Labelled {
  readonly path: string;
  readonly source: RowSource;
  readonly labels: ExampleLabels;
  readonly weights?: Float64Array;
}

/** Share of the rows that is kept for the test unless the plan says otherwise. */
const defaultTestShare = 0.2;

/**
 * Loads examples from files or a database: a folder of images, NumPy arrays, a table, or lines of text, with their labels.
 *
 * @throws InputError where a file cannot be read, or its rows and labels do not fit each other or the loss
 */
export async function loadExamples(
  plan: OwnExamples,
  head: Head,
  settings: OwnExamplesOptions,
): Promise<ExperimentData> {
  const options = { ...settings, open: rowsOpener(plan) };
  const main = await readLabelled(plan, plan.data, plan.labels, head, options);
  if (plan.testData === undefined) {
    if (plan.testLabels !== undefined) throw new InputError("test labels need test data: --test-data");
    return splitData(plan, main, head);
  }
  const test = await readLabelled(plan, plan.testData, plan.testLabels ?? plan.labels, head, options, main);
  const encoded = main.source.encode(Uint32Array.from({ length: main.source.count }, (_, row) => row));
  return {
    ...described(plan, main, encoded),
    train: exampleSet(main, encoded.inputs),
    test: exampleSet(test, encoded.again(test.source)),
  };
}

/** Training and test rows of the same files, each class in both. */
function splitData(
  { testShare = defaultTestShare, ...plan }: OwnExamples,
  main: Labelled,
  head: Head,
): ExperimentData {
  const { source, labels } = main;
  const isClass = labels.shape.length === 0 && (head.reads === "classes" || head.reads === "binary");
  const classes = isClass ? Array.from(labels.values as ArrayLike<number>, Number) : undefined;
  const { train, test } = splitRows(source.count, classes, testShare);
  const encoded = source.encode(train);
  const set = exampleSet(main, encoded.inputs);
  const described_ = described(plan, main, encoded);
  const note = `No test data were given: ${test.length} of ${source.count} ${source.unit}s${classes ? ", the same share of each class," : ""} were kept for the test.`;
  return {
    ...described_,
    train: { ...set, rows: train },
    test: { ...set, rows: test },
    notes: [note, ...described_.notes],
  };
}

const described = (
  plan: OwnExamples,
  { path, source, labels }: Labelled,
  { inputs, notes }: EncodedRows,
) => ({
  name: plan.data,
  unit: source.unit,
  inputs: inputs.map(({ name, shape, imageScale }) => ({ name, shape, imageScale })),
  labelShape: labels.shape,
  classNames: labels.names,
  labelFile: plan.labels ?? path,
  ignoreLabel: labels.ignored,
  notes: [...(labels.understood === undefined ? [] : [`Labels: ${labels.understood}.`]), ...notes],
});

function exampleSet({ source, labels, weights }: Labelled, inputs: readonly InputArray[]): ExampleSet {
  return {
    inputs: Object.fromEntries(inputs.map(({ name, data }) => [name, data])),
    labels: labels.values,
    weights,
    count: source.count,
  };
}

/** @param before the training rows, where these are the test rows: classes and characters are numbered alike */
async function readLabelled(
  plan: OwnExamples,
  path: string,
  labelPath: string | undefined,
  head: Head,
  options: ReadingOptions,
  before?: Labelled,
): Promise<Labelled> {
  const source = await openSource(plan, path, options, before);
  const { open } = options;
  const weights =
    plan.weightColumn === undefined ? undefined : await readWeights(open, path, plan.weightColumn);
  const labels = await readLabelsOf(plan, path, labelPath, head, source, open, before);
  if (labels.count === source.count) return { path, source, labels, weights };
  throw new InputError(
    `${labelPath ?? path} has ${labels.count} labels, and ${path} has ${source.count} ${source.unit}s; one label per row is needed`,
  );
}

async function readLabelsOf(
  plan: OwnExamples,
  path: string,
  labelPath: string | undefined,
  head: Head,
  source: RowSource,
  open: OpenRows,
  before: Labelled | undefined,
): Promise<ExampleLabels> {
  const { column, ignoreIndex } = plan;
  const classes = before?.labels.names ?? plan.classes;
  const choices = {
    open,
    classes,
    ignoreIndex: ignoreIndex === undefined ? undefined : String(ignoreIndex),
  };
  if (labelPath !== undefined) return labelsFrom(labelPath, head, { ...choices, column });
  if (source.classes) return labelsOfClasses(source.classes, head, path);
  if ("nextCharacters" in source) return labelsOfText(source as TextRows, head);
  if (column === undefined || kindOf(path) !== "table") {
    throw new InputError(
      kindOf(path) === "table"
        ? `which column of ${path} holds the labels? Give --column, or a file with --labels`
        : `no labels for ${path}: give a file with --labels`,
    );
  }
  return labelsFrom(path, head, { ...choices, column });
}

/** The kind of a file or folder, by its name. */
function kindOf(path: string): "arrays" | "text" | "table" {
  if (isDatabaseAddress(path)) return "table";
  const extension = extname(path).toLowerCase();
  if (extension === ".npy" || extension === ".npz") return "arrays";
  return extension === ".txt" ? "text" : "table";
}

async function openSource(
  plan: OwnExamples,
  path: string,
  { channels, onImages, signal, open }: ReadingOptions,
  before: Labelled | undefined,
): Promise<RowSource> {
  const isDatabase = isDatabaseAddress(path);
  const found = await stat(path).catch(() => undefined);
  if (!found && !isDatabase) throw new InputError(`cannot read ${path}: there is no such file`);
  const { resize, imageScale: scale } = plan;
  if (found?.isDirectory()) {
    const names = before?.labels.names ?? plan.classes;
    return readImageRows(path, { resize, scale, channels, names, onProgress: onImages, signal });
  }
  if (resize !== undefined)
    throw new InputError(
      `--resize is for a folder of images, and ${path} is ${isDatabase ? "a database" : "a file"}`,
    );
  if (kindOf(path) === "arrays") return readArrayRows(path);
  if (kindOf(path) === "text") {
    const { characters, length } = (before?.source as TextRows | undefined) ?? {};
    return readTextRows(path, { characters, length });
  }
  const { column = [], weightColumn, categories = "one-hot", features } = plan;
  const without = [...column, ...(weightColumn === undefined ? [] : [weightColumn])];
  return readTableRows(path, {
    features,
    without: plan.labels === undefined ? without : without.slice(column.length),
    categories,
    open,
  });
}

/** Sample weights, one per row. */
async function readWeights(open: OpenRows, path: string, name: string): Promise<Float64Array> {
  const { chunks } = await open(path, { columns: [name], header: true });
  const weights: number[] = [];
  for await (const { columns, rows } of chunks) {
    for (let i = 0; i < rows; i++) {
      const weight = numberIn(columns[0][i] as number, weights.length + 1, name);
      if (!(weight >= 0 && weight < Infinity)) {
        throw new InputError(
          `${path}: row ${weights.length + 1} has the weight ${weight}; allowed: 0 or more`,
        );
      }
      weights.push(weight);
    }
  }
  return Float64Array.from(weights);
}
