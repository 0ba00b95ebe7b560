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
  readonly testData?: string;
  readonly testShare?: number;
  readonly weightColumn?: string;
  readonly features?: readonly string[];
  readonly categories?: "one-hot" | "index";
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

/** Where the labels of one output are, and the head that reads them. */
export interface LabelSet {
  readonly labels?: string;
  readonly testLabels?: string;
  readonly column?: readonly string[];
  readonly classes?: readonly string[];
  readonly ignoreIndex?: number;
  /** Name of the output; undefined where there is one set of labels. */
  readonly name?: string;
  readonly head: Head;
}

/** Rows and their labels. */
interface Labelled {
  readonly path: string;
  readonly source: RowSource;
  /** In the order of the sets. */
  readonly labels: readonly ExampleLabels[];
  readonly weights?: Float64Array;
}

/** Share of the rows that is kept for the test unless the plan says otherwise. */
const defaultTestShare = 0.2;

/**
 * Loads examples from files or a database: a folder of images, NumPy arrays, a table, or lines of text, with their labels.
 *
 * @param sets one for each output that has labels
 * @throws InputError where a file cannot be read, or its rows and labels do not fit each other or the loss
 */
export async function loadExamples(
  plan: OwnExamples,
  sets: readonly LabelSet[],
  settings: OwnExamplesOptions,
): Promise<ExperimentData> {
  const options = { ...settings, open: rowsOpener(plan) };
  const main = await readLabelled(plan, plan.data, sets, options);
  if (plan.testData === undefined) {
    if (sets.some(({ testLabels }) => testLabels !== undefined))
      throw new InputError("test labels need test data: --test-data");
    return splitData(plan, main, sets);
  }
  const ofTest = sets.map((set) => ({ ...set, labels: set.testLabels ?? set.labels }));
  const test = await readLabelled(plan, plan.testData, ofTest, options, main);
  const encoded = main.source.encode(Uint32Array.from({ length: main.source.count }, (_, row) => row));
  const [inputs, testInputs] = [encoded.inputs, encoded.again(test.source)];
  return eachSet(sets, (set, i) => ({
    ...described(plan, main, encoded, set, i),
    train: exampleSet(main, i, inputs),
    test: exampleSet(test, i, testInputs),
  }));
}

/** The data with the labels of the first set, and those of each set by its name. */
function eachSet(
  sets: readonly LabelSet[],
  make: (set: LabelSet, i: number) => ExperimentData,
): ExperimentData {
  const each = sets.map(make);
  if (sets[0].name === undefined) return each[0];
  const notes = [...new Set(each.flatMap(({ notes }) => notes))];
  return { ...each[0], notes, outputs: Object.fromEntries(each.map((data, i) => [sets[i].name!, data])) };
}

/** Training and test rows of the same files, each class in both, of the first labels that are classes. */
function splitData(
  { testShare = defaultTestShare, ...plan }: OwnExamples,
  main: Labelled,
  sets: readonly LabelSet[],
): ExperimentData {
  const { source, labels } = main;
  const ofClasses = labels.find(({ shape }, i) => {
    const { reads } = sets[i].head;
    return shape.length === 0 && (reads === "classes" || reads === "binary");
  });
  const classes = ofClasses && Array.from(ofClasses.values as ArrayLike<number>, Number);
  const { train, test } = splitRows(source.count, classes, testShare);
  const encoded = source.encode(train);
  const note = `No test data were given: ${test.length} of ${source.count} ${source.unit}s${classes ? ", the same share of each class," : ""} were kept for the test.`;
  return eachSet(sets, (own, i) => {
    const set = exampleSet(main, i, encoded.inputs);
    const { notes, ...rest } = described(plan, main, encoded, own, i);
    return { ...rest, train: { ...set, rows: train }, test: { ...set, rows: test }, notes: [note, ...notes] };
  });
}

function described(
  plan: OwnExamples,
  { path, source, labels }: Labelled,
  { inputs, notes }: EncodedRows,
  set: LabelSet,
  index: number,
) {
  const { shape, names, ignored, understood } = labels[index];
  const whose = set.name === undefined ? "Labels" : `Labels of ${set.name}`;
  return {
    name: plan.data,
    unit: source.unit,
    inputs: inputs.map(({ name, shape, imageScale }) => ({ name, shape, imageScale })),
    labelShape: shape,
    classNames: names,
    labelFile: set.labels ?? path,
    ignoreLabel: ignored,
    notes: [...(understood === undefined ? [] : [`${whose}: ${understood}.`]), ...notes],
  };
}

function exampleSet(
  { source, labels, weights }: Labelled,
  index: number,
  inputs: readonly InputArray[],
): ExampleSet {
  return {
    inputs: Object.fromEntries(inputs.map(({ name, data }) => [name, data])),
    labels: labels[index].values,
    weights,
    count: source.count,
  };
}

/** @param before the training rows, where these are the test rows: classes and characters are numbered alike */
async function readLabelled(
  plan: OwnExamples,
  path: string,
  sets: readonly LabelSet[],
  options: ReadingOptions,
  before?: Labelled,
): Promise<Labelled> {
  const source = await openSource(plan, path, sets, options, before);
  const { open } = options;
  const weights =
    plan.weightColumn === undefined ? undefined : await readWeights(open, path, plan.weightColumn);
  const labels: ExampleLabels[] = [];
  for (const [i, set] of sets.entries()) {
    const own = await readLabelsOf(path, set, source, open, before?.labels[i]);
    if (own.count !== source.count) {
      throw new InputError(
        `${set.labels ?? path} has ${own.count} labels, and ${path} has ${source.count} ${source.unit}s; one label per row is needed`,
      );
    }
    labels.push(own);
  }
  return { path, source, labels, weights };
}

async function readLabelsOf(
  path: string,
  { head, labels, column, ignoreIndex, name, ...set }: LabelSet,
  source: RowSource,
  open: OpenRows,
  before: ExampleLabels | undefined,
): Promise<ExampleLabels> {
  const choices = {
    open,
    classes: before?.names ?? set.classes,
    ignoreIndex: ignoreIndex === undefined ? undefined : String(ignoreIndex),
  };
  const whose = name === undefined ? "" : ` of the output ${name}`;
  if (labels !== undefined) return labelsFrom(labels, head, { ...choices, column });
  if (column !== undefined && kindOf(path) === "table") return labelsFrom(path, head, { ...choices, column });
  if (source.classes) return labelsOfClasses(source.classes, head, path);
  if ("nextCharacters" in source) return labelsOfText(source as TextRows, head);
  throw new InputError(
    kindOf(path) === "table"
      ? `which column of ${path} holds the labels${whose}? Give --column, or a file with --labels`
      : `no labels${whose} for ${path}: give a file with --labels`,
  );
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
  sets: readonly LabelSet[],
  { channels, onImages, signal, open }: ReadingOptions,
  before: Labelled | undefined,
): Promise<RowSource> {
  const isDatabase = isDatabaseAddress(path);
  const found = await stat(path).catch(() => undefined);
  if (!found && !isDatabase) throw new InputError(`cannot read ${path}: there is no such file`);
  const { resize, imageScale: scale } = plan;
  if (found?.isDirectory()) {
    const names = before?.source.classes?.names ?? sets.find(({ labels }) => labels === undefined)?.classes;
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
  const { weightColumn, categories = "one-hot", features } = plan;
  const columns = sets.flatMap(({ labels, column = [] }) => (labels === undefined ? column : []));
  return readTableRows(path, {
    features,
    without: [...columns, ...(weightColumn === undefined ? [] : [weightColumn])],
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
