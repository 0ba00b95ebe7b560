import type { ByteSource } from "../files/byteSource.ts";
import type { Patch } from "../files/patch.ts";
import type { FloatType } from "./floats.ts";

/**
 * A saved model file, seen as what baserate needs of it: which outputs it has, the bias each starts from, and the bytes
 * to change for another bias. Nothing here touches the disk: a format reads a `ModelSource` and answers with patches.
 */
export interface ModelFile {
  /** What kind of file this is, for people: "Keras 3 (.keras)", "safetensors, sharded". */
  readonly format: string;
  /** The outputs the file itself tells of. Empty where it holds only named tensors and more than one could be meant. */
  readonly outputs: readonly ModelOutput[];
  /** Outputs that could be meant where `outputs` is empty: one for each bias that could be the output layer's. */
  readonly candidates: readonly ModelOutput[];
  /** Why `outputs` is empty, as half a sentence: "the file holds tensors only, and 3 of them could be ...". */
  readonly reason?: string;
  /** All tensors of the file that hold floating-point numbers, by name, in the file's order. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Names (relative to the main file's folder) of all files of the model; the first is the one that was opened. */
  readonly files: readonly string[];
  /**
   * Turns the patches of all changed tensors into patches of files: it adds what else has to change in a zip file
   * (checksums and the directory) or in ONNX (the lengths of messages that grow). Call it once, with all patches;
   * absent where patches of tensors are patches of files already.
   */
  readonly finish?: (patches: readonly Patch[]) => Promise<readonly Patch[]>;
}

/** One output of a model, and the layer it comes from. */
export interface ModelOutput {
  /** What the file calls it, and what `--output` takes. Unique in the file. */
  readonly name: string;
  /** The layer whose bias it is, or the tensor's name without its last part where the file tells no layers. */
  readonly layer: string;
  /** What the file applies after the bias, in its own word ("softmax", "Sigmoid"); undefined where it doesn't say. */
  readonly activation?: string;
  /** Number of units (or channels) of the layer = length of its bias; undefined where unknown. */
  readonly units?: number;
  /** Whether the layer is a convolution: its bias may then be K values a group, repeated for each anchor. */
  readonly convolution: boolean;
  /** The bias, or undefined where there is none to set; `reason` then says why and what to do. */
  readonly bias?: StoredTensor;
  /** Why there is no bias to set, and what to do: one sentence without a full stop. */
  readonly reason?: string;
  /** Where the layer has no bias but the format allows one to be put in (ONNX: an Add node): the tensor that would be added. */
  readonly added?: WritableTensor;
}

/** A floating-point tensor that a file can be made to hold. */
export interface WritableTensor {
  readonly name: string;
  readonly type: FloatType;
  readonly shape: readonly number[];
  /** The changes that make it hold `values` (same length), each rounded to `type`: `roundTo(type, values)`. */
  patch(values: Float64Array): readonly Patch[];
}

/** A floating-point tensor in a file. */
export interface StoredTensor extends WritableTensor {
  /** Its values in C order, exact in float64. Throws an InputError if the file is broken there. */
  read(): Float64Array;
  /** Why its bytes can't be changed where they stand ("it is compressed: ..."); `patch` then throws this. */
  readonly fixed?: string;
}

/** Where a model is read from: its main file, and the files that stand beside it (shards, external data). */
export interface ModelSource {
  /** Name of the main file, without its folder. */
  readonly name: string;
  readonly main: ByteSource;
  /**
   * A file in the main file's folder or below it, as named by the main file. Throws an InputError for a path that
   * leads elsewhere (absolute, or with `..`), and for one that isn't there.
   */
  beside(name: string): ByteSource;
}

/** One format: how to know it, and how to open it. */
export interface Format {
  /** For the list of what is supported: "Keras 3 (.keras)". */
  readonly name: string;
  /** Whether the file is of this format, from its first 512 bytes (fewer if the file is shorter) and its name. */
  matches(start: Uint8Array, source: ModelSource): boolean;
  /** Throws an InputError, one line, for a file that is broken, hostile or of a kind that isn't supported. */
  open(source: ModelSource): Promise<ModelFile>;
}
