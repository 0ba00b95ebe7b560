import { elementwise } from "./converters/elementwise.ts";
import { indexing } from "./converters/indexing.ts";
import { matmul } from "./converters/matmul.ts";
import { noise } from "./converters/noise.ts";
import { norm } from "./converters/norm.ts";
import { padding } from "./converters/padding.ts";
import { recurrentLayers } from "./converters/recurrentLayers.ts";
import { reduce } from "./converters/reduce.ts";
import { resize } from "./converters/resize.ts";
import { shape } from "./converters/shape.ts";
import { windows } from "./converters/windows.ts";
import type { Converter } from "./nodeContext.ts";

/** The operators of ONNX that can be imported, each as nodes of our table of ops, which can be differentiated. */
export const converters: ReadonlyMap<string, Converter> = new Map(
  Object.entries({
    ...elementwise,
    ...indexing,
    ...matmul,
    ...noise,
    ...norm,
    ...padding,
    ...recurrentLayers,
    ...reduce,
    ...resize,
    ...shape,
    ...windows,
  }),
);

/** Operators whose output is drawn at random: they are never folded into constants. */
export const randomOps: ReadonlySet<string> = new Set([...Object.keys(noise), "Dropout"]);
