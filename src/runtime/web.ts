import { ortSession } from "./ortSession.ts";
import type { Runtime } from "./runtime.ts";

/** The module `onnxruntime-web/wasm`; the page imports it and sets the location of its .wasm file. */
type OrtWeb = typeof import("onnxruntime-common");

/**
 * ONNX Runtime for the browser (WebAssembly). Several threads need a cross-origin isolated page. Set
 * `ort.env.wasm.wasmPaths` and `ort.env.wasm.numThreads` first.
 */
export function webRuntime({ InferenceSession, Tensor, env }: OrtWeb): Runtime {
  return {
    name: "onnxruntime-web",
    version: env.versions.web ?? env.versions.common,
    async load(model) {
      return ortSession(
        Tensor,
        await InferenceSession.create(model as string, { executionProviders: ["wasm"] }),
      );
    },
  };
}
