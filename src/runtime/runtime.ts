import type { Tensor } from "../graph/tensor.ts";

export interface RuntimeOptions {
  /** Threads that one operator may use; 1 unless given, which leaves the other cores to other sessions. */
  readonly threads?: number;
}

/** A model that is loaded and can be run. Feeds and outputs go by the names of the graph's inputs and outputs. */
export interface Session {
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

/** Anything that runs ONNX models. */
export interface Runtime {
  readonly name: string;
  readonly version: string;
  load(model: Uint8Array, options?: RuntimeOptions): Promise<Session>;
}
