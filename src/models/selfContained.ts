import { dirname, join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { openByteSource } from "../files/openByteSource.ts";
import { ModelProtoSchema, TensorProto_DataLocation } from "../graph/onnx.gen.ts";
import { externalPlace } from "./onnxTensor.ts";
import { safeName } from "./openModelFile.ts";

/**
 * An ONNX model with the tensors that it keeps in files beside it (external data) inside; other bytes as they are.
 *
 * @throws InputError where such a file is missing, too short, or outside of the model's folder
 */
export function selfContained(path: string, bytes: Uint8Array): Uint8Array {
  // The key under which a tensor names its file: without it, there is none, and nothing is decoded.
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes("location")) return bytes;
  const model = decoded(bytes);
  const outside = model?.graph?.initializer.filter(
    ({ dataLocation }) => dataLocation === TensorProto_DataLocation.EXTERNAL,
  );
  if (!model || !outside || outside.length === 0) return bytes;
  const open: { close(): void }[] = [];
  const beside = (name: string) => {
    const file = openByteSource(join(dirname(path), safeName(name)), name);
    open.push(file);
    return file.source;
  };
  try {
    for (const tensor of outside) {
      const place = externalPlace(tensor, { name: path, beside })!;
      tensor.rawData = place.source.read(place.offset, place.length).slice();
      tensor.externalData = [];
      tensor.dataLocation = TensorProto_DataLocation.DEFAULT;
    }
  } finally {
    for (const file of open) file.close();
  }
  return toBinary(ModelProtoSchema, model);
}

/** Undefined for what is no ONNX file, which its reader refuses. */
function decoded(bytes: Uint8Array) {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch {
    return undefined;
  }
}
