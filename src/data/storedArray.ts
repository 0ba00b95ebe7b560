import type { ByteSource } from "../files/byteSource.ts";
import { type NpyArray, openNpyArray, readNpyHeader } from "../files/npy.ts";
import { openByteSource } from "../files/openByteSource.ts";
import { arrayTypes, elementCount, type StoredValues, type TensorData } from "../graph/tensor.ts";
import type { ExampleSet, ExperimentData } from "./exampleSet.ts";

/** How the numbers of a NumPy type are fed: bytes stay bytes, other integers become int32, and floats float32. */
export function fedType(source: ByteSource): "uint8" | "int32" | "float32" {
  const { type } = readNpyHeader(source);
  return /u1$|b1$/.test(type) ? "uint8" : /[iu]\d$/.test(type) ? "int32" : "float32";
}

/** The numbers of a .npy file that does not fit in memory. The file stays open until the process ends. */
export class StoredArray implements StoredValues {
  readonly path: string;
  readonly dtype: "uint8" | "int32" | "float32";
  readonly length: number;
  readonly BYTES_PER_ELEMENT: number;
  readonly #source: ByteSource;
  readonly #array: NpyArray;

  constructor(path: string) {
    this.path = path;
    this.#source = openByteSource(path).source;
    this.#array = openNpyArray(this.#source);
    this.dtype = fedType(this.#source);
    this.length = elementCount(this.#array.shape);
    this.BYTES_PER_ELEMENT = arrayTypes[this.dtype].BYTES_PER_ELEMENT;
  }

  copyRow(row: number, to: TensorData, at: number): void {
    to.set(this.#array.read([row]) as never, at);
  }

  /** The bytes of the file, for its hash. */
  *chunks(): Generator<Uint8Array> {
    const { size } = this.#source;
    const most = 2 ** 20;
    for (let at = 0; at < size; at += most) yield this.#source.read(at, Math.min(most, size - at));
  }
}

/** The data as a worker thread receives them, with the arrays that stay in files opened again. */
export function openStoredArrays(data: ExperimentData): ExperimentData {
  const opened = new Map<string, StoredArray>();
  const open = (path: string) => {
    const array = opened.get(path) ?? new StoredArray(path);
    opened.set(path, array);
    return array;
  };
  const ofSet = (set: ExampleSet): ExampleSet => ({
    ...set,
    inputs: Object.fromEntries(
      Object.entries(set.inputs).map(([name, values]) => [
        name,
        "path" in values ? open((values as StoredArray).path) : values,
      ]),
    ),
  });
  const ofData = (data: ExperimentData): ExperimentData => ({
    ...data,
    train: ofSet(data.train),
    test: ofSet(data.test),
    outputs:
      data.outputs &&
      Object.fromEntries(Object.entries(data.outputs).map(([name, output]) => [name, ofData(output)])),
  });
  return ofData(data);
}
