import type { Tensor } from "../graph/tensor.ts";

export interface RuntimeOptions {
  /** Threads that one operator may use. Default: 1, which leaves the other cores to other sessions. */
  readonly threads?: number;
  /**
   * Files that a model given as bytes keeps tensors in (external data), by the paths that it names; for the browser's
   * runtime. With a path, the runtime finds them itself.
   */
  readonly externalData?: Readonly<Record<string, Uint8Array>>;
}

/** An input or output of a model. Dimensions that are not fixed are undefined. */
export interface ValueInfo {
  readonly name: string;
  /** ONNX Runtime's name of the element type: `float32`, `uint8`, `float16`. */
  readonly dtype: string;
  readonly shape: readonly (number | undefined)[];
}

/** A loaded model. Feeds and outputs are keyed by the names of the graph's inputs and outputs. */
export interface Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /**
   * @param into all outputs of an earlier run, of the same shapes, which are overwritten: then nothing is allocated
   */
  run(feeds: Record<string, Tensor>, into?: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

/** Anything that runs ONNX models. */
export interface Runtime {
  readonly name: string;
  readonly version: string;
  /**
   * @param model the file's bytes, or its path (in the browser: its URL). Tensors in other
   * files (external data) are found if a path is given, or have to be handed in.
   */
  load(model: Uint8Array | string, options?: RuntimeOptions): Promise<Session>;
  /** Loads a model on a thread of its own, whose runs leave the calling thread free; where the runtime has threads. */
  loadOnThread?(model: Uint8Array): Promise<Session>;
}

/** @throws RangeError if the runtime has no threads */
export function loadOnThread(runtime: Runtime, model: Uint8Array): Promise<Session> {
  if (runtime.loadOnThread) return runtime.loadOnThread(model);
  throw new RangeError(`${runtime.name} has no threads of its own: set workers to 1`);
}
