import { z } from "zod";
import { InputError } from "../errors.ts";
import { type ByteSource, checkRange, json, view } from "../files/byteSource.ts";
import type { Patch } from "../files/patch.ts";
import { type FloatType, floatBytes } from "./floats.ts";
import { kerasOutputs } from "./kerasConfig.ts";
import type { Format, ModelFile, ModelOutput, ModelSource, StoredTensor } from "./model.ts";
import { elements, tensorAt } from "./tensorAt.ts";
import { type GraphOutput, graphOutputs } from "./tfjsGraph.ts";

/**
 * TensorFlow.js: model.json with the topology (Keras's config of a layers model, or a TensorFlow graph) and a manifest
 * of weights, whose bytes are concatenated in each group's shards; shards may be cut within a weight.
 * https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/types.ts
 */
const modelSchema = z.looseObject({
  modelTopology: z.looseObject({}),
  format: z.string().optional(),
  signature: z.unknown().optional(),
  userDefinedMetadata: z.unknown().optional(),
  weightsManifest: z.array(
    z.looseObject({
      paths: z.array(z.string()),
      weights: z.array(
        z.looseObject({
          name: z.string(),
          shape: z.array(z.number().int().nonnegative()),
          dtype: z.string(),
          quantization: z.looseObject({ dtype: z.string() }).optional(),
        }),
      ),
    }),
  ),
});

type Group = z.infer<typeof modelSchema>["weightsManifest"][number];

const widths: Record<string, number> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
  complex64: 8,
};

export const tfjs: Format = {
  name: "TensorFlow.js (model.json)",
  matches: (start, { name }) =>
    name.endsWith(".json") && !name.endsWith(".index.json") && /^\s*\{/.test(String.fromCharCode(...start)),
  async open(source: ModelSource): Promise<ModelFile> {
    const parsed = modelSchema.safeParse(json(source.main, 0, source.main.size, "the file"));
    if (!parsed.success) {
      throw new InputError(
        `${source.name}: a JSON file, but not TensorFlow.js's model.json with modelTopology and weightsManifest`,
      );
    }
    const { modelTopology: topology, weightsManifest, signature, userDefinedMetadata } = parsed.data;
    const tensors = new Map<string, StoredTensor>();
    for (const group of weightsManifest) readGroup(group, source, tensors);
    const files = [source.name, ...new Set(weightsManifest.flatMap(({ paths }) => paths))];
    if ("node" in topology) {
      const found = graphOutputs(topology, signature ?? userDefinedMetadata, source.name);
      const outputs = found.map((output) => graphOutput(output, tensors));
      const reason = outputs.length === 0 ? "the graph has no outputs" : undefined;
      return { format: "TensorFlow.js graph model", outputs, candidates: [], reason, tensors, files };
    }
    // The converter wraps Keras's config; TensorFlow.js's own save does not.
    const found = kerasOutputs(topology.model_config ?? topology, source.name);
    if (!found) {
      throw new InputError(
        `${source.name}: the topology lists no layers; only Sequential and Functional models can be read`,
      );
    }
    const outputs = found.map((output): ModelOutput => {
      const { name, layer, activation, units, convolution, reason } = output;
      const bias = reason === undefined ? layerBias(layer, tensors) : undefined;
      const missing = `the topology gives layer ${layer} a bias, but the weights hold none; name the tensor with --tensor`;
      return {
        name,
        layer,
        activation,
        units,
        convolution,
        described: true,
        bias,
        reason: reason ?? (bias ? undefined : missing),
      };
    });
    return { format: "TensorFlow.js layers model", outputs, candidates: [], tensors, files };
  },
};

/** `label/bias`, or `mlp/label/bias` where the converter kept the model's name. */
function layerBias(layer: string, tensors: ReadonlyMap<string, StoredTensor>): StoredTensor | undefined {
  const own = tensors.get(`${layer}/bias`);
  if (own) return own;
  const nested = [...tensors.values()].filter(
    ({ name }) => name.endsWith("/bias") && name.split("/").includes(layer),
  );
  return nested.length === 1 ? nested[0] : undefined;
}

function graphOutput(
  { name, layer, activation, convolution, bias, reason }: GraphOutput,
  tensors: ReadonlyMap<string, StoredTensor>,
): ModelOutput {
  const tensor = bias === undefined ? undefined : tensors.get(bias);
  const missing = bias === undefined ? undefined : `its bias ${bias} is not among the weights`;
  return {
    name,
    layer,
    activation,
    convolution,
    described: true,
    units: tensor && elements(tensor.shape),
    bias: tensor,
    reason: tensor ? undefined : (reason ?? missing),
  };
}

/** Adds a group's tensors. Throws an InputError if the shards don't have the bytes that the weights need. */
function readGroup({ paths, weights }: Group, source: ModelSource, tensors: Map<string, StoredTensor>): void {
  const shards = concatenate(paths, source);
  let offset = 0;
  for (const { name, shape, dtype, quantization } of weights) {
    const type = quantization?.dtype ?? dtype;
    if (!(type in widths) && type !== "string")
      throw new InputError(`${source.name}: broken: weight ${name} has the unknown type ${type}`);
    const length =
      type === "string"
        ? stringBytes(shards.source, offset, elements(shape))
        : elements(shape) * widths[type];
    checkRange(shards.source, offset, length);
    const tensor = floatTensor(name, shape, dtype, type, offset, shards);
    if (tensor) tensors.set(name, tensor);
    offset += length;
  }
  if (offset !== shards.source.size) {
    throw new InputError(
      `${source.name}: broken: its weights need ${offset} bytes, but ${paths.join(", ")} have ${shards.source.size}`,
    );
  }
}

function floatTensor(
  name: string,
  shape: number[],
  dtype: string,
  stored: string,
  offset: number,
  shards: Shards,
): StoredTensor | undefined {
  if (dtype !== "float32") return undefined;
  if (stored !== "float32" && stored !== "float16") {
    const fixed = `it is quantized to ${stored}; set the bias before converting, or quantize the kernels only: --quantize_${stored}=*kernel*`;
    const refuse = () => {
      throw new InputError(`tensor ${name}: ${fixed}`);
    };
    return { name, type: "float32", shape, fixed, read: refuse, patch: refuse };
  }
  const type: FloatType = stored;
  checkRange(shards.source, offset, elements(shape) * floatBytes[type]);
  const tensor = tensorAt(name, type, shape, { source: shards.source, file: "", offset });
  return { ...tensor, patch: (values) => tensor.patch(values).flatMap(shards.split) };
}

/** Each string is its length (4 bytes) followed by its bytes. */
function stringBytes(source: ByteSource, offset: number, count: number): number {
  let at = offset;
  for (let i = 0; i < count; i++) at += 4 + view(source, at, 4).getUint32(0, true);
  return at - offset;
}

/** Several files read as one. */
interface Shards {
  readonly source: ByteSource;
  /** Splits a patch of the whole into patches of the files. */
  split(patch: Patch): Patch[];
}

function concatenate(paths: readonly string[], model: ModelSource): Shards {
  let size = 0;
  const parts = paths.map((path) => {
    const source = model.beside(path);
    size += source.size;
    return { path, source, start: size - source.size, end: size };
  });
  const pieces = (offset: number, length: number) =>
    parts
      .map((part) => ({
        ...part,
        from: Math.max(offset, part.start),
        to: Math.min(offset + length, part.end),
      }))
      .filter(({ from, to }) => from < to);
  const source: ByteSource = {
    name: paths.join(", "),
    size,
    read(offset, length) {
      checkRange(source, offset, length);
      const bytes = new Uint8Array(length);
      for (const { source: part, start, from, to } of pieces(offset, length))
        bytes.set(part.read(from - start, to - from), from - offset);
      return bytes;
    },
  };
  return {
    source,
    split: ({ offset, bytes }) =>
      pieces(offset, bytes.length).map(({ path, start, from, to }) => ({
        file: path,
        offset: from - start,
        remove: to - from,
        bytes: bytes.subarray(from - offset, to - offset),
      })),
  };
}
