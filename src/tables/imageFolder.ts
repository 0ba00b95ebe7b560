import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fromCounts } from "../labels/fromCounts.ts";
import type { ClassSummary } from "../labels/summary.ts";
import { holdsParts, isHidden, isImage, isPart, noFolders, noImages } from "./imagePaths.ts";

/** The classes of a folder of images: see `listImages`. */
export async function readImageFolder(path: string): Promise<ClassSummary> {
  const { names, files } = await listImages(path);
  return fromCounts(
    files.map(({ length }) => length),
    { names },
  );
}

/** Classes and the paths of each one's images. */
export interface ListedImages {
  readonly names: readonly string[];
  readonly files: readonly (readonly string[])[];
}

/**
 * The images of a folder that has one folder per class: classes named and sorted as Keras and torchvision do, images in
 * folders below listed too, hidden files and folders and files of other kinds left out. No image is opened.
 *
 * @throws InputError where the folders are not those of classes, or hold no images
 */
export async function listImages(path: string): Promise<ListedImages> {
  const names = await foldersIn(path);
  if (names.length === 0) throw noFolders(path);
  await refuseParts(path, names);
  const files = await Promise.all(names.map((name) => imagesBelow(join(path, name))));
  if (files.every(({ length }) => length === 0)) throw noImages(path, names.length);
  return { names, files };
}

/** Names of the folders in a folder, sorted, without hidden ones and those that macOS adds to zip archives. */
async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !isHidden(entry.name))
    .map(({ name }) => name)
    .sort();
}

async function refuseParts(path: string, names: readonly string[]): Promise<void> {
  const parts = names.filter(isPart);
  const below = await Promise.all(parts.map((name) => foldersIn(join(path, name))));
  if (below.some((folders) => folders.length > 0)) throw holdsParts(path, parts);
}

async function imagesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter(({ name }) => isImage(name))
    .map(({ name, parentPath }) => join(parentPath, name))
    .filter((file) => !relative(path, file).split(sep).some(isHidden))
    .sort();
}
