import { clone, toBinary } from "@bufbuild/protobuf";
import { InputError } from "../../errors.ts";
import { type ModelProto, ModelProtoSchema, TensorProto_DataLocation } from "../onnx.gen.ts";
import { dataTypes } from "../ops/elementwise.ts";
import type { Tensor } from "../tensor.ts";
import { sameShape } from "../tensor.ts";
import { toInference } from "./toInference.ts";

/**
 * The model with other parameters and running statistics, in inference form. All else stays as it is: names, inputs,
 * outputs and metadata. Values that are not given keep what the file has.
 */
export function exportTrained(
  model: ModelProto,
  values: Readonly<Record<string, Tensor>>,
  file: string,
): Uint8Array {
  const copy = clone(ModelProtoSchema, model);
  const graph = copy.graph!;
  const left = new Set(Object.keys(values));
  for (const proto of graph.initializer) {
    const value = values[proto.name];
    if (!value) continue;
    const shape = proto.dims.map(Number);
    if (dataTypes[value.dtype] !== proto.dataType || !sameShape(shape, value.shape)) {
      throw new InputError(
        `${file}: ${proto.name} has the shape [${shape}], got ${value.dtype} of shape [${value.shape}]`,
      );
    }
    left.delete(proto.name);
    proto.rawData = new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength);
    Object.assign(proto, { floatData: [], doubleData: [], externalData: [] });
    proto.dataLocation = TensorProto_DataLocation.DEFAULT;
  }
  if (left.size > 0) throw new InputError(`${file}: it has no tensors named ${[...left].join(", ")}`);
  toInference(graph);
  for (const called of copy.functions) toInference(called);
  return toBinary(ModelProtoSchema, copy);
}
