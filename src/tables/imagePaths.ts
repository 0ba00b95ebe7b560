import { InputError } from "../errors.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import type { ClassSummary } from "../labels/summary.ts";

/** What Keras's image_dataset_from_directory and torchvision's ImageFolder take for images, together. */
const extensions = new Set(["jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp", "gif"]);

/** Whether a file's name (without its folder) is that of an image; hidden files are none. */
export const isImage = (name: string): boolean =>
  !name.startsWith(".") && extensions.has(name.slice(name.lastIndexOf(".") + 1).toLowerCase());

export const noFolders = (folder: string) =>
  new InputError(`${folder} has no folders: images are expected in a folder for each class`);

export const noImages = (folder: string, folders: number) =>
  new InputError(`no images in the ${folders} folders of ${folder}; allowed: ${[...extensions].join(", ")}`);

/**
 * The classes of a folder of images by the paths of its files, with `/` between: the first folder of each is its class.
 *
 * @param folder what messages call it
 */
export function fromImagePaths(folder: string, paths: readonly string[]): ClassSummary {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const [name, ...rest] = path.split("/");
    if (rest.length === 0 || name.startsWith(".")) continue;
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
