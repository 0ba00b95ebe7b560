import type { Tensor } from "../graph/tensor.ts";
import type { Session, ValueInfo } from "./runtime.ts";

/**
 * What we use of ONNX Runtime's JavaScript API, which `onnxruntime-node` and `onnxruntime-web` share. Written out here, so
 * that our declarations need neither package.
 */
export interface OrtModule {
  readonly InferenceSession: { create(model: string, options: object): Promise<OrtSession> };
  readonly Tensor: OrtTensorConstructor;
  readonly env: {
    readonly versions: { readonly common: string; readonly node?: string; readonly web?: string };
  };
}

export type OrtTensorConstructor = new (
  type: "float32",
  data: Float32Array,
  dims: readonly number[],
) => OrtTensor;

export interface OrtTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

export type OrtTensors = { readonly [name: string]: OrtTensor };

export type OrtValueInfo =
  | { readonly name: string; readonly isTensor: false }
  | {
      readonly name: string;
      readonly isTensor: true;
      readonly type: string;
      readonly shape: readonly (number | string)[];
    };

export interface OrtSession {
  readonly inputMetadata: readonly OrtValueInfo[];
  readonly outputMetadata: readonly OrtValueInfo[];
  run(feeds: OrtTensors, fetches?: OrtTensors): Promise<OrtTensors>;
  release(): Promise<void>;
}

/**
 * Options of every session. ONNX Runtime's optimizers of transposes would undo what `fastNodes` does: by default they turn
 * the transpose of a matrix back into one of many axes, which takes ten times as long.
 */
export const sessionOptions = {
  extra: {
    optimization: {
      disable_specified_optimizers: "TransposeOptimizer;TransposeOptimizer_CPUExecutionProvider",
    },
  },
};

/** Wraps a session of ONNX Runtime, native or in the browser, so that it takes and returns our tensors. Nothing is copied. */
export function ortSession(Constructor: OrtTensorConstructor, session: OrtSession): Session {
  const wrapped = (tensors: Record<string, Tensor>): OrtTensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { dtype, data, shape }]) => [
        name,
        new Constructor(dtype as "float32", data as Float32Array, shape),
      ]),
    );
  return {
    inputs: session.inputMetadata.flatMap(valueInfo),
    outputs: session.outputMetadata.flatMap(valueInfo),
    async run(feeds, into) {
      const outputs = Object.entries(
        await (into ? session.run(wrapped(feeds), wrapped(into)) : session.run(wrapped(feeds))),
      );
      return Object.fromEntries(
        outputs.map(([name, { type, data, dims }]) => [name, { dtype: type, data, shape: dims } as Tensor]),
      );
    },
    dispose: () => session.release(),
  };
}

/** Only tensors: sequences and maps have no shape. */
function valueInfo(value: OrtValueInfo): ValueInfo[] {
  if (!value.isTensor) return [];
  // An open length without a name is -1, which onnxruntime-web gives as an unsigned number.
  const shape = value.shape.map((length) =>
    typeof length === "number" && length >= 0 && length < 2 ** 31 ? length : undefined,
  );
  return [{ name: value.name, dtype: value.type, shape }];
}
