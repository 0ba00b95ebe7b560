import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import type { AxisRange } from "./opAttributes.ts";
import { unslice } from "./ops/shape.ts";

/**
 * A gradient that reached a value: `dy` itself, for all of the value or for the slice of it that `ranges` describe; or, of the
 * matrix B of a Gemm, A' dy (its transpose where the Gemm took the transpose of B), and of its bias, the sum of dy's rows.
 */
export interface GradientPart {
  readonly dy: Value;
  readonly ranges?: readonly AxisRange[];
  readonly of?: { readonly matrix: Value; readonly transB?: boolean } | "bias";
}

/** A slice of neighbouring elements of one axis. */
interface Section {
  readonly dy: Value;
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The sum of the gradients of a value of the given shape.
 *
 * Slices that lie side by side (the gates of a recurrent cell, its time steps, the heads of attention) are put together
 * by one Concat. Padding each to the whole value and adding them up would cost time quadratic in their number. So are the rows
 * of the products with one weight (a recurrent kernel in all time steps): one product in place of many and their sum.
 */
export function gradientSum(graph: Graph, parts: readonly GradientPart[], shape: readonly number[]): Value {
  const sections = parts.flatMap(sectionOf);
  const axes = [...new Set(sections.map(({ axis }) => axis))];
  const rows = axes.flatMap((axis) => disjoint(sections.filter((section) => section.axis === axis)));
  const others = parts.filter((part) => part.of === undefined && sectionOf(part).length === 0);
  const terms = [
    ...others.map(({ dy, ranges }) => (ranges ? unslice(graph, dy, ranges, shape) : dy)),
    ...rows.map((row) => joined(graph, row, shape)),
    ...weightGradients(graph, parts, shape),
  ];
  return terms.length === 1 ? terms[0] : graph.op("Sum", terms);
}

/** The gradients of a weight or a bias of Gemm. */
function weightGradients(graph: Graph, parts: readonly GradientPart[], shape: readonly number[]): Value[] {
  const biases = parts.flatMap(({ dy, of }) => (of === "bias" ? [dy] : []));
  const products = parts.flatMap(({ dy, of }) => (typeof of === "object" ? [{ dy, ...of }] : []));
  const together = [true, false]
    .map((transB) => products.filter((product) => (product.transB ?? false) === transB))
    .flatMap((group) => (isShort(group) ? [group] : group.map((product) => [product])));
  return [
    ...(biases.length > 0
      ? [graph.op("ReduceSum", [rowsOf(graph, biases)], { axes: [0], keepDims: false })]
      : []),
    ...together.map((group) => {
      const a = rowsOf(
        graph,
        group.map(({ matrix }) => matrix),
      );
      const dy = rowsOf(
        graph,
        group.map((product) => product.dy),
      );
      return graph.op("Gemm", group[0].transB ? [dy, a] : [a, dy], { transA: true });
    }),
  ].map((gradient) => graph.reshape(gradient, shape));
}

/** Whether several products have fewer elements in all their rows than in their results, so that to copy the rows is cheaper. */
function isShort(products: readonly { readonly matrix: Value; readonly dy: Value }[]): boolean {
  const rows = products.reduce((sum, { dy }) => sum + dy.shape[0], 0);
  const [{ matrix, dy } = {}] = products;
  if (!matrix || !dy) return false;
  const [k, n] = [matrix.shape[1], dy.shape[1]];
  return products.length > 1 && rows * (k + n) < products.length * k * n;
}

const rowsOf = (graph: Graph, values: readonly Value[]): Value =>
  values.length === 1 ? values[0] : graph.op("Concat", values, { axis: 0 });

/** The part as a section, in a list; an empty list where it is none. */
function sectionOf({ dy, ranges }: GradientPart): Section[] {
  if (ranges?.length !== 1 || (ranges[0].step ?? 1) !== 1) return [];
  const { axis, start, end } = ranges[0];
  return [{ dy, axis, start, end }];
}

/** Distributes sections of one axis over as few rows as there need be, in each of which none overlap. */
function disjoint(sections: readonly Section[]): Section[][] {
  const rows: Section[][] = [];
  for (const section of [...sections].sort((a, b) => a.start - b.start)) {
    const row = rows.find((row) => row.at(-1)!.end <= section.start);
    if (row) row.push(section);
    else rows.push([section]);
  }
  return rows;
}

/** Sections of one axis that do not overlap, in order, with zeros wherever none is. */
function joined(graph: Graph, sections: readonly Section[], shape: readonly number[]): Value {
  const [{ axis, start }] = sections;
  const end = sections.at(-1)!.end;
  const pieces = sections.flatMap((section, i) => {
    const gap = section.start - (sections[i - 1]?.end ?? start);
    if (gap === 0) return [section.dy];
    const zeros = graph.expand(graph.scalar(0, section.dy.dtype), shape.with(axis, gap));
    return [zeros, section.dy];
  });
  const middle = pieces.length === 1 ? pieces[0] : graph.op("Concat", pieces, { axis });
  return unslice(graph, middle, [{ axis, start, end }], shape);
}
