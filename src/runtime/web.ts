import { ortSession } from "./ortSession.ts";
import type { Runtime } from "./runtime.ts";

/** What `import * as ort from "onnxruntime-web/wasm"` gives; the page brings it and says where its .wasm file lies. */
type OrtWeb = typeof import("onnxruntime-common");

/**
 * ONNX Runtime for the browser (WebAssembly). Several threads need a cross-origin isolated page; set
 * `ort.env.wasm.wasmPaths` and `ort.env.wasm.numThreads` before.
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
