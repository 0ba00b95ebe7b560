import { InputError } from "../errors.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import type { ClassSummary } from "../labels/summary.ts";

/** What Keras's image_dataset_from_directory and torchvision's ImageFolder take for images, together. */
const extensions = new Set(["jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp", "gif"]);

/** Whether a file's name (without its folder) is that of an image; hidden files are none. */
export const isImage = (name: string): boolean =>
  !name.startsWith(".") && extensions.has(name.slice(name.lastIndexOf(".") + 1).toLowerCase());

/** Hidden files and folders, and the folder that macOS adds to zip archives. */
export const isHidden = (name: string): boolean => name.startsWith(".") || name === "__MACOSX";

/** Whether a folder is called like a part of a dataset, such as `train`. */
export const isPart = (name: string): boolean =>
  /^(train|training|test|testing|val|valid|validation|dev|eval)$/i.test(name);

/** The refusal of a folder whose folders are the parts of a dataset, each with a folder per class, and not classes. */
export function holdsParts(folder: string, parts: readonly string[]): InputError {
  const training = parts.find((part) => /^train/i.test(part)) ?? parts[0];
  return new InputError(
    `${folder} holds ${parts.join(", ")}, which look like the parts of a dataset and not like classes: give one of them, such as ${folder}/${training}`,
  );
}

export const noFolders = (folder: string) =>
  new InputError(`${folder} has no folders: images are expected in one folder per class`);

export const noImages = (folder: string, folders: number) =>
  new InputError(`no images in the ${folders} folders of ${folder}; allowed: ${[...extensions].join(", ")}`);

/**
 * The classes of a folder of images by the paths of its files, with `/` between: the first folder of each is its class.
 *
 * @param folder what messages call it
 */
export function fromImagePaths(folder: string, paths: readonly string[]): ClassSummary {
  const counts = new Map<string, number>();
  const visible = paths.map((path) => path.split("/")).filter((names) => !names.some(isHidden));
  const parts = new Set(
    visible.filter(([name, ...rest]) => isPart(name) && rest.length > 1).map(([name]) => name),
  );
  if (parts.size > 0) throw holdsParts(folder, [...parts].sort());
  for (const [name, ...rest] of visible) {
    if (rest.length === 0) continue;
    counts.set(name, (counts.get(name) ?? 0) + Number(isImage(rest.at(-1)!)));
  }
  const names = [...counts.keys()].sort();
  if (names.length === 0) throw noFolders(folder);
  if (![...counts.values()].some((count) => count > 0)) throw noImages(folder, names.length);
  return fromCounts(
    names.map((name) => counts.get(name)!),
    { names },
  );
}
