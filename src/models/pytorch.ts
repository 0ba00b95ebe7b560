import { z } from "zod";
import { InputError } from "../errors.ts";
import { type ByteSource, json, text } from "../files/byteSource.ts";
import type { Patch } from "../files/patch.ts";
import { firstEntry, readZip, type ZipFile } from "../files/zip.ts";
import { isExportedProgram, openExportedProgram } from "./exportedProgram.ts";
import type { Format, ModelFile, ModelOutput, ModelSource, StoredTensor } from "./model.ts";
import { pickleAdvice } from "./otherFormats.ts";
import { readPickle } from "./pickle.ts";
import { isModule, namedViews } from "./pickledTensors.ts";
import type { PickleValue } from "./pickleMachine.ts";
import { refuseShard } from "./refuseShard.ts";
import { outputsOfStateDict } from "./stateDict.ts";
import { lastElement, stridedTensor } from "./stridedTensor.ts";
import { elements } from "./tensorAt.ts";
import { splitName } from "./tensorNames.ts";

/**
 * PyTorch's zip format (torch.save since 1.6, and TorchScript): NAME/data.pkl, a pickle in which tensors refer to
 * storages, and NAME/data/KEY, a storage's bytes. The pickle is read as data: see pickle.ts.
 * https://github.com/pytorch/pytorch/blob/v2.13.0/torch/serialization.py
 */
export const pytorch: Format = {
  name: "PyTorch (.pt, .pth, .pt2)",
  matches(start, { name }) {
    const named = /\.(pt|pt2|pth|ckpt|bin|pkl)$/.test(name);
    const first = firstEntry(start);
    if (first !== undefined)
      return named || /^[^/]+\/(data\.pkl|data\/|\.format_version|version|archive_format)/.test(first);
    return start[0] === 0x80 && start[1] >= 1 && start[1] <= 5;
  },
  async open(source: ModelSource): Promise<ModelFile> {
    refuseShard(source.name);
    if (source.main.read(0, 1)[0] === 0x80) throw notZip(source);
    const zip = readZip(source.main, source.name);
    if (isExportedProgram(zip)) return openExportedProgram(zip, source.name);
    const archive = await openArchive(zip, source.name);
    const { tensors, shapes, shared } = await readTensors(archive, source.name);
    if (archive.isScript && tensors.size === 0 && zip.entries.has(archive.constants)) {
      throw new InputError(
        `${source.name}: a frozen TorchScript program, whose weights have become constants of its code; set the bias before torch.jit.freeze`,
      );
    }
    const found = outputsOfStateDict(tensors, shapes);
    const refuseShared = (output: ModelOutput) => withoutShared(output, shared);
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

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** A sharded state dict of transformers: an index that says which file of torch.save holds a tensor. */
export const shardedPytorch: Format = {
  name: "PyTorch, sharded (.bin.index.json)",
  matches: (_, { name }) => /\.(bin|pt|pth)\.index\.json$/.test(name),
  async open(source: ModelSource): Promise<ModelFile> {
    const parsed = indexSchema.safeParse(json(source.main, 0, source.main.size, "the index"));
    if (!parsed.success)
      throw new InputError(`${source.name}: broken: the index has no weight_map {tensor: file}`);
    const names = [...new Set(Object.values(parsed.data.weight_map))].sort();
    const shards = new Map<string, ZipFile>();
    const tensors = new Map<string, StoredTensor>();
    const shapes = new Map<string, readonly number[]>();
    for (const name of names) {
      const zip = readZip(source.beside(name), name);
      shards.set(name, zip);
      const contents = await readTensors(await openArchive(zip, name), name);
      for (const [tensor, shape] of contents.shapes) shapes.set(tensor, shape);
      for (const [key, tensor] of contents.tensors) tensors.set(key, withinShard(tensor, name));
    }
    return {
      format: `PyTorch, ${names.length} shards`,
      tensors,
      files: [source.name, ...names],
      finish: (patches) => finishShards(patches, shards),
      ...outputsOfStateDict(tensors, shapes),
    };
  },
};

/** Patches of a shard's tensor name the shard before the zip entry, until `finishShards`. */
const withinShard = (tensor: StoredTensor, shard: string): StoredTensor => ({
  ...tensor,
  patch: (values) => tensor.patch(values).map((patch) => ({ ...patch, file: `${shard}\n${patch.file}` })),
});

async function finishShards(
  patches: readonly Patch[],
  shards: ReadonlyMap<string, ZipFile>,
): Promise<Patch[]> {
  const finished: Patch[] = [];
  for (const [name, zip] of shards) {
    const own = patches.filter(({ file }) => file.startsWith(`${name}\n`));
    const entries = own.map((patch) => ({ ...patch, file: patch.file.slice(name.length + 1) }));
    if (entries.length > 0) finished.push(...(await zip.finish(entries)));
  }
  return finished;
}

/** torch.save's magic number before 1.6, 0x1950a86a20f9469cfc6c as a pickle of its own. */
function isLegacy(start: Uint8Array): boolean {
  const magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  return magic.every((byte, i) => start[i] === byte);
}

/** Bytes of a pickle that are searched for the modules it names. */
const maxPickleStart = 2 ** 16;

function notZip({ name, main }: ModelSource): InputError {
  const legacy = isLegacy(main.read(0, Math.min(14, main.size)));
  return new InputError(
    legacy
      ? `${name}: the format that PyTorch used before version 1.6; if you trust the file, write it again: torch.save(torch.load(${JSON.stringify(name)}), "new.pt")`
      : `${name}: ${pickleAdvice(main.read(0, Math.min(maxPickleStart, main.size)))}`,
  );
}

interface Archive {
  readonly format: string;
  readonly root: PickleValue;
  readonly isScript: boolean;
  /** The entry of the first tensor that is a constant of TorchScript's code. */
  readonly constants: string;
  readonly bigEndian: boolean;
  /** The name of the entry that holds a storage. */
  entryOf(key: string): string;
  openStorage(key: string): Promise<ByteSource>;
}

/** In bytes. A larger pickle holds data that should be tensors. */
const maxPickle = 2 ** 28;

async function openArchive(zip: ZipFile, file: string): Promise<Archive> {
  const pickles = [...zip.entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new InputError(`${file}: a zip file, but not PyTorch's: it has ${pickles.length || "no"} data.pkl`);
  }
  const folder = pickles[0].slice(0, -"data.pkl".length);
  const broken = (why: string) => new InputError(`${file}: broken PyTorch file: data.pkl: ${why}`);
  const pickle = await zip.open(pickles[0]);
  if (pickle.size > maxPickle) throw broken(`it has ${pickle.size} bytes; at most ${maxPickle} are read`);
  const root = readPickle(pickle.read(0, pickle.size), broken);
  const order = zip.entries.has(`${folder}byteorder`) ? await zip.open(`${folder}byteorder`) : undefined;
  const isScript = zip.entries.has(`${folder}constants.pkl`);
  const entryOf = (key: string) => `${folder}data/${key}`;
  return {
    format: `PyTorch, ${isScript ? "TorchScript" : isModule(root) ? "whole module" : "state dict or checkpoint"} (zip format)`,
    root,
    isScript,
    constants: `${folder}constants/0`,
    bigEndian: order !== undefined && text(order, 0, order.size) === "big",
    entryOf,
    async openStorage(key) {
      const entry = zip.entries.get(entryOf(key));
      if (!entry) throw broken(`the file has no storage ${key}`);
      if (entry.method !== 0) {
        throw new InputError(
          `${file}: ${entry.name} is compressed; write the file again with torch.save, which stores tensors uncompressed`,
        );
      }
      return zip.open(entry.name);
    },
  };
}

async function readTensors(archive: Archive, file: string) {
  const tensors = new Map<string, StoredTensor>();
  const shapes = new Map<string, readonly number[]>();
  const ranges: ElementRange[] = [];
  for (const [name, view] of namedViews(archive.root, file)) {
    shapes.set(name, view.shape);
    if (!view.type) continue;
    const storage = await archive.openStorage(view.key);
    tensors.set(
      name,
      stridedTensor(name, view, view.type, {
        storage,
        entry: archive.entryOf(view.key),
        bigEndian: archive.bigEndian,
      }),
    );
    if (elements(view.shape) > 0)
      ranges.push({ name, key: view.key, from: view.offset, to: lastElement(view) });
  }
  return { tensors, shapes, shared: sharedNames(ranges) };
}

/** The elements of a storage, named by `key`, that a tensor's first and last elements enclose. */
interface ElementRange {
  readonly name: string;
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** For each tensor whose elements lie among those of another one: that one's name. */
function sharedNames(ranges: readonly ElementRange[]): Map<string, string> {
  const shared = new Map<string, string>();
  const sorted = [...ranges].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.from - b.from));
  let widest = sorted[0];
  for (const range of sorted.slice(1)) {
    if (range.key === widest.key && range.from <= widest.to) {
      if (isSameParameter(range, widest)) continue;
      shared.set(range.name, widest.name);
      if (!shared.has(widest.name)) shared.set(widest.name, range.name);
      if (range.to > widest.to) widest = range;
    } else widest = range;
  }
  return shared;
}

/** A bias that the model's code also has in a layer below, as transformers' masked language models do: both are one. */
function isSameParameter(a: ElementRange, b: ElementRange): boolean {
  const [first, second] = [splitName(a.name), splitName(b.name)];
  const isBelow = first.layer.startsWith(`${second.layer}.`) || second.layer.startsWith(`${first.layer}.`);
  return a.from === b.from && a.to === b.to && first.part === "bias" && second.part === "bias" && isBelow;
}

function withoutShared(output: ModelOutput, shared: ReadonlyMap<string, string>): ModelOutput {
  const other = output.bias && shared.get(output.bias.name);
  if (!output.bias || other === undefined) return output;
  const { name } = output.bias;
  return {
    ...output,
    bias: undefined,
    reason: `its bias ${name} shares its memory with ${other}; to set both, use --tensor ${name}`,
  };
}
