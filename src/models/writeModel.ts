import { existsSync } from "node:fs";
import {
  constants,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  realpath,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../errors.ts";
import { copyPatched } from "../files/copyPatched.ts";
import { makeFolder } from "../files/makeFolder.ts";
import { fileError } from "../files/openByteSource.ts";
import type { Patch } from "../files/patch.ts";
import type { BiasEdit } from "./editBias.ts";
import { type ModelOnDisk, openModelFile } from "./openModelFile.ts";
import { nameParts, patchesByFile } from "./patchesByFile.ts";
import { verifyEdit } from "./verifyEdit.ts";

/** Where to write a changed model: to another path, or in place of the old one, which is then kept beside it. */
export interface WriteOptions {
  readonly out?: string;
  readonly inPlace?: boolean;
  /** Stops the writing; nothing is left behind. */
  readonly signal?: AbortSignal;
}

export interface WrittenModel {
  /** The main file, or the folder of a model that was opened as a folder. */
  readonly path: string;
  /** All files that were written. */
  readonly files: readonly string[];
  /** With `inPlace`: where the old files are now. */
  readonly kept: readonly string[];
}

/**
 * Writes the model with the edit's patches: copies its files to a hidden folder beside the destination, patches the copies,
 * opens and verifies them, and only then renames them into place. Files that don't change are copied too, unless they
 * are in the destination's folder already. Memory does not grow with the size of the files.
 * @throws InputError if the destination exists, or the result does not read back; nothing is left behind then
 */
export async function writeModel(
  model: ModelOnDisk,
  edit: BiasEdit,
  to: WriteOptions,
): Promise<WrittenModel> {
  const { signal } = to;
  const patches = patchesByFile(model, edit.patches);
  const out = await writePlace(model, [...patches.keys()], to);
  const { made, stage } = await makeStage(out.folder);
  try {
    const copies = await list(model, out, patches, to.inPlace ?? false);
    for (const copy of copies) {
      signal?.throwIfAborted();
      await fill(join(stage, copy.name), copy);
    }
    await verify(model, model.isFolder ? stage : join(stage, out.main), edit);
    signal?.throwIfAborted();
    const moved = copies.filter(({ stays }) => !stays).map(({ name }) => name);
    const path = model.isFolder ? out.folder : join(out.folder, out.main);
    return { path, ...(await moveOut(stage, out.folder, moved, to.inPlace ?? false)) };
  } catch (error) {
    if (made) await rm(made, { recursive: true });
    throw error;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** The hidden folder beside the destination, and the uppermost folder that had to be made for it. */
async function makeStage(folder: string): Promise<{ made?: string; stage: string }> {
  try {
    const made = await makeFolder(folder);
    return { made, stage: await mkdtemp(join(folder, ".baserate-")) };
  } catch (error) {
    throw new InputError(`cannot write to ${folder}: ${fileError(error)}`, { cause: error });
  }
}

/** One file of the model to be copied to the destination's folder. */
interface Copy {
  readonly from: string;
  /** Relative to the destination's folder. */
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Whether it is neither changed nor moved. */
  readonly stays: boolean;
}

async function list(
  model: ModelOnDisk,
  out: WritePlace,
  patches: ReadonlyMap<string, readonly Patch[]>,
  inPlace: boolean,
): Promise<Copy[]> {
  const { folder } = model;
  const beside = (await realpath(out.folder)) === (await realpath(folder));
  const copies = model.files.map((file, i) => ({
    from: join(folder, file),
    name: i === 0 ? out.main : file,
    patches: patches.get(file) ?? [],
    stays: beside && !patches.has(file) && (inPlace || i > 0),
  }));
  const there = copies.find(({ name, stays }) => !inPlace && !stays && existsSync(join(out.folder, name)));
  if (there) {
    throw new InputError(
      `${join(out.folder, there.name)} already exists; remove it, or choose another path with --out`,
    );
  }
  return copies;
}

/** The folder to write to, and the main file's name in it. */
interface WritePlace {
  readonly folder: string;
  readonly main: string;
}

/**
 * Where to write: by default `model.baserate.keras`, `model.baserate/index.json` if other files than the main one
 * change too, or the folder `model.baserate` for a folder.
 */
async function writePlace(
  model: ModelOnDisk,
  changed: readonly string[],
  to: WriteOptions,
): Promise<WritePlace> {
  const { folder, isFolder } = model;
  const [main] = model.files;
  if (to.inPlace) {
    for (const name of changed) {
      const path = join(folder, name);
      if ((await lstat(path)).isSymbolicLink()) {
        throw new InputError(
          `${path} is a symbolic link to ${await realpath(path)}; change that file, or write a copy with --out`,
        );
      }
    }
    return { folder, main };
  }
  if (isFolder) return { folder: to.out ?? `${resolve(folder)}.baserate`, main };
  if (to.out !== undefined) return { folder: dirname(to.out), main: basename(to.out) };
  const { stem, ending } = nameParts(main);
  const isMainOnly = changed.every((name) => name === main);
  return isMainOnly
    ? { folder, main: `${stem}.baserate${ending}` }
    : { folder: join(folder, `${stem}.baserate`), main };
}

/** A file that stays where it is becomes a link, so that the model in the hidden folder is complete. */
async function fill(to: string, { from, patches, stays }: Copy): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  if (stays) await symlink(await realpath(from), to);
  else await copyPatched(from, to, patches);
}

/** Opens the copy and checks that it holds the new biases and that everything else reads as before. */
async function verify(model: ModelOnDisk, path: string, edit: BiasEdit): Promise<void> {
  const copy = await openModelFile(path);
  try {
    verifyEdit(model, copy, edit, basename(path));
  } finally {
    copy.close();
  }
}

/** Renames the files into place, the main file last: until then the old model is complete. */
async function moveOut(stage: string, folder: string, names: readonly string[], inPlace: boolean) {
  const files: string[] = [];
  const kept: string[] = [];
  for (const name of [...names].reverse()) {
    const path = join(folder, name);
    if (inPlace) kept.push(await keep(path));
    await mkdir(dirname(path), { recursive: true });
    await rename(join(stage, name), path);
    files.push(path);
  }
  return { files: files.reverse(), kept: kept.reverse() };
}

/** Gives the old file a second name, so that there is never a moment without it. */
async function keep(path: string): Promise<string> {
  for (let i = 1; ; i++) {
    const old = i === 1 ? `${path}.old` : `${path}.old${i}`;
    try {
      await link(path, old);
      return old;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") continue;
      // Some file systems have no links.
      await copyFile(path, old, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      return old;
    }
  }
}
