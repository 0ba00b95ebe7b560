import type * as H5wasm from "h5wasm";
import { InputError } from "../errors.ts";
import { type ByteSource, view } from "../files/byteSource.ts";
import { decodeFloats, type FloatType, floatBytes } from "./floats.ts";
import type { StoredTensor } from "./model.ts";
import { elements, tensorAt } from "./tensorAt.ts";

/**
 * An HDF5 file, read by the HDF5 library itself (h5wasm) through a virtual file that hands it the source's bytes. The
 * virtual file also notes what is read, which tells where a dataset's numbers stand: the library has no other way to
 * say so. Nothing is written by the library; a change is a patch of those bytes.
 */
export interface Hdf5File {
  /** All datasets, by path without a leading slash, in order of their names. */
  readonly datasets: ReadonlyMap<string, Hdf5Dataset>;
  /** An attribute that holds text, or a list of texts; undefined if there is none. */
  attribute(path: string, name: string): string | readonly string[] | undefined;
  /** The dataset at `path` as a tensor called `name`; undefined if it holds no floating-point numbers. */
  tensor(path: string, name: string): StoredTensor | undefined;
}

interface Hdf5Dataset {
  readonly type: FloatType | undefined;
  readonly bigEndian: boolean;
  readonly shape: readonly number[];
  /** Bytes that the library reads at once for its numbers: more than they take where a chunk reaches beyond them. */
  readonly stored: number;
  readonly fixed?: string;
}

let loaded: Promise<typeof H5wasm> | undefined;

/**
 * The HDF5 library. Memory that it reads values into starts as zeros: what it could not read of texts, it lets go of
 * nevertheless (h5wasm 0.10.3, get_attr), and by what happens to lie there it would trap.
 */
function library(): Promise<typeof H5wasm> {
  loaded ??= import("h5wasm").then(async (h5) => {
    await h5.ready;
    const allocate = h5.Module._malloc;
    h5.Module._malloc = (length) => {
      const at = allocate(length);
      if (Number(at) !== 0) h5.Module.HEAPU8.fill(0, Number(at), Number(at) + Number(length));
      return at;
    };
    return h5;
  });
  return loaded;
}

/** Compressed datasets are unpacked in memory; a bias is far below this. */
const maxUnpacked = 2 ** 28;

/** Opens the file. `file` is the name that patches give to it. Throws an InputError, one line, if it is broken. */
export async function readHdf5(source: ByteSource, file: string): Promise<Hdf5File> {
  const h5 = await library();
  const datasets = withFile(h5, source, (opened) => {
    const found = new Map<string, Hdf5Dataset>();
    for (const path of opened.paths()) {
      const dataset =
        opened.get_type(path) === h5.Module.H5G_DATASET ? describe(h5, opened, path) : undefined;
      if (dataset) found.set(path, dataset);
    }
    return found;
  });
  return {
    datasets,
    attribute(path, name) {
      return withFile(h5, source, (opened) => {
        const holder = path === "" ? opened : opened.get(path);
        if (!(holder instanceof h5.Group) || !(name in holder.attrs)) return undefined;
        const value = holder.attrs[name].json_value;
        if (typeof value === "string") return value;
        return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
      });
    },
    tensor(path, name) {
      const { type, shape, bigEndian, stored, fixed } = datasets.get(path) ?? {};
      if (!type || !shape || stored === undefined) return undefined;
      const at = () => locate(h5, source, path, elements(shape) * floatBytes[type], stored);
      return {
        name,
        type,
        shape,
        fixed,
        read: () => decodeFloats(type, at().bytes, !bigEndian),
        patch(values) {
          const { offset } = at();
          if (fixed !== undefined || offset === undefined)
            throw new InputError(`${source.name}: ${path}: ${fixed ?? inside}`);
          return tensorAt(name, type, shape, { source, file, offset, bigEndian }).patch(values);
        },
      };
    },
  };
}

const inside = "its bytes are part of an HDF5 structure and can't be changed in place; write the file again";

function describe(h5: typeof H5wasm, opened: H5wasm.File, path: string): Hdf5Dataset {
  const { type, size, littleEndian, shape, chunks } = h5.Module.get_dataset_metadata(opened.file_id, path);
  const { H5T_FLOAT, H5T_OPAQUE } = h5.Module.H5T_class_t;
  const float =
    type === H5T_FLOAT.value ? ({ 2: "float16", 4: "float32", 8: "float64" } as const)[size] : undefined;
  // HDF5 knows no bfloat16: Keras writes it as two opaque bytes.
  const brain = type === H5T_OPAQUE.value && size === 2 ? "bfloat16" : undefined;
  const length = elements(shape ?? []);
  // One chunk of a vector, without a filter, is its numbers side by side.
  const isPlain = !chunks || (chunks.length === 1 && chunks[0] >= length && !isFiltered(h5, opened, path));
  return {
    type: float ?? brain,
    bigEndian: !brain && !littleEndian,
    shape: shape ?? [],
    stored: (isPlain && chunks ? chunks[0] : length) * size,
    fixed: isPlain
      ? undefined
      : "it is stored in several chunks or compressed; load the model and save it again in Keras, or run h5repack -l CONTI -f NONE old.h5 new.h5",
  };
}

const isFiltered = (h5: typeof H5wasm, opened: H5wasm.File, path: string) =>
  h5.Module.get_dataset_filters(opened.file_id, path).length > 0;

/** A dataset's bytes, and where they stand in the source: undefined unless `stored` bytes were read from there at once. */
function locate(
  h5: typeof H5wasm,
  source: ByteSource,
  path: string,
  length: number,
  stored: number,
): { bytes: Uint8Array; offset: number | undefined } {
  if (length > maxUnpacked)
    throw new InputError(`${source.name}: ${path} has ${length} bytes, too many for a bias`);
  return withFile(h5, source, (opened, reads) => {
    const memory = h5.Module._malloc(Math.max(length, 1));
    if (memory === 0) throw new Error("out of memory");
    reads.length = 0;
    h5.Module.get_dataset_data(opened.file_id, path, null, null, null, BigInt(memory));
    const bytes = h5.Module.HEAPU8.slice(Number(memory), Number(memory) + length);
    h5.Module._free(memory);
    const last = reads.filter((read) => read.length === stored).at(-1);
    const same = last && source.read(last.offset, length).every((byte, i) => byte === bytes[i]);
    return { bytes, offset: same ? last.offset : undefined };
  });
}

/** A piece of the file that the library asked for. */
interface Read {
  readonly offset: number;
  readonly length: number;
}

let opened = 0;

/** The file that made the library trap. Its memory may be damaged then, and there is no second instance of it. */
let brokenBy: string | undefined;

/** Opens the source as an HDF5 file, and closes it again. The library's errors, which can be very long, become one line. */
function withFile<T>(h5: typeof H5wasm, source: ByteSource, use: (file: H5wasm.File, reads: Read[]) => T): T {
  if (brokenBy !== undefined) {
    throw new InputError(
      `${source.name}: can't be read: the damaged file ${brokenBy} has crashed the HDF5 library in this process; start a new one`,
    );
  }
  const path = `/model-${opened++}.h5`;
  const reads: Read[] = [];
  const complaints = listen(h5);
  let file: H5wasm.File | undefined;
  try {
    mount(h5, source, path, reads);
    file = new h5.File(path, "r");
    if (file.file_id < 0n) throw new Error("it can't be opened");
    const result = use(file, reads);
    if (complaints.length > 0) throw new Error("it can't be read");
    return result;
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof WebAssembly.RuntimeError) brokenBy = source.name;
    throw new InputError(`${source.name}: broken HDF5 file: ${cause(complaints.join(""), error)}`);
  } finally {
    if (brokenBy === undefined && file !== undefined && file.file_id >= 0n) file.close();
    unmount(h5, path);
  }
}

/** Removes the virtual file. The library keeps a damaged file open for ever, and Emscripten has 4,096 open files at most. */
function unmount(h5: typeof H5wasm, path: string): void {
  const files = h5.FS as unknown as {
    streams: ({ path: string } | null | undefined)[];
    close(stream: object): void;
    unlink(path: string): void;
  };
  for (const stream of files.streams) if (stream?.path === path) files.close(stream);
  files.unlink(path);
}

/** Emscripten's in-memory file, with reading and size replaced (as its own createLazyFile does). */
interface FileNode {
  usedBytes: number;
  stream_ops: Record<string, unknown>;
}

/** Emscripten's number for EIO. */
const inputOutputError = 29;

function mount(h5: typeof H5wasm, source: ByteSource, path: string, reads: Read[]): void {
  const files = h5.FS as unknown as {
    createFile(parent: string, name: string, properties: object, read: boolean, write: boolean): FileNode;
  };
  const { ErrnoError } = h5.FS as unknown as { ErrnoError: new (code: number) => Error };
  const node = files.createFile("/", path.slice(1), {}, true, false);
  Object.defineProperty(node, "usedBytes", { get: () => source.size });
  const read = (_stream: unknown, memory: Int8Array, at: number, length: number, offset: number): number => {
    const count = Math.max(0, Math.min(length, source.size - offset));
    const bytes = source.read(offset, count);
    if (!isSoundHeap(bytes, source, offset)) throw new ErrnoError(inputOutputError);
    reads.push({ offset, length: count });
    memory.set(bytes, at);
    return count;
  };
  node.stream_ops = { ...node.stream_ops, read };
}

/**
 * Whether bytes that start like a global heap (GCOL, where texts of any length are kept) have objects that lie within
 * it. The library (2.0.0, H5HG__cache_heap_deserialize) goes round forever in some that don't.
 * Objects: index, references (2 bytes each), 4 reserved, size (8 bytes; of index 0 with this header), data padded to 8.
 */
function isSoundHeap(start: Uint8Array, source: ByteSource, offset: number): boolean {
  if (start.length < 16 || String.fromCharCode(...start.subarray(0, 4)) !== "GCOL") return true;
  const end = Number(view(source, offset, 16).getBigUint64(8, true));
  if (offset + end > source.size || end > maxUnpacked) return false;
  const numbers = view(source, offset, end);
  for (let at = 16; at + 16 <= end; ) {
    const size = Number(numbers.getBigUint64(at + 8, true));
    const isFree = numbers.getUint16(at, true) === 0;
    if (isFree && size < 16) return false;
    at += isFree ? size : 16 + Math.ceil(size / 8) * 8;
    if (at > end) return false;
  }
  return true;
}

/** What the library writes to its standard error from now on, instead of the process's. */
function listen(h5: typeof H5wasm): string[] {
  const texts: string[] = [];
  const { streams } = h5.FS as unknown as { streams: { stream_ops: Record<string, unknown> }[] };
  const write = (_stream: unknown, memory: Int8Array, at: number, length: number): number => {
    texts.push(String.fromCharCode(...memory.subarray(at, at + length)));
    return length;
  };
  streams[2].stream_ops = { ...streams[2].stream_ops, write };
  return texts;
}

/** The innermost line of HDF5's first stack of errors, else the first line of what was thrown, cut short. */
function cause(complaints: string, thrown: unknown): string {
  const stack = complaints.split("HDF5-DIAG:")[1] ?? "";
  const lines = [...stack.matchAll(/#\d+: \S+ line \d+ in \w+\(\): ([^\n]+)/g)];
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return (lines.at(-1)?.[1] ?? message.split("\n")[0]).replace(/: time = .*/, "").slice(0, 120);
}
