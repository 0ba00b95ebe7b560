import { statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, normalize, sep } from "node:path";
import { InputError } from "../errors.ts";
import { type ByteSource, json } from "../files/byteSource.ts";
import { openByteSource } from "../files/openByteSource.ts";
import { parseFolderConfig, withConfig } from "./folderConfig.ts";
import type { ModelFile, ModelSource } from "./model.ts";
import { filesBelow, isOtherCopy, mainFile } from "./modelFolder.ts";
import { openModel } from "./openModel.ts";

/** A model opened from disk; `close` closes its files. */
export interface ModelOnDisk extends ModelFile {
  /** The folder that the names of `files` are relative to. */
  readonly folder: string;
  /** What was opened: the main file, or the folder itself if a folder was given. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Files in the folder that hold the weights once more, which are neither changed nor copied. */
  readonly otherCopies: readonly string[];
  close(): void;
}

/** Opens a model file of any supported format, or a model's folder. Throws an InputError, one line, if it can't be read. */
export async function openModelFile(path: string): Promise<ModelOnDisk> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const folder = isFolder ? path : dirname(path);
  const main = isFolder ? mainFile(path) : basename(path);
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
    const otherCopies = filesBelow(folder).filter((name) => isOtherCopy(name, opened.files));
    return { ...wholeFolder(opened, folder, at), folder, path, isFolder, otherCopies, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The model with its folder's config, and all other files of the folder, which a copy needs too. */
function wholeFolder(
  model: ModelFile,
  folder: string,
  at: (file: string, name: string) => ByteSource,
): ModelFile {
  const names = filesBelow(folder);
  const others = names.filter((name) => !model.files.includes(name) && !isOtherCopy(name, model.files));
  const whole = { ...model, files: [...model.files, ...others] };
  if (!names.includes("config.json")) return whole;
  const config = at(join(folder, "config.json"), "config.json");
  const parsed = parseFolderConfig(json(config, 0, config.size, "config.json"));
  return parsed ? withConfig(whole, parsed) : whole;
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
