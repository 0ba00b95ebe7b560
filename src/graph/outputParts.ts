import type { Graph } from "./graph.ts";
import type { GraphLoss } from "./headLoss.ts";
import type { Value } from "./op.ts";

/** One of several outputs of a network: its places in a row, and the numbers at each. */
export interface OutputPart {
  readonly places: number;
  readonly width: number;
}

/**
 * Several outputs as one: the places of a row are those of all outputs, one after another, and each has as many numbers
 * as the widest output; the rest are zeros.
 */
export function joinedShape(parts: readonly OutputPart[]): OutputPart {
  return {
    places: parts.reduce((sum, { places }) => sum + places, 0),
    width: Math.max(...parts.map(({ width }) => width)),
  };
}

/** The joined outputs, (N x all places, width), from those of each part, (N x places, width of the part). */
export function joinOutputs(graph: Graph, parts: readonly OutputPart[], outputs: readonly Value[]): Value {
  const { places, width } = joinedShape(parts);
  const wide = outputs.map((output, i) => {
    const rows = output.shape[0] / parts[i].places;
    const padded = graph.pad(output, [0, 0], [0, width - parts[i].width]);
    return graph.reshape(padded, [rows, parts[i].places, width]);
  });
  const rows = wide[0].shape[0];
  return graph.reshape(graph.op("Concat", wide, { axis: 1 }), [rows * places, width]);
}

/** What each part has in an array of all rows' places, (N, all places, width): (N x places, width of the part). */
export function partValues<Values extends Float32Array | Float64Array>(
  values: Values,
  parts: readonly OutputPart[],
  index: number,
): Values {
  const all = joinedShape(parts);
  const { places, width } = parts[index];
  const rows = values.length / (all.places * all.width);
  const before = joinedShape([...parts.slice(0, index), { places: 0, width: 0 }]).places;
  const own = new (values.constructor as new (length: number) => Values)(rows * places * width);
  for (let i = 0; i < rows * places; i++) {
    const place = Math.floor(i / places) * all.places + before + (i % places);
    own.set(values.subarray(place * all.width, place * all.width + width) as never, i * width);
  }
  return own;
}

/** Labels of several outputs as one array, laid out as `joinedShape` of these parts (widths are numbers per label). */
export function joinLabels(parts: readonly OutputPart[], labels: readonly ArrayLike<number | bigint>[]) {
  const all = joinedShape(parts);
  const rows = labels[0].length / (parts[0].places * parts[0].width);
  const joined = new Float64Array(rows * all.places * all.width);
  let before = 0;
  parts.forEach(({ places, width }, part) => {
    for (let i = 0; i < rows * places; i++) {
      const place = Math.floor(i / places) * all.places + before + (i % places);
      for (let k = 0; k < width; k++) joined[place * all.width + k] = Number(labels[part][i * width + k]);
    }
    before += places;
  });
  return joined;
}

/**
 * The losses of joined outputs against joined labels: each place's by the loss of its output. No place counts as right or
 * wrong, since different outputs mean different things by it.
 */
export function joinedLoss(parts: readonly OutputPart[], losses: readonly GraphLoss[]): GraphLoss {
  const { places, width } = joinedShape(parts);
  const labelSize = Math.max(...losses.map(({ labelSize }) => labelSize));
  return {
    labelSize,
    readLabels: (_, labels) => labels,
    rowLosses(graph, output, labels) {
      const rows = output.shape[0] / places;
      const outputs = graph.reshape(output, [rows, places, width]);
      const numbers = graph.reshape(labels, [rows, places, labelSize]);
      let start = 0;
      const each = parts.map((part, i) => {
        const end = start + part.places;
        const ofPart = (x: Value, size: number) =>
          graph.reshape(
            graph.slice(x, [
              { axis: 1, start, end },
              { axis: 2, start: 0, end: size },
            ]),
            [rows * part.places, ...(x === numbers && size === 1 ? [] : [size])],
          );
        const own = losses[i].readLabels(graph, ofPart(numbers, losses[i].labelSize));
        const ofRows = losses[i].rowLosses(graph, ofPart(outputs, part.width), own);
        start = end;
        return graph.reshape(ofRows, [rows, part.places]);
      });
      return graph.reshape(graph.op("Concat", each, { axis: 1 }), [rows * places]);
    },
    hits: () => undefined,
  };
}
