import type { ByteSource } from "../files/byteSource.ts";
import type { Patch } from "../files/patch.ts";
import type { FloatType } from "./floats.ts";

/**
 * What baserate needs to know of a saved model: its outputs, the bias that each starts from, and which bytes to change to
 * set another bias. Nothing here accesses the disk: a format reads a `ModelSource` and returns patches.
 */
export interface ModelFile {
  /** The format, as shown to users: "Keras 3 (.keras)", "safetensors, sharded". */
  readonly format: string;
  /** The outputs that the file describes. Empty if it holds only named tensors and several could be an output's bias. */
  readonly outputs: readonly ModelOutput[];
  /** The possible outputs if `outputs` is empty: one for each bias that could belong to an output layer. */
  readonly candidates: readonly ModelOutput[];
  /** Why `outputs` is empty, as half a sentence: "the file holds tensors only, and 3 of them could be ...". */
  readonly reason?: string;
  /** What the file says of the model's training; absent where it says nothing. */
  readonly trainedWith?: TrainedWith;
  /** All tensors of the file that hold floating-point numbers, by name, in the file's order. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Names of all files of the model, relative to the main file's folder; the first is the main file. */
  readonly files: readonly string[];
  /**
   * Turns the patches of all changed tensors into patches of files: it adds what else has to change in a zip file
   * (checksums and the directory) or in ONNX (the lengths of messages that grow). Call it once, with all patches;
   * absent where patches of tensors are patches of files already.
   */
  readonly finish?: (patches: readonly Patch[]) => Promise<readonly Patch[]>;
}

/** What a model's config says of its training. */
export interface TrainedWith {
  /** The loss, by baserate's name. */
  readonly loss?: string;
  /** The names of the classes, in the order of the outputs. */
  readonly classes?: readonly string[];
}

/** One output of a model, and the layer it comes from. */
export interface ModelOutput {
  /** What the file calls it, and what `--output` takes. Unique in the file. */
  readonly name: string;
  /** The layer that has the bias, or the tensor's name without its last part if the file does not describe layers. */
  readonly layer: string;
  /** The activation after the bias, as the file calls it ("softmax", "Sigmoid"); undefined if it does not say. */
  readonly activation?: string;
  /**
   * Whether the file describes the computation from the bias to the output (a graph or a config). Otherwise the output
   * is only known from the names of tensors, and what follows the bias is not known.
   */
  readonly described: boolean;
  /** Number of units (or channels) of the layer = length of its bias; undefined where unknown. */
  readonly units?: number;
  /** Whether the layer is a convolution: its bias may then repeat the values of K classes for each anchor. */
  readonly convolution: boolean;
  /** The bias, or undefined if there is none to set; `reason` then says why and what to do. */
  readonly bias?: StoredTensor;
  /** Why there is no bias to set, and what to do: one sentence without a full stop. */
  readonly reason?: string;
  /** The tensor that `--add-bias` would add, if the layer has no bias and the format allows adding one (ONNX: an Add node). */
  readonly added?: WritableTensor;
}

/** A floating-point tensor that is in a file or can be added to it. */
export interface WritableTensor {
  readonly name: string;
  readonly type: FloatType;
  readonly shape: readonly number[];
  /** The patches that set it to `values` (of the same length), rounded to `type` as by `roundTo(type, values)`. */
  patch(values: Float64Array): readonly Patch[];
}

/** A floating-point tensor in a file. */
export interface StoredTensor extends WritableTensor {
  /** Its values in C order, exact in float64. Throws an InputError if the file is broken there. */
  read(): Float64Array;
  /** Why its bytes can't be changed in place ("it is compressed: ..."); `patch` then throws this. */
  readonly fixed?: string;
}

/** Where a model is read from: its main file, and the files in the same folder (shards, external data). */
export interface ModelSource {
  /** Name of the main file, without its folder. */
  readonly name: string;
  readonly main: ByteSource;
  /**
   * A file in the main file's folder or below it, as named by the main file. Throws an InputError for a path that
   * leads elsewhere (absolute, or with `..`), and for one that does not exist.
   */
  beside(name: string): ByteSource;
}

/** One format: how to recognise it, and how to open it. */
export interface Format {
  /** For the list of what is supported: "Keras 3 (.keras)". */
  readonly name: string;
  /** Whether the file is of this format, from its first 512 bytes (fewer if the file is shorter) and its name. */
  matches(start: Uint8Array, source: ModelSource): boolean;
  /** Throws an InputError, one line, for a file that is broken, hostile or of a kind that isn't supported. */
  open(source: ModelSource): Promise<ModelFile>;
}
