import { readdirSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, normalize, sep } from "node:path";
import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";
import { openByteSource } from "../files/openByteSource.ts";
import type { ModelFile, ModelSource } from "./model.ts";
import { openModel } from "./openModel.ts";

/** A model opened from disk; `close` closes its files. */
export interface ModelOnDisk extends ModelFile {
  /** The main file. */
  readonly path: string;
  close(): void;
}

/** Opens a model file of any supported format. Throws an InputError, one line, if it can't be read. */
export async function openModelFile(path: string): Promise<ModelOnDisk> {
  const open = new Map<string, { source: ByteSource; close(): void }>();
  const close = () => {
    for (const file of open.values()) file.close();
    open.clear();
  };
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(`${path}: ${folderReason(path)}`);
  }
  const folder = dirname(path);
  const at = (file: string, name: string): ByteSource => {
    let found = open.get(file);
    if (!found) {
      found = openByteSource(file, name);
      open.set(file, found);
    }
    return found.source;
  };
  try {
    const source: ModelSource = {
      name: basename(path),
      main: at(path, basename(path)),
      beside: (name) => at(join(folder, safeName(name)), name),
    };
    return { ...(await openModel(source)), path, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The name as a path below the model's folder. Throws an InputError if it would lead out of it. */
export function safeName(name: string): string {
  const path = normalize(name);
  if (name === "" || name.includes("\0") || isAbsolute(path) || path.split(sep).includes("..")) {
    throw new InputError(
      `the model refers to a file outside its own folder: ${JSON.stringify(name)}; only files in that folder are read`,
    );
  }
  return path;
}

/** Folders that frameworks save models as: a file that identifies them, and what to do. */
const modelFolders: readonly [mark: RegExp, advice: string][] = [
  [
    /^(_CHECKPOINT_METADATA|_METADATA|manifest\.ocdbt)$/,
    "an Orbax checkpoint, which baserate doesn't read; restore it and write one file, params.msgpack, of flax.serialization.to_bytes(params), or paste the lines of baserate solve --for flax",
  ],
  [
    /\.distcp$/,
    "a distributed checkpoint of PyTorch; make one file of it: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER model.pt",
  ],
  [
    /^saved_model\.pb$/,
    "a SavedModel of TensorFlow; save it from Keras as model.keras, or convert it to TensorFlow.js or ONNX",
  ],
];
const modelNames =
  /\.(keras|h5|onnx|safetensors|safetensors\.index\.json|npz|msgpack|pt|pth|ckpt)$|^(pytorch_model\.bin|model\.json)$/;

/** Why a folder is not opened, and what to do. */
function folderReason(path: string): string {
  const names = readdirSync(path).sort();
  const advice = modelFolders.find(([mark]) => names.some((name) => mark.test(name)))?.[1];
  if (advice !== undefined) return advice;
  const models = names.filter((name) => modelNames.test(name)).slice(0, 5);
  return models.length === 0
    ? "a folder; name the model's file"
    : `a folder; name a file in it: ${models.join(", ")}`;
}
