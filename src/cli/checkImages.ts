import type { InputRows } from "../check/modelOutputs.ts";
import { listImages } from "../data/columns/imageFolder.ts";
import { InputError } from "../errors.ts";
import { elementCount } from "../graph/tensor.ts";
import type { ValueInfo } from "../runtime/runtime.ts";
import type { LabelRows } from "./checkInputs.ts";

export interface ImageOptions {
  /** Images to take, at most. */
  readonly rows: number;
  /** What bytes are multiplied by where the model takes floats; 1/255 where left out. */
  readonly imageScale?: number;
  /** Whether images of another size than the model's are stretched to it. */
  readonly resize?: boolean;
}

export interface ImageRows extends LabelRows {
  /** Images of each class in the whole folder. */
  readonly counts: readonly number[];
  /** Decodes the images as the model takes them. */
  read(input: ValueInfo): Promise<InputRows>;
}

/**
 * Images of a folder that has a folder a class, labelled by it. Where there are more than `rows`, every so-many-th of
 * the sorted list is taken, which keeps the classes' shares to within one image.
 */
export async function openImageFolder(
  path: string,
  { rows: most, imageScale: scale, resize = false }: ImageOptions,
  signal: AbortSignal,
): Promise<ImageRows> {
  const { names, files } = await listImages(path);
  const all = files.flatMap((images, label) => images.map((file) => ({ file, label })));
  const rows = Math.min(most, all.length);
  const taken = Array.from({ length: rows }, (_, i) => all[Math.floor((i * all.length) / rows)]);
  return {
    names,
    rows,
    labels: taken.map(({ label }) => label),
    counts: files.map(({ length }) => length),
    async read(input) {
      const layout = imageLayout(input);
      const isFloat = input.dtype.startsWith("float");
      if (!isFloat && scale !== undefined) {
        throw new InputError(
          `--image-scale is for models that take floats; ${input.name} takes ${input.dtype}`,
        );
      }
      const size = elementCount(layout.shape);
      const values = isFloat ? new Float32Array(rows * size) : new Uint8Array(rows * size);
      for (const [row, { file }] of taken.entries()) {
        signal.throwIfAborted();
        const pixels = await decode(file, layout, resize);
        const image = values.subarray(row * size, (row + 1) * size);
        for (let i = 0; i < size; i++) {
          const byte = pixels[layout.channelsFirst ? channelsLast(i, layout) : i];
          image[i] = isFloat ? (scale === undefined ? byte / 255 : byte * scale) : byte;
        }
      }
      const factor = scale === undefined ? " / 255" : ` x ${scale}`;
      const madeAs = `images as bytes${isFloat ? factor : ""}${resize ? ", stretched" : ""}`;
      return { rows, shape: layout.shape, values, madeAs };
    },
  };
}

interface ImageLayout {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly channelsFirst: boolean;
  /** H × W × C or C × H × W. */
  readonly shape: readonly number[];
}

/** How the model takes images: N × H × W × C or N × C × H × W, with 1 channel (grey) or 3. */
function imageLayout({ name, shape }: ValueInfo): ImageLayout {
  const [, a, b, c] = shape;
  const isChannels = (length: number | undefined) => length === 1 || length === 3;
  const channelsFirst = isChannels(a);
  if (
    shape.length !== 4 ||
    a === undefined ||
    b === undefined ||
    c === undefined ||
    channelsFirst === isChannels(c)
  ) {
    const text = shape.map((length) => length ?? "?").join(" x ");
    throw new InputError(
      `the model's input ${name} is ${text}; for a folder of images it must be N x H x W x C or N x C x H x W with a fixed size and 1 or 3 channels: give --data x.npy`,
    );
  }
  const [height, width, channels] = channelsFirst ? [b, c, a] : [a, b, c];
  return { height, width, channels, channelsFirst, shape: [a, b, c] };
}

/** Where element `i` of a C × H × W image stands in the H × W × C image. */
function channelsLast(i: number, { height, width, channels }: ImageLayout): number {
  const area = height * width;
  return (i % area) * channels + Math.floor(i / area);
}

/** An image's bytes, H × W × C: transparency left out, grey and colour turned into what the model takes. */
async function decode(
  file: string,
  { height, width, channels }: ImageLayout,
  resize: boolean,
): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const image = sharp(file)
    .removeAlpha()
    .toColourspace(channels === 1 ? "b-w" : "srgb");
  if (resize) image.resize(width, height, { fit: "fill" });
  const { data, info } = await image
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw new InputError(`cannot read ${file}: ${error.message.split("\n")[0]}`);
    });
  if (info.width !== width || info.height !== height) {
    throw new InputError(
      `${file} is ${info.width} x ${info.height} (width x height), and the model takes ${width} x ${height}; --resize stretches images`,
    );
  }
  if (info.channels !== channels) {
    throw new InputError(`${file} has ${info.channels} channels, and the model takes ${channels}`);
  }
  return data;
}
