import { clearField, clone, toBinary } from "@bufbuild/protobuf";
import { type Broken, InputError } from "../errors.ts";
import { type ByteSource, checkRange } from "../files/byteSource.ts";
import type { Patch } from "../files/patch.ts";
import {
  type TensorProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
} from "../graph/onnx.gen.ts";
import { decodeFloats, encodeFloats, type FloatType, floatBytes } from "./floats.ts";
import type { ModelSource, StoredTensor } from "./model.ts";
import type { MessageEdit } from "./onnxEdit.ts";
import type { DataField, InlineData, SkimmedModel } from "./onnxSkim.ts";
import { concatBytes } from "./protobufWire.ts";
import { checkLength, elements } from "./tensorAt.ts";

/** Where the numbers of a tensor with external data stand. */
interface ExternalPlace {
  readonly source: ByteSource;
  readonly offset: number;
  readonly length: number;
}

/** The float types, and the field that may hold each beside raw_data: onnx-ml.proto, TensorProto. */
const floatTypes = new Map<number, { type: FloatType; field: DataField }>([
  [TensorProto_DataType.FLOAT, { type: "float32", field: "floatData" }],
  [TensorProto_DataType.DOUBLE, { type: "float64", field: "doubleData" }],
  [TensorProto_DataType.FLOAT16, { type: "float16", field: "int32Data" }],
  [TensorProto_DataType.BFLOAT16, { type: "bfloat16", field: "int32Data" }],
]);

/** baserate's word for an ONNX element type; undefined if it is no float that a bias can have. */
export function floatType(dataType: number | undefined): FloatType | undefined {
  return floatTypes.get(dataType ?? 0)?.type;
}

/** More dimensions than any runtime takes. */
const maxRank = 64;

/** The dimensions as numbers. Throws an InputError if one is negative, or their product is no safe integer. */
export function shapeOf(tensor: TensorProto, file: string): number[] {
  const shape = tensor.dims.map(Number);
  if (shape.length > maxRank) {
    throw new InputError(`${file}: broken ONNX file: tensor ${tensor.name} has ${shape.length} dimensions`);
  }
  if (shape.some((size) => size < 0) || !Number.isSafeInteger(elements(shape))) {
    throw new InputError(`${file}: broken ONNX file: tensor ${tensor.name} has the shape [${shape}]`);
  }
  return shape;
}

/**
 * A float tensor of the model under the name `name`; undefined if it holds no floats. Numbers in an external file are
 * read from there, but written into the model file itself: the external file, which may hold gigabytes and serve other
 * models, is never touched.
 */
export function onnxTensor(
  name: string,
  tensor: TensorProto,
  skim: SkimmedModel,
  source: ModelSource,
): StoredTensor | undefined {
  const known = floatTypes.get(tensor.dataType ?? 0);
  if (!known) return undefined;
  const { type, field } = known;
  const shape = shapeOf(tensor, source.name);
  const bytes = elements(shape) * floatBytes[type];
  const broken: Broken = (why) =>
    new InputError(`${source.name}: broken ONNX file: tensor ${tensor.name} ${why}`);
  const inline = (values: Float64Array) => moveInline(name, tensor, shape, type, values, skim, source.name);
  const external = externalPlace(tensor, source);
  if (external) {
    if (external.length !== bytes) {
      throw broken(`has the shape [${shape}] in ${type}, but ${external.length} bytes of external data`);
    }
    const read = () => decodeFloats(type, external.source.read(external.offset, bytes));
    return { name, type, shape, read, patch: inline };
  }
  const data = skim.data.get(tensor);
  if (data && data.field !== "rawData" && data.field !== field) {
    throw broken(`holds ${type} in ${data.field}`);
  }
  const read = () => {
    const content = data ? readInline(type, data, skim) : new Uint8Array();
    if (content.length !== bytes) {
      throw broken(`has the shape [${shape}] in ${type}, but ${content.length} bytes of data`);
    }
    return decodeFloats(type, content);
  };
  const patch = (values: Float64Array) => {
    read();
    if (data?.field === "int32Data") return inline(values);
    checkLength(name, shape, values);
    return overwrite(source.name, encodeFloats(type, values), data);
  };
  return { name, type, shape, read, patch };
}

/** Where a tensor's external data stand; undefined if it has none. Throws an InputError if that is outside the file. */
export function externalPlace(
  tensor: TensorProto,
  source: Pick<ModelSource, "name" | "beside">,
): ExternalPlace | undefined {
  if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) return undefined;
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location");
  if (!location) {
    throw new InputError(
      `${source.name}: broken ONNX file: external tensor ${tensor.name} does not name a file`,
    );
  }
  const file = source.beside(location);
  const offset = wholeNumber(entries.get("offset")) ?? 0;
  const length = wholeNumber(entries.get("length")) ?? file.size - offset;
  checkRange(file, offset, length);
  return { source: file, offset, length };
}

/** NaN, which no range check lets pass, if the text is no whole number. */
function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function readInline(type: FloatType, data: InlineData, skim: SkimmedModel): Uint8Array {
  const { reader } = skim;
  if (data.field === "int32Data") {
    // Each varint is the 16 bits of one number.
    const bits = data.fields.flatMap((field) => reader.varints(field));
    const bytes = new Uint8Array(bits.length * floatBytes[type]);
    const view = new DataView(bytes.buffer);
    bits.forEach((value, i) => {
      view.setUint16(2 * i, value, true);
    });
    return bytes;
  }
  return concatBytes(data.fields.map(({ start, end }) => reader.source.read(start, end - start)));
}

/** The new bytes in the place of the old ones: raw_data, and float_data and double_data, packed or not. */
function overwrite(file: string, bytes: Uint8Array, data: InlineData | undefined): Patch[] {
  let done = 0;
  return (data?.fields ?? []).map(({ start, end }) => {
    const part = bytes.subarray(done, done + end - start);
    done += part.length;
    return { file, offset: start, remove: part.length, bytes: part };
  });
}

/** Writes the tensor anew with its numbers as raw_data: where their old place is another file, or too short. */
function moveInline(
  name: string,
  tensor: TensorProto,
  shape: readonly number[],
  type: FloatType,
  values: Float64Array,
  skim: SkimmedModel,
  file: string,
): MessageEdit[] {
  checkLength(name, shape, values);
  const moved = clone(TensorProtoSchema, tensor);
  clearField(moved, TensorProtoSchema.field.externalData);
  clearField(moved, TensorProtoSchema.field.dataLocation);
  moved.rawData = encodeFloats(type, values);
  const place = skim.places.get(tensor)!;
  const bytes = toBinary(TensorProtoSchema, moved);
  return [{ file, within: place, offset: place.start, remove: place.end - place.start, bytes }];
}
