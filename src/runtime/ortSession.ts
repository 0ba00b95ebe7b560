import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import type { Tensor } from "../graph/tensor.ts";
import type { Session, ValueInfo } from "./runtime.ts";

/** Wraps a session of ONNX Runtime, native or in the browser, so that it takes and returns our tensors. Nothing is copied. */
export function ortSession(OrtTensor: TensorConstructor, session: InferenceSession): Session {
  return {
    inputs: session.inputMetadata.flatMap(valueInfo),
    outputs: session.outputMetadata.flatMap(valueInfo),
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

/** Only tensors: sequences and maps have no shape. */
function valueInfo(value: InferenceSession.ValueMetadata): ValueInfo[] {
  if (!value.isTensor) return [];
  const shape = value.shape.map((length) => (typeof length === "number" && length >= 0 ? length : undefined));
  return [{ name: value.name, dtype: value.type, shape }];
}
