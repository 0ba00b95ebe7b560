import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fromCounts } from "../labels/fromCounts.ts";
import type { ClassSummary } from "../labels/summary.ts";
import { isImage, noFolders, noImages } from "./imagePaths.ts";

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
 * The images of a folder that has a folder a class: classes named and sorted as Keras and torchvision do, images in
 * folders below listed too, hidden files and files of other kinds left out. No image is opened.
 */
export async function listImages(path: string): Promise<ListedImages> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .sort();
  if (names.length === 0) throw noFolders(path);
  const files = await Promise.all(names.map((name) => imagesBelow(join(path, name))));
  if (files.every(({ length }) => length === 0)) throw noImages(path, names.length);
  return { names, files };
}

async function imagesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter(({ name }) => isImage(name))
    .map(({ name, parentPath }) => join(parentPath, name))
    .sort();
}
