import { statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, normalize, sep } from "node:path";
import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";
import { openByteSource } from "../files/openByteSource.ts";
import { filesBelow } from "./filesBelow.ts";
import { isOtherCopy, mainFile } from "./folderFiles.ts";
import type { ModelFile, ModelSource } from "./model.ts";
import { openModel } from "./openModel.ts";
import { wholeFolder } from "./wholeFolder.ts";

/** A model opened from disk; `close` closes its files. */
export interface ModelOnDisk extends ModelFile {
  /** The folder that the names of `files` are relative to. */
  readonly folder: string;
  /** What was opened: the main file, or the folder itself if a folder was given. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Further files in the folder that hold the weights as well; they are neither changed nor copied. */
  readonly otherCopies: readonly string[];
  close(): void;
}

/** Opens a model file of any supported format, or a model's folder. Throws an InputError, one line, if it can't be read. */
export async function openModelFile(path: string): Promise<ModelOnDisk> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const folder = isFolder ? path : dirname(path);
  const main = isFolder ? mainFile(path, filesBelow(path)) : basename(path);
  const open = new Map<string, { source: ByteSource; close(): void }>();
  const close = () => {
    for (const file of open.values()) file.close();
    open.clear();
  };
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
      name: main,
      main: at(join(folder, main), main),
      beside: (name) => at(join(folder, safeName(name)), name),
    };
    const opened = await openModel(source);
    if (!isFolder) return { ...opened, folder, path, isFolder, otherCopies: [], close };
    const names = filesBelow(folder);
    const otherCopies = names.filter((name) => isOtherCopy(name, opened.files));
    const whole = wholeFolder(opened, names, (name) => at(join(folder, name), name));
    return { ...whole, folder, path, isFolder, otherCopies, close };
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
