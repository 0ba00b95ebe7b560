import { InputError } from "../errors.ts";
import { type ByteSource, view } from "./bytes.ts";
import type { FloatType } from "./floats.ts";
import type { Format, ModelFile, ModelSource, Tensor } from "./model.ts";
import { outputsOfStateDict } from "./stateDict.ts";
import { elements, tensorAt } from "./tensorAt.ts";
import { readZip } from "./zip.ts";

/** NumPy's archive: a zip file with one .npy file an array, stored (np.savez) or deflated (np.savez_compressed). */
export const npz: Format = {
  name: "NumPy (.npz)",
  matches: (start, source) => start[0] === 0x50 && start[1] === 0x4b && source.name.endsWith(".npz"),
  async open(source: ModelSource): Promise<ModelFile> {
    const zip = readZip(source.main, source.name);
    const tensors = new Map<string, Tensor>();
    const shapes = new Map<string, readonly number[]>();
    for (const entry of zip.entries.keys()) {
      if (!entry.endsWith(".npy")) continue;
      const name = entry.slice(0, -".npy".length);
      const contents = await zip.open(entry);
      const { type, bigEndian, shape, offset } = npyHeader(contents);
      shapes.set(name, shape);
      if (type)
        tensors.set(name, tensorAt(name, type, shape, { source: contents, file: entry, offset, bigEndian }));
    }
    const found = outputsOfStateDict(tensors, shapes);
    return { format: "NumPy archive (.npz)", tensors, files: [source.name], seal: zip.seal, ...found };
  },
};

const types: Record<string, FloatType> = { f2: "float16", f4: "float32", f8: "float64" };

/**
 * The header of a .npy file: \x93NUMPY, version (2 bytes), the header's length (2 bytes, 4 from version 2 on), and a
 * Python dictionary. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
function npyHeader(source: ByteSource) {
  const broken = (why: string) => new InputError(`${source.name}: broken .npy file: ${why}`);
  const start = view(source, 0, Math.min(12, source.size));
  if (start.byteLength < 12 || start.getUint32(0) !== 0x934e554d)
    throw broken("it doesn't start with \\x93NUMPY");
  const wide = start.getUint8(6) >= 2;
  const offset = wide ? 12 + start.getUint32(8, true) : 10 + start.getUint16(8, true);
  if (offset > Math.min(source.size, 2 ** 16)) throw broken(`its header can't have ${offset} bytes`);
  const header = new TextDecoder().decode(source.read(0, offset)).slice(wide ? 12 : 10);
  const descr = /'descr':\s*'([<>|=]?)([a-zA-Z]\d+)'/.exec(header);
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1].match(/\d+/g)?.map(Number) ?? [];
  if (!/'shape':\s*\(/.test(header) || !shape.every(Number.isSafeInteger))
    throw broken("its header has no shape");
  // A vector reads the same in both orders; of other arrays only the shape is used.
  const known =
    descr && (shape.length < 2 || /'fortran_order':\s*False/.test(header)) ? types[descr[2]] : undefined;
  if (known && !Number.isSafeInteger(elements(shape))) throw broken(`its shape is (${shape})`);
  return { type: known, bigEndian: descr?.[1] === ">", shape, offset };
}
