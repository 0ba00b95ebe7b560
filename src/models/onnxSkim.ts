import { create, type DescField, type DescMessage, fromBinary, type Message } from "@bufbuild/protobuf";
import type { ByteSource } from "../files/byteSource.ts";
import { type ModelProto, ModelProtoSchema, type TensorProto, TensorProtoSchema } from "../graph/onnx.gen.ts";
import { concatBytes, type Span, type WireField, WireReader } from "./protobufWire.ts";

/** An ONNX model without its tensors' numbers, and where each message and each tensor's numbers stand in the file. */
export interface SkimmedModel {
  readonly reader: WireReader;
  /** As the file has it, but the data fields of tensors are empty and fields over 1 MiB (texts) are left out. */
  readonly model: ModelProto;
  /** Of the model, graphs, nodes, attributes and tensors. */
  readonly places: ReadonlyMap<Message, MessagePlace>;
  readonly data: ReadonlyMap<Message, InlineData>;
}

/** Where a message stands: its content is the span; the field that holds it begins at `tag`, its length at `afterTag`. */
export interface MessagePlace extends Span {
  readonly tag: number;
  readonly afterTag: number;
  readonly parent?: MessagePlace;
}

/** The field that holds a tensor's numbers, and its occurrences: one, unless numbers come in several fields. */
export interface InlineData {
  readonly field: DataField;
  readonly fields: readonly WireField[];
}

const dataFields = [
  "rawData",
  "floatData",
  "doubleData",
  "int32Data",
  "int64Data",
  "uint64Data",
  "stringData",
] as const;
export type DataField = (typeof dataFields)[number];
const dataFieldOf = new Map<number, DataField>(
  dataFields.map((name) => [TensorProtoSchema.field[name].number, name]),
);

/** Messages that are taken apart, because tensors are in them; all others are kept as they are. */
const takenApart = new Set(["onnx.GraphProto", "onnx.NodeProto", "onnx.AttributeProto", "onnx.TensorProto"]);

const keptFieldBytes = 1 << 20;
const keptBytes = 1 << 28;
/** Limits that no real model comes near: nodes, attributes and tensors; graphs within graphs; data fields of a tensor. */
const maxMessages = 4_000_000;
const maxDepth = 100;
const maxDataFields = 65_536;

/**
 * Reads an ONNX file's structure. Memory is that of the structure, whatever the size of the tensors.
 * @throws InputError if it is broken.
 */
export function skimOnnx(source: ByteSource): SkimmedModel {
  const skimmer = new Skimmer(source);
  const place = { tag: 0, afterTag: 0, start: 0, end: source.size };
  const model = skimmer.message(ModelProtoSchema, place, 0) as ModelProto;
  return { reader: skimmer.reader, model, places: skimmer.places, data: skimmer.data };
}

class Skimmer {
  readonly reader: WireReader;
  readonly places = new Map<Message, MessagePlace>();
  readonly data = new Map<Message, InlineData>();
  private kept = 0;

  constructor(source: ByteSource) {
    this.reader = new WireReader(source);
  }

  message(schema: DescMessage, place: MessagePlace, depth: number): Message {
    if (depth > maxDepth) throw this.reader.broken(place.tag, `graphs are nested more than ${maxDepth} deep`);
    const known = new Map(schema.fields.map((field) => [field.number, field]));
    const isTensor = schema === TensorProtoSchema;
    const found: WireField[] = [];
    const kept: Span[] = [];
    const children = new Map<DescField, Message[]>();
    this.reader.fields(place, (field) => {
      const description = known.get(field.number);
      if (isTensor && dataFieldOf.has(field.number)) {
        if (found.length < maxDataFields) found.push(field);
      } else if (description && isTakenApart(description)) {
        const child = this.message(description.message!, { ...field, parent: place }, depth + 1);
        const siblings = children.get(description);
        if (siblings) siblings.push(child);
        else children.set(description, [child]);
      } else if (field.end - field.start <= keptFieldBytes) {
        keep(kept, field);
      }
    });
    const message = this.decode(schema, place, kept);
    for (const [field, messages] of children) this.attach(message, field, messages, place);
    if (this.places.size >= maxMessages) {
      throw this.reader.broken(place.tag, `it has more than ${maxMessages} nodes and tensors`);
    }
    this.places.set(message, place);
    if (found.length > 0) this.data.set(message, this.tensorData(message as TensorProto, found));
    return message;
  }

  private decode(schema: DescMessage, place: MessagePlace, kept: readonly Span[]): Message {
    if (kept.length === 0) return create(schema);
    this.kept += kept.reduce((bytes, { start, end }) => bytes + end - start, 0);
    if (this.kept > keptBytes)
      throw this.reader.broken(place.tag, `the graph has more than ${keptBytes} bytes`);
    const { source } = this.reader;
    const bytes = concatBytes(kept.map(({ start, end }) => source.read(start, end - start)));
    try {
      return fromBinary(schema, bytes);
    } catch (error) {
      // The library's own errors, and a stack overflow where types are nested without end.
      throw this.reader.broken(place.tag, `${schema.name}: ${(error as Error).message}`);
    }
  }

  private attach(
    message: Message,
    field: DescField,
    messages: readonly Message[],
    place: MessagePlace,
  ): void {
    const isList = field.fieldKind === "list";
    if (!isList && messages.length > 1) throw this.reader.broken(place.tag, `${field} occurs twice`);
    Object.assign(message, { [field.localName]: isList ? messages : messages[0] });
  }

  private tensorData(tensor: TensorProto, fields: readonly WireField[]): InlineData {
    const field = dataFieldOf.get(fields[0].number)!;
    const { tag, number } = fields[0];
    if (fields.some((other) => other.number !== number) || (field === "rawData" && fields.length > 1)) {
      throw this.reader.broken(tag, `tensor ${tensor.name} has two sets of data`);
    }
    if (fields.length === maxDataFields) return { field, fields: [] };
    return { field, fields };
  }
}

function isTakenApart(field: DescField): boolean {
  return field.message !== undefined && takenApart.has(field.message.typeName);
}

/** Adds a field with its tag, joined to the span before where they touch. */
function keep(kept: Span[], { tag, end }: WireField): void {
  const last = kept.at(-1);
  if (last?.end === tag) kept[kept.length - 1] = { start: last.start, end };
  else kept.push({ start: tag, end });
}
