import type { ByteSource } from "../files/byteSource.ts";
import { readNpyHeader } from "../files/npy.ts";
import { firstEntry, readZip } from "../files/zip.ts";
import type { FloatType } from "./floats.ts";
import type { Format, ModelFile, ModelSource, StoredTensor } from "./model.ts";
import { outputsOfStateDict } from "./stateDict.ts";
import { tensorAt } from "./tensorAt.ts";

/** NumPy's archive: a zip file with one .npy file an array, stored (np.savez) or deflated (np.savez_compressed). */
export const npz: Format = {
  name: "NumPy (.npz)",
  matches(start, source) {
    const first = firstEntry(start);
    return first !== undefined && (first.endsWith(".npy") || source.name.endsWith(".npz"));
  },
  async open(source: ModelSource): Promise<ModelFile> {
    const zip = readZip(source.main, source.name);
    const tensors = new Map<string, StoredTensor>();
    const shapes = new Map<string, readonly number[]>();
    for (const entry of zip.entries.keys()) {
      if (!entry.endsWith(".npy")) continue;
      const name = entry.slice(0, -".npy".length);
      const contents = await zip.open(entry);
      const { type, bigEndian, shape, offset } = readHeader(contents);
      shapes.set(name, shape);
      if (type)
        tensors.set(name, tensorAt(name, type, shape, { source: contents, file: entry, offset, bigEndian }));
    }
    const found = outputsOfStateDict(tensors, shapes);
    return { format: "NumPy archive (.npz)", tensors, files: [source.name], finish: zip.finish, ...found };
  },
};

const types: Record<string, FloatType> = { f2: "float16", f4: "float32", f8: "float64" };

function readHeader(source: ByteSource) {
  const { type, fortran, shape, offset } = readNpyHeader(source);
  const [, order, kind] = /^([<>|=]?)(\w+)$/.exec(type) ?? [];
  // A vector reads the same in both orders; of other arrays only the shape is used.
  const known = kind in types && (shape.length < 2 || !fortran) ? types[kind] : undefined;
  return { type: known, bigEndian: order === ">", shape, offset };
}
