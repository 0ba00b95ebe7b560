import { InputError } from "../../errors.ts";
import { type TensorProto, TensorProto_DataLocation } from "../onnx.gen.ts";
import { dataTypes } from "../ops/elementwise.ts";
import type { DType, Tensor } from "../tensor.ts";
import { arrayTypes, elementCount, tensor } from "../tensor.ts";

/** Gives the bytes of a file beside the model, which holds large tensors ("external data"). */
export type ReadExternal = (location: string) => Uint8Array;

const dtypes = new Map(Object.entries(dataTypes).map(([name, number]) => [number, name as DType]));

/** Our name of an ONNX element type; undefined for types that no value can have here, such as float16 and string. */
export const dtypeOf = (dataType: number): DType | undefined => dtypes.get(dataType);

/** Decodes a stored tensor. @throws InputError on other element types, and where the data do not fit the shape */
export function protoTensor(proto: TensorProto, file: string, external?: ReadExternal): Tensor {
  const dtype = dtypeOf(proto.dataType ?? 0);
  if (!dtype) {
    throw new InputError(
      `${file}: tensor ${proto.name} has element type ${proto.dataType} of ONNX; allowed: ${Object.keys(dataTypes).join(", ")}`,
    );
  }
  const shape = proto.dims.map(Number);
  const count = elementCount(shape);
  const bytes = rawBytes(proto, file, external);
  if (!bytes) {
    if (dtype === "int64" && proto.int64Data.length === count) {
      return { dtype, shape, data: BigInt64Array.from(proto.int64Data) };
    }
    const typed = typedData(proto, dtype);
    if (typed.length !== count) throw wrongSize(proto, file, `${typed.length} numbers`);
    return tensor(dtype, shape, typed);
  }
  const Elements = arrayTypes[dtype];
  if (bytes.byteLength !== count * Elements.BYTES_PER_ELEMENT) {
    throw wrongSize(proto, file, `${bytes.byteLength} bytes`);
  }
  // A copy, because the bytes need not lie at a multiple of the element's size.
  return { dtype, shape, data: new Elements(new Uint8Array(bytes).buffer) };
}

function wrongSize(proto: TensorProto, file: string, found: string): InputError {
  return new InputError(
    `${file}: broken ONNX file: tensor ${proto.name} has the shape [${proto.dims}], but ${found}`,
  );
}

function rawBytes(proto: TensorProto, file: string, external?: ReadExternal): Uint8Array | undefined {
  if (proto.dataLocation !== TensorProto_DataLocation.EXTERNAL) {
    return proto.rawData && proto.rawData.length > 0 ? proto.rawData : undefined;
  }
  const of = (key: string) => proto.externalData.find((entry) => entry.key === key)?.value;
  const location = of("location") ?? "";
  if (!external) {
    throw new InputError(
      `${file}: tensor ${proto.name} is stored in another file, ${location}; keep that file beside the model and give its path, or export with external_data=False`,
    );
  }
  const all = external(location);
  const offset = Number(of("offset") ?? 0);
  const length = Number(of("length") ?? all.byteLength - offset);
  if (!(offset >= 0 && length >= 0 && offset + length <= all.byteLength)) {
    throw new InputError(`${file}: tensor ${proto.name} lies outside of ${location}`);
  }
  return all.subarray(offset, offset + length);
}

/** The numbers of a tensor that stores them in a field per type: onnx-ml.proto, TensorProto. */
function typedData(proto: TensorProto, dtype: DType): number[] {
  if (dtype === "float32") return proto.floatData;
  if (dtype === "float64") return proto.doubleData;
  return dtype === "int64" ? proto.int64Data.map(Number) : proto.int32Data;
}
