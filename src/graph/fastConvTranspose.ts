import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import type { ConvTransposeAttributes } from "./opAttributes.ts";

/**
 * A ConvTranspose of ONNX, in the form that is fastest to train with: where the windows that it writes lie side by side,
 * a product of whole matrices, with images innermost but for the channels as in `fastConv`.
 *
 * @param inputs x of (N, C, H, W), a kernel of (C, K / groups, h, w), and optionally a bias of (K)
 */
export function fastConvTranspose(
  graph: Graph,
  [x, kernel, bias]: readonly Value[],
  attributes: ConvTransposeAttributes,
): Value {
  const { strides, pads, dilations, groups, outputPadding } = attributes;
  const isApart = kernel.shape.slice(2).join() === (strides ?? [1, 1]).join();
  const isPlain = [...(pads ?? []), ...(outputPadding ?? [])].every((zeros) => zeros === 0);
  if (!isApart || !isPlain || (groups ?? 1) !== 1 || (dilations ?? []).some((dilation) => dilation !== 1)) {
    const y = graph.op("ConvTranspose", [x, kernel], attributes);
    return bias ? graph.add(y, graph.reshape(bias, [bias.shape[0], 1, 1])) : y;
  }
  const [n, c, height, width] = x.shape;
  const [, k, h, w] = kernel.shape;
  const pixels = graph.reshape(graph.transpose(x, [2, 3, 0, 1]), [height * width * n, c]);
  const written = graph.matmul(pixels, graph.reshape(graph.transpose(kernel, [0, 2, 3, 1]), [c, h * w * k]));
  const windows = graph.reshape(written, [height, width, n, h, w, k]);
  const y = graph.reshape(graph.transpose(windows, [0, 3, 1, 4, 2, 5]), [height * h, width * w, n, k]);
  return graph.transpose(bias ? graph.add(y, bias) : y, [2, 3, 0, 1]);
}
