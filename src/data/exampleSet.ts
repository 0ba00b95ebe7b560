import type { DataInput } from "../graph/import/networkOnData.ts";
import type { RowValues, TensorData } from "../graph/tensor.ts";
import type { Dataset, ImageSet } from "./dataset.ts";

/** Labelled rows. Arrays are row-major; worker threads share their memory. */
export interface ExampleSet {
  /** One array per input of the network, by name. */
  readonly inputs: Readonly<Record<string, RowValues>>;
  /** Class indices or numbers; as many per row as `labelShape` says. */
  readonly labels: TensorData;
  /** Sample weight of each row; 1 each where left out. */
  readonly weights?: Float64Array;
  /** Rows in the arrays. */
  readonly count: number;
  /** Those of them that belong to the set; all unless given. Training and test rows may be in the same arrays. */
  readonly rows?: Uint32Array;
}

/** What an experiment trains and tests on. */
export interface ExperimentData {
  readonly name: string;
  /** What a row is called: `image`, `row`. */
  readonly unit: string;
  readonly inputs: readonly DataInput[];
  /** Shape of the label of a row: [] for one number. */
  readonly labelShape: readonly number[];
  /** In the order of the outputs, where labels are classes that have names. */
  readonly classNames?: readonly string[];
  /** The file or folder that the labels come from, for messages. */
  readonly labelFile?: string;
  /** Labels that are left out of the loss. */
  readonly ignoreLabel?: number;
  readonly train: ExampleSet;
  readonly test: ExampleSet;
  /** What was done to the data, and what a reader must know: one sentence each. */
  readonly notes: readonly string[];
  /** Where several outputs have labels of their own: the same data with the labels of each output, by its name. */
  readonly outputs?: Readonly<Record<string, ExperimentData>>;
}

/** The data with the labels of an output; an output without labels of its own has those of the data. */
export const dataOf = (data: ExperimentData, output?: string): ExperimentData =>
  (output === undefined ? undefined : data.outputs?.[output]) ?? data;

/** What a row of this shape is called: (height, width, channels) is an image. */
export const unitOf = (shape: readonly number[]) => (shape.length === 3 ? "image" : "row");

/** Images with classes, as the one input `images`. Nothing is copied. */
export function experimentData({ name, classNames, train, test }: Dataset): ExperimentData {
  const examples = ({ images, labels, count }: ImageSet): ExampleSet => ({
    inputs: { images },
    labels,
    count,
  });
  return {
    name,
    unit: unitOf(train.shape),
    inputs: [
      { name: "images", shape: train.shape, ...(train.shape.length === 3 && { imageScale: 1 / 255 }) },
    ],
    labelShape: [],
    classNames,
    train: examples(train),
    test: examples(test),
    notes: [],
  };
}

/** Rows of each class among the given ones; labels are class indices. */
export function countLabels(labels: TensorData, rows: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < rows.length; i++) counts[Number(labels[rows[i]])]++;
  return counts;
}

/** The rows of a set. */
export const rowsOfSet = ({ rows, count }: ExampleSet): Uint32Array =>
  rows ?? Uint32Array.from({ length: count }, (_, row) => row);

/** Some rows of an array of `width` numbers per row. */
export function pickRows<Data extends TensorData>(values: Data, rows: Uint32Array, width: number): Data {
  const copy = new (values.constructor as new (length: number) => Data)(rows.length * width);
  rows.forEach((row, i) => {
    copy.set(values.subarray(row * width, (row + 1) * width) as never, i * width);
  });
  return copy;
}
