import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import type { Tensor } from "../graph/tensor.ts";
import type { Session } from "./runtime.ts";

/** A session of ONNX Runtime, native or in the browser, with our tensors in place of its own. Nothing is copied. */
export function ortSession(OrtTensor: TensorConstructor, session: InferenceSession): Session {
  return {
    async run(feeds) {
      const wrapped = Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
        name,
        new OrtTensor(dtype as "float32", data as Float32Array, shape),
      ]);
      const outputs = Object.entries(await session.run(Object.fromEntries(wrapped)));
      return Object.fromEntries(
        outputs.map(([name, { type, data, dims }]) => [name, { dtype: type, data, shape: dims } as Tensor]),
      );
    },
    dispose: () => session.release(),
  };
}
