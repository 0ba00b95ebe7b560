import type { CheckData } from "../check/checkData.ts";
import { evenlySpacedRows } from "../check/evenlySpacedRows.ts";
import { type InputRows, onlyInput, takesFloats } from "../check/modelOutputs.ts";
import { InputError } from "../errors.ts";
import { elementCount } from "../graph/tensor.ts";
import { fromCounts } from "../labels/fromCounts.ts";
import type { ValueInfo } from "../runtime/runtime.ts";
import { listImages } from "../tables/imageFolder.ts";
import type { CheckDataFlags } from "./checkDataFlags.ts";

/**
 * Images of a folder that has a folder a class, labelled by it. Where there are too many, every so-many-th of the sorted
 * list is taken, which keeps the classes' shares to within one image.
 */
export async function openImageFolder(
  path: string,
  { rows: maxRows, imageScale: scale, resize = false }: CheckDataFlags,
  signal: AbortSignal,
): Promise<CheckData> {
  const { names, files } = await listImages(path);
  const all = files.flatMap((images, label) => images.map((file) => ({ file, label })));
  const picked = evenlySpacedRows(all.length, maxRows);
  const images = picked.map((row) => all[row]);
  return {
    picked,
    available: all.length,
    labelled: {
      labels: images.map(({ label }) => label),
      training: fromCounts(
        files.map(({ length }) => length),
        { names },
      ),
    },
    inputs(wanted) {
      const input = onlyInput(wanted);
      const layout = imageLayout(input);
      if (scale !== undefined && !takesFloats(input)) {
        throw new InputError(
          `--image-scale is for models that take floats; ${input.name} takes ${input.dtype}`,
        );
      }
      const factor = takesFloats(input) ? scale : 1;
      const rows: InputRows = {
        rows: picked.length,
        shape: layout.shape,
        async read(start, end) {
          const size = elementCount(layout.shape);
          const values = new Float32Array((end - start) * size);
          for (let row = start; row < end; row++) {
            signal.throwIfAborted();
            const bytes = await decode(images[row].file, layout, resize);
            for (let i = 0; i < size; i++) {
              const byte = bytes[layout.channelsFirst ? channelsLast(i, layout) : i];
              values[(row - start) * size + i] = factor === undefined ? byte / 255 : byte * factor;
            }
          }
          return values;
        },
      };
      return { [input.name]: rows };
    },
    madeAs(wanted) {
      const factor = scale === undefined ? " / 255" : ` x ${scale}`;
      return `images as bytes${takesFloats(onlyInput(wanted)) ? factor : ""}${resize ? ", stretched" : ""}`;
    },
    close() {},
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
