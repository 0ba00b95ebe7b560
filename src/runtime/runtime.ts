import type { Tensor } from "../graph/tensor.ts";

export interface RuntimeOptions {
  /** Threads that one operator may use; 1 unless given, which leaves the other cores to other sessions. */
  readonly threads?: number;
}

/** An input or output of a model: a length that is not fixed is undefined. */
export interface ValueInfo {
  readonly name: string;
  /** ONNX Runtime's name of the element type: `float32`, `uint8`, `float16`. */
  readonly dtype: string;
  readonly shape: readonly (number | undefined)[];
}

/** A model that is loaded and can be run. Feeds and outputs go by the names of the graph's inputs and outputs. */
export interface Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

/** Anything that runs ONNX models. */
export interface Runtime {
  readonly name: string;
  readonly version: string;
  /**
   * @param model the file's bytes, or its path (in the browser: its URL). Tensors in files beside it (external data) are
   * found by the path alone.
   */
  load(model: Uint8Array | string, options?: RuntimeOptions): Promise<Session>;
}
