import { InputError } from "../errors.ts";
import { listImages } from "../tables/imageFolder.ts";
import { plainSource, type RowSource, sharedArray } from "./rowSource.ts";

export interface ImageRowsOptions {
  /** Height and width that images are stretched to; without it all must have the size of the first. */
  readonly resize?: readonly [height: number, width: number];
  /** What bytes are multiplied by where the network takes floats; default 1 / 255. */
  readonly scale?: number;
  /** 1 for grey images, 3 for colour. */
  readonly channels: 1 | 3;
  /** Names of the classes, in the order of the outputs; those of the folders, sorted, unless given. */
  readonly names?: readonly string[];
  readonly onProgress?: (done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * The images of a folder that has a folder for each class, as bytes (height, width, channels).
 *
 * @throws InputError on files that are no images, images of different sizes without `resize`, and unknown classes
 */
export async function readImageRows(path: string, options: ImageRowsOptions): Promise<RowSource> {
  const { resize, scale = 1 / 255, channels, onProgress, signal } = options;
  const listed = await listImages(path);
  const names = options.names ?? listed.names;
  const images = listed.files.flatMap((files, k) => {
    const label = names.indexOf(listed.names[k]);
    if (label < 0) {
      throw new InputError(
        `${path} has the folder ${listed.names[k]}, which is not a class; known: ${names.join(", ")}`,
      );
    }
    return files.map((file) => ({ file, label }));
  });
  const { default: sharp } = await import("sharp");
  const decode = async (file: string) => {
    const image = sharp(file)
      .removeAlpha()
      .toColourspace(channels === 1 ? "b-w" : "srgb");
    if (resize) image.resize(resize[1], resize[0], { fit: "fill" });
    return image
      .raw()
      .toBuffer({ resolveWithObject: true })
      .catch((error: Error) => {
        throw new InputError(`cannot read ${file}: ${error.message.split("\n")[0]}`);
      });
  };
  const { info } = await decode(images[0].file);
  const shape = [info.height, info.width, channels];
  const size = info.height * info.width * channels;
  const data = sharedArray("uint8", images.length * size);
  for (const [i, { file }] of images.entries()) {
    signal?.throwIfAborted();
    const image = await decode(file);
    if (image.data.length !== size || image.info.width !== info.width) {
      throw new InputError(
        `${file} is ${image.info.height} x ${image.info.width} (height x width), and ${images[0].file} is ${info.height} x ${info.width}; give --resize ${info.height},${info.width} to stretch all to one size`,
      );
    }
    data.set(image.data, i * size);
    onProgress?.(i + 1, images.length);
  }
  const classes = { labels: images.map(({ label }) => label), names };
  const notes = resize ? [`Images were stretched to ${resize[0]} x ${resize[1]} pixels.`] : [];
  return plainSource(
    { count: images.length, unit: "image", classes },
    [{ name: "images", shape, data, imageScale: scale }],
    notes,
  );
}
