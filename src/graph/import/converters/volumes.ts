import { fastConv } from "../../fastConv.ts";
import { fastMaxPool } from "../../fastMaxPool.ts";
import type { Graph } from "../../graph.ts";
import type { Value } from "../../op.ts";
import type { NodeContext } from "../nodeContext.ts";

/** Windows over three axes: depth, height and width. */
export interface VolumeWindows {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Before depth, height and width, then behind them. */
  readonly pads: readonly number[];
}

/** The slices of a volume (N, C, D, H, W) as images, (N x D, C, H, W). */
function asImages(graph: Graph, x: Value): Value {
  const [n, channels, depth, height, width] = x.shape;
  return graph.reshape(graph.transpose(x, [0, 2, 1, 3, 4]), [n * depth, channels, height, width]);
}

/** Undoes `asImages`. */
function asVolume(graph: Graph, y: Value, n: number): Value {
  const [images, channels, height, width] = y.shape;
  return graph.transpose(graph.reshape(y, [n, images / n, channels, height, width]), [0, 2, 1, 3, 4]);
}

const ofImages = ({ strides, dilations, pads }: VolumeWindows) => ({
  strides: [strides[1], strides[2]] as const,
  dilations: [dilations[1], dilations[2]] as const,
  pads: [pads[1], pads[2], pads[4], pads[5]] as const,
});

/**
 * A convolution over three axes: the sum, over the depth of the kernel, of convolutions over two, in which the slices of
 * the volume are images.
 *
 * @param kernel (K, C / groups, d, h, w)
 */
export function volumeConv(c: NodeContext, kernel: Value, windows: VolumeWindows, groups: number): Value {
  const { graph, x, inputs } = c;
  const [stride, dilation] = [windows.strides[0], windows.dilations[0]];
  const taps = kernel.shape[2];
  const [before, behind] = [windows.pads[0], windows.pads[3]];
  const padded = graph.pad(x, [0, 0, before, 0, 0], [0, 0, behind, 0, 0]);
  const room = padded.shape[2] - dilation * (taps - 1) - 1;
  if (room < 0) throw c.refuse(`a kernel of depth ${taps} on a depth of ${padded.shape[2]}`);
  const length = Math.floor(room / stride) * stride + 1;
  const terms = Array.from({ length: taps }, (_, tap) => {
    const start = tap * dilation;
    const slices = graph.slice(padded, [{ axis: 2, start, end: start + length, step: stride }]);
    const ofTap = graph.slice(kernel, [{ axis: 2, start: tap, end: tap + 1 }]);
    const flat = graph.reshape(ofTap, kernel.shape.toSpliced(2, 1));
    return fastConv(graph, [asImages(graph, slices), flat], { ...ofImages(windows), groups });
  });
  const sum = terms.length === 1 ? terms[0] : graph.op("Sum", terms);
  const bias = inputs[2] && graph.reshape(inputs[2], [inputs[2].shape[0], 1, 1]);
  return asVolume(graph, bias ? graph.add(sum, bias) : sum, x.shape[0]);
}

/**
 * A maximum over three axes: over height and width in each slice, then over the depth.
 *
 * @param pad puts so many rows and columns of the lowest number around images
 */
export function volumeMaxPool(
  { graph, x }: NodeContext,
  kernel: readonly number[],
  windows: VolumeWindows,
  pad: (x: Value, pads: readonly number[]) => Value,
): Value {
  const { strides, pads } = ofImages(windows);
  const images = pad(asImages(graph, x), pads);
  const pooled = fastMaxPool(graph, images, { kernel: [kernel[1], kernel[2]], strides });
  const volume = asVolume(graph, pooled, x.shape[0]);
  const [n, channels, depth, height, width] = volume.shape;
  const columns = pad(graph.reshape(volume, [n, channels, depth, height * width]), [
    windows.pads[0],
    0,
    windows.pads[3],
    0,
  ]);
  const y = fastMaxPool(graph, columns, { kernel: [kernel[0], 1], strides: [windows.strides[0], 1] });
  return graph.reshape(y, [n, channels, y.shape[2], height, width]);
}
