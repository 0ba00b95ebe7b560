import { type OrtModule, ortSession, sessionOptions } from "./ortSession.ts";
import type { Runtime } from "./runtime.ts";

/**
 * ONNX Runtime for the browser (WebAssembly). Several threads need a cross-origin isolated page. Set
 * `ort.env.wasm.wasmPaths` and `ort.env.wasm.numThreads` first.
 *
 * @param ort the module `onnxruntime-web/wasm`, which the page imports
 */
export function webRuntime({ InferenceSession, Tensor, env }: OrtModule): Runtime {
  return {
    name: "onnxruntime-web",
    version: env.versions.web ?? env.versions.common,
    async load(model, { externalData = {} } = {}) {
      const session = await InferenceSession.create(model as string, {
        ...sessionOptions,
        executionProviders: ["wasm"],
        externalData: Object.entries(externalData).map(([path, data]) => ({ path, data })),
      });
      return ortSession(Tensor, session);
    },
  };
}
