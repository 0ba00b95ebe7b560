import { InputError } from "../errors.ts";
import { type ByteSource, text } from "../files/byteSource.ts";
import type { Patch } from "../files/patch.ts";
import { firstEntry, readZip, type ZipFile } from "../files/zip.ts";
import { decodeFloats, encodeFloats, type FloatType, floatBytes } from "./floats.ts";
import type { Format, ModelFile, ModelSource, Output, Tensor } from "./model.ts";
import { isRecord, type PickleObject, type PickleRecord, type PickleValue, readPickle } from "./pickle.ts";
import { outputsOfStateDict } from "./stateDict.ts";
import { checkLength, elements } from "./tensorAt.ts";

/**
 * PyTorch's zip format (torch.save since 1.6, and TorchScript): NAME/data.pkl, a pickle in which tensors refer to
 * storages, and NAME/data/KEY, a storage's bytes. The pickle is read as data: see pickle.ts.
 * https://github.com/pytorch/pytorch/blob/v2.13.0/torch/serialization.py
 */
export const pytorch: Format = {
  name: "PyTorch (.pt, .pth)",
  matches(start, { name }) {
    const named = /\.(pt|pth|ckpt|bin|pkl)$/.test(name);
    const first = firstEntry(start);
    if (first !== undefined)
      return named || /^[^/]+\/(data\.pkl|data\/|\.format_version|version)/.test(first);
    return isLegacy(start) || (named && start[0] === 0x80);
  },
  async open(source: ModelSource): Promise<ModelFile> {
    if (source.main.read(0, 1)[0] === 0x80) throw notZip(source);
    const zip = readZip(source.main, source.name);
    const archive = await openArchive(zip, source.name);
    const { tensors, shapes, shared } = await readTensors(archive, source.name);
    const found = outputsOfStateDict(tensors, shapes);
    const refuseShared = (output: Output) => withoutShared(output, shared);
    return {
      format: archive.format,
      tensors,
      files: [source.name],
      finish: zip.finish,
      ...found,
      outputs: found.outputs.map(refuseShared),
      candidates: found.candidates.map(refuseShared),
    };
  },
};

/** torch.save's magic number before 1.6, 0x1950a86a20f9469cfc6c as a pickle of its own. */
function isLegacy(start: Uint8Array): boolean {
  const magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  return magic.every((byte, i) => start[i] === byte);
}

function notZip({ name, main }: ModelSource): InputError {
  const legacy = isLegacy(main.read(0, Math.min(14, main.size)));
  return new InputError(
    legacy
      ? `${name}: PyTorch's format from before version 1.6; write it anew where you trust it: torch.save(torch.load(${JSON.stringify(name)}), "new.pt")`
      : `${name}: a bare pickle, not PyTorch's zip format; save the state dict with torch.save`,
  );
}

interface Archive {
  readonly format: string;
  readonly root: PickleValue;
  readonly bigEndian: boolean;
  /** The name of the entry that holds a storage. */
  entryOf(key: string): string;
  openStorage(key: string): Promise<ByteSource>;
}

/** A pickle larger than this holds data that should be tensors. */
const maximumPickle = 2 ** 28;

async function openArchive(zip: ZipFile, file: string): Promise<Archive> {
  const pickles = [...zip.entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if ([...zip.entries.keys()].some((name) => /^[^/]+\/archive_format$/.test(name))) {
    throw new InputError(
      `${file}: a program of torch.export (.pt2), which baserate doesn't change; set the bias in the state dict, and export the model again`,
    );
  }
  if (pickles.length !== 1) {
    throw new InputError(`${file}: a zip file, but not PyTorch's: it has ${pickles.length || "no"} data.pkl`);
  }
  const folder = pickles[0].slice(0, -"data.pkl".length);
  const broken = (why: string) => new InputError(`${file}: broken PyTorch file: data.pkl: ${why}`);
  const pickle = await zip.open(pickles[0]);
  if (pickle.size > maximumPickle)
    throw broken(`it has ${pickle.size} bytes; at most ${maximumPickle} are read`);
  const root = readPickle(pickle.read(0, pickle.size), broken);
  const order = zip.entries.has(`${folder}byteorder`) ? await zip.open(`${folder}byteorder`) : undefined;
  const isScript = zip.entries.has(`${folder}constants.pkl`);
  const entryOf = (key: string) => `${folder}data/${key}`;
  return {
    format: `PyTorch, ${isScript ? "TorchScript" : isModule(root) ? "whole module" : "state dict or checkpoint"} (zip format)`,
    root,
    bigEndian: order !== undefined && text(order, 0, order.size) === "big",
    entryOf,
    async openStorage(key) {
      const entry = zip.entries.get(entryOf(key));
      if (!entry) throw broken(`its storage ${key} is not in the file`);
      if (entry.method !== 0) {
        throw new InputError(
          `${file}: ${entry.name} is compressed; torch.save stores tensors as they are: write the file anew with it`,
        );
      }
      return zip.open(entry.name);
    },
  };
}

/** A tensor as the pickle describes it: elements of a storage, from `offset` on, `stride` elements apart in each dimension. */
interface View {
  readonly key: string;
  /** Undefined where the elements are no floats that a bias can have. */
  readonly type: FloatType | undefined;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

async function readTensors(archive: Archive, file: string) {
  const tensors = new Map<string, Tensor>();
  const shapes = new Map<string, readonly number[]>();
  const ranges: { name: string; key: string; from: number; to: number }[] = [];
  for (const [name, view] of namedViews(archive.root, file)) {
    shapes.set(name, view.shape);
    if (!view.type) continue;
    const storage = await archive.openStorage(view.key);
    tensors.set(name, viewTensor(name, view, view.type, storage, archive));
    if (elements(view.shape) > 0)
      ranges.push({ name, key: view.key, from: view.offset, to: lastElement(view) });
  }
  return { tensors, shapes, shared: sharedNames(ranges) };
}

/** For each tensor whose elements lie among those of another one: that one's name. */
function sharedNames(ranges: { name: string; key: string; from: number; to: number }[]): Map<string, string> {
  const shared = new Map<string, string>();
  const sorted = [...ranges].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.from - b.from));
  let widest = sorted[0];
  for (const range of sorted.slice(1)) {
    if (range.key === widest.key && range.from <= widest.to) {
      shared.set(range.name, widest.name);
      if (!shared.has(widest.name)) shared.set(widest.name, range.name);
      if (range.to > widest.to) widest = range;
    } else widest = range;
  }
  return shared;
}

function withoutShared(output: Output, shared: ReadonlyMap<string, string>): Output {
  const other = output.bias && shared.get(output.bias.name);
  if (!output.bias || other === undefined) return output;
  const { name } = output.bias;
  return {
    ...output,
    bias: undefined,
    reason: `its bias ${name} shares its numbers with ${other}; set both with --tensor ${name} if that is meant`,
  };
}

function lastElement({ offset, shape, stride }: View): number {
  return shape.reduce((last, size, i) => last + (size - 1) * stride[i], offset);
}

function viewTensor(
  name: string,
  view: View,
  type: FloatType,
  storage: ByteSource,
  { bigEndian, entryOf }: Archive,
): Tensor {
  const { shape, stride, offset } = view;
  const width = floatBytes[type];
  const count = elements(shape);
  if (count > 0 && (lastElement(view) + 1) * width > storage.size) {
    throw new InputError(
      `${storage.name}: broken or cut short: tensor ${name} reaches to byte ${(lastElement(view) + 1) * width} of ${storage.size}`,
    );
  }
  const runs = contiguousRuns(shape, stride);
  const repeats = shape.some((size, i) => size > 1 && stride[i] === 0);
  const fixed = repeats
    ? `tensor ${name} is expanded: several of its elements are one in the file`
    : undefined;
  return {
    name,
    type,
    shape,
    ...(fixed && { fixed }),
    read() {
      if (fixed) throw new InputError(fixed);
      const values = new Float64Array(count);
      let done = 0;
      for (const start of runs.starts()) {
        const bytes = storage.read((offset + start) * width, runs.length * width);
        values.set(decodeFloats(type, bytes, !bigEndian), done);
        done += runs.length;
      }
      return values;
    },
    patch(values) {
      if (fixed) throw new InputError(fixed);
      checkLength(name, shape, values);
      const bytes = encodeFloats(type, values, !bigEndian);
      const patches: Patch[] = [];
      let done = 0;
      for (const start of runs.starts()) {
        const piece = bytes.subarray(done, done + runs.length * width);
        patches.push({
          file: entryOf(view.key),
          offset: (offset + start) * width,
          remove: piece.length,
          bytes: piece,
        });
        done += piece.length;
      }
      return patches;
    },
  };
}

/** A view in C order as runs of elements side by side: their length, and where each begins, counted from the offset. */
function contiguousRuns(shape: readonly number[], stride: readonly number[]) {
  let axes = shape.length;
  let length = 1;
  while (axes > 0 && (shape[axes - 1] === 1 || stride[axes - 1] === length)) length *= shape[--axes];
  function* starts(axis = 0, start = 0): Generator<number> {
    if (length === 0) return;
    if (axis === axes) yield start;
    else for (let i = 0; i < shape[axis]; i++) yield* starts(axis + 1, start + i * stride[axis]);
  }
  return { length, starts };
}

/** Deeper nesting is no checkpoint's; it would only make names without end. */
const maximumDepth = 100;

/** All tensors of a pickle with their names, in its order: keys and attributes joined by dots, as in a state dict. */
function namedViews(root: PickleValue, file: string): Map<string, View> {
  const broken = (why: string) => new InputError(`${file}: broken PyTorch file: data.pkl: ${why}`);
  const views = new Map<string, View>();
  const visited = new Set<PickleRecord>();
  const visit = (value: PickleRecord, path: readonly string[], depth: number): void => {
    if (depth > maximumDepth) throw broken(`it is nested more than ${maximumDepth} deep`);
    const view = value.kind === "object" ? viewOf(value, broken) : undefined;
    if (view) {
      const name = path.join(".");
      if (views.has(name)) throw broken(`two tensors are called ${name}`);
      views.set(name, view);
      return;
    }
    if (visited.has(value)) return;
    visited.add(value);
    for (const [key, child] of children(value))
      visit(child, isOfModule(key) ? path : [...path, String(key)], depth + 1);
  };
  if (isRecord(root)) visit(root, [], 0);
  return views;
}

/** torch.nn.Module keeps what it has in these; the names of a state dict leave them out. */
function isOfModule(key: PickleValue): boolean {
  return key === "_parameters" || key === "_buffers" || key === "_modules";
}

function isModule(root: PickleValue): boolean {
  return isRecord(root) && root.kind === "object" && [...children(root)].some(([key]) => key === "_modules");
}

/** The records inside a record, by key, index or attribute. */
function* children(record: PickleRecord): Generator<[string | number, PickleRecord]> {
  if ("items" in record) {
    for (const [i, item] of record.items.entries()) if (isRecord(item)) yield [i, item];
  }
  if ("entries" in record) {
    for (const [key, item] of record.entries)
      if (isRecord(item) && (typeof key === "string" || typeof key === "number")) yield [key, item];
  }
  if (record.kind !== "object" || !isRecord(record.state)) return;
  // A class with __slots__ has the state (attributes, slots).
  const states = record.state.kind === "list" ? record.state.items : [record.state];
  for (const state of states) if (isRecord(state) && state.kind === "dict") yield* children(state);
}

type Broken = (why: string) => InputError;

const storageTypes: Readonly<Record<string, FloatType | undefined>> = {
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  FloatStorage: "float32",
  DoubleStorage: "float64",
};

/** The tensor that a recorded call would make; undefined if it is another call. https://github.com/pytorch/pytorch/blob/v2.13.0/torch/_utils.py */
function viewOf(call: PickleObject, broken: Broken): View | undefined {
  // A parameter wraps a tensor, and one with Python attributes wraps that once more.
  for (let wraps = 0; wraps < 4; wraps++) {
    const name = globalName(call.callable);
    const [first, , third] = call.arguments;
    if (name === "torch._utils._rebuild_tensor" || name === "torch._utils._rebuild_tensor_v2")
      return strided(call.arguments, broken);
    if (name.startsWith("torch._utils._rebuild_parameter")) {
      // (data, requires_grad, hooks[, state])
      if (!isRecord(first) || first.kind !== "object") return undefined;
      call = first;
    } else if (name === "torch._tensor._rebuild_from_type_v2") {
      // (function, class, arguments of the function, state)
      if (!isRecord(third) || third.kind !== "list") return undefined;
      call = { ...call, callable: first, arguments: third.items };
    } else return undefined;
  }
  return undefined;
}

function globalName(value: PickleValue): string {
  return isRecord(value) && value.kind === "global" ? value.name : "";
}

/** torch's own limit on the number of dimensions. */
const maximumRank = 64;

/** _rebuild_tensor_v2(storage, offset, size, stride, ...), counted in elements. */
function strided([storage, offset, size, stride]: readonly PickleValue[], broken: Broken): View {
  const wrong = () => broken("it describes a tensor wrongly");
  const shape = naturals(size);
  const steps = naturals(stride);
  const [from] = naturals({ kind: "list", items: [offset] }) ?? [];
  if (!shape || !steps || from === undefined || shape.length !== steps.length) throw wrong();
  if (shape.length > maximumRank || !Number.isSafeInteger(elements(shape))) throw wrong();
  const id = isRecord(storage) && storage.kind === "persistent" ? storage.id : null;
  if (!isRecord(id) || id.kind !== "list") throw wrong();
  // ("storage", class, key, device, number of elements)
  const [, storageClass, key] = id.items;
  if (typeof key !== "string") throw wrong();
  const type = storageTypes[globalName(storageClass).split(".").at(-1)!];
  const view = { key, type, offset: from, shape, stride: steps };
  if (!Number.isSafeInteger(lastElement(view))) throw wrong();
  return view;
}

/** A tuple of whole numbers of 0 or more; undefined if it is anything else. */
function naturals(value: PickleValue | undefined): number[] | undefined {
  if (!isRecord(value) || value.kind !== "list" || value.items.length > maximumRank) return undefined;
  const isNatural = (item: PickleValue): item is number =>
    Number.isSafeInteger(item) && (item as number) >= 0;
  return value.items.every(isNatural) ? value.items : undefined;
}
