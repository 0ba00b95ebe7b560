import { flax } from "./flax.ts";
import { keras, kerasHdf5 } from "./keras.ts";
import type { Format } from "./model.ts";
import { npz } from "./npz.ts";
import { onnx } from "./onnx.ts";
import { pytorch, shardedPytorch } from "./pytorch.ts";
import { safetensors } from "./safetensors.ts";
import { tensorflow } from "./tensorflow.ts";
import { tfjs } from "./tfjs.ts";

/** All formats, in the order in which they are asked; a later one may take what an earlier one leaves. */
export const formats: readonly Format[] = [
  keras,
  kerasHdf5,
  npz,
  pytorch,
  shardedPytorch,
  safetensors,
  tensorflow,
  tfjs,
  flax,
  onnx,
];
