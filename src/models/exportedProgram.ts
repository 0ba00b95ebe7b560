import { z } from "zod";
import { InputError } from "../errors.ts";
import { json } from "../files/byteSource.ts";
import type { ZipFile } from "../files/zip.ts";
import type { FloatType } from "./floats.ts";
import type { ModelFile, StoredTensor } from "./model.ts";
import { outputsOfStateDict } from "./stateDict.ts";
import { stridedTensor } from "./stridedTensor.ts";

/**
 * A program of torch.export (.pt2): NAME/data/weights/model_weights_config.json says which entry of the zip file holds
 * the storage of a parameter, and where in it the parameter is.
 * https://github.com/pytorch/pytorch/blob/v2.13.0/torch/export/pt2_archive/constants.py and torch/_export/serde/schema.py
 */
const integer = z.object({ as_int: z.number().int().nonnegative() });
const configSchema = z.object({
  config: z.record(
    z.string(),
    z.looseObject({
      path_name: z.string(),
      use_pickle: z.boolean(),
      tensor_meta: z.looseObject({
        dtype: z.number(),
        sizes: z.array(integer),
        strides: z.array(integer),
        storage_offset: integer,
      }),
    }),
  ),
});

/** schema.ScalarType's numbers. */
const floatTypes = new Map<number, FloatType>([
  [6, "float16"],
  [7, "float32"],
  [8, "float64"],
  [13, "bfloat16"],
]);

/** Whether a zip file of PyTorch is an exported program rather than a pickle. */
export const isExportedProgram = (zip: ZipFile): boolean =>
  [...zip.entries.keys()].some((name) => /^[^/]+\/archive_format$/.test(name));

/** Throws an InputError if the program is broken, or was written by PyTorch before 2.8, which kept weights otherwise. */
export async function openExportedProgram(zip: ZipFile, file: string): Promise<ModelFile> {
  const name = [...zip.entries.keys()].find((entry) => entry.endsWith("/weights/model_weights_config.json"));
  if (name === undefined) {
    throw new InputError(
      `${file}: a program of torch.export without a list of weights, as PyTorch before 2.8 wrote it; export the model again with a later version`,
    );
  }
  const source = await zip.open(name);
  const parsed = configSchema.safeParse(json(source, 0, source.size, name));
  if (!parsed.success) throw new InputError(`${file}: broken: ${name} is not {config: {name: weight}}`);
  const folder = name.slice(0, -"model_weights_config.json".length);
  const tensors = new Map<string, StoredTensor>();
  const shapes = new Map<string, readonly number[]>();
  for (const [weight, { path_name: path, use_pickle: isPickled, tensor_meta: meta }] of Object.entries(
    parsed.data.config,
  )) {
    const shape = meta.sizes.map(({ as_int: size }) => size);
    const stride = meta.strides.map(({ as_int: step }) => step);
    if (shape.length !== stride.length) throw new InputError(`${file}: broken: ${weight} has two ranks`);
    shapes.set(weight, shape);
    const type = floatTypes.get(meta.dtype);
    if (!type || isPickled) continue;
    const entry = folder + path;
    if (zip.entries.get(entry)?.method !== 0)
      throw new InputError(`${file}: broken: no uncompressed ${entry} in it`);
    const view = { key: path, type, offset: meta.storage_offset.as_int, shape, stride };
    const place = { storage: await zip.open(entry), entry, bigEndian: false };
    tensors.set(weight, stridedTensor(weight, view, type, place));
  }
  const found = outputsOfStateDict(tensors, shapes);
  return { format: "PyTorch, exported program (.pt2)", tensors, files: [file], finish: zip.finish, ...found };
}
