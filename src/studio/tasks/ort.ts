import wasmAddress from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";
import { webRuntime } from "../../runtime/web.ts";

// One thread: more would need a page that is isolated from other origins, which a static host does not give.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: new URL(wasmAddress, import.meta.url).href };

/** ONNX Runtime in a worker of the page. Its 14 MB of WebAssembly are fetched when the first model is loaded. */
export const pageRuntime = webRuntime(ort);
