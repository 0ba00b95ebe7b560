import type { Graph, GraphNode } from "./graph.ts";
import type { Value } from "./op.ts";
import type { AxisRange, GemmAttributes } from "./opAttributes.ts";
import { secondFactorGradient } from "./ops/matmul.ts";
import { unslice } from "./ops/shape.ts";

/**
 * A gradient that reached a value: `dy` itself, for all of the value or for the slice of it that `ranges` describe; or what
 * follows from the gradient `dy` of a product whose second factor the value is, with the first factor's rows as they are.
 */
export interface GradientPart {
  readonly dy: Value;
  readonly ranges?: readonly AxisRange[];
  readonly product?: Pick<GraphNode<"Gemm">, "x" | "attributes">;
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
  const others = parts.filter((part) => part.product === undefined && sectionOf(part).length === 0);
  const terms = [
    ...others.map(({ dy, ranges }) => (ranges ? unslice(graph, dy, ranges, shape) : dy)),
    ...rows.map((row) => joined(graph, row, shape)),
    ...productGradients(graph, parts),
  ];
  return terms.length === 1 ? terms[0] : graph.op("Sum", terms);
}

/** A product that a value is the second factor of: its first factor, the gradient of its result, and its form. */
interface Product {
  readonly a: Value;
  readonly dy: Value;
  readonly attributes: GemmAttributes;
}

/** The gradients that reached a value as the second factor of products. */
function productGradients(graph: Graph, parts: readonly GradientPart[]): Value[] {
  const products = parts.flatMap(({ dy, product }): Product[] =>
    product ? [{ a: product.x[0], dy, attributes: product.attributes }] : [],
  );
  const alike = [true, false].map((transB) =>
    products.filter(({ attributes }) => (attributes.transB ?? false) === transB),
  );
  return alike
    .flatMap((group) => (areShort(group) ? [below(graph, group)] : group))
    .map(({ a, dy, attributes }) => secondFactorGradient(graph, a, dy, attributes));
}

/** Whether several products have fewer elements in all their rows than in their gradients, so that to copy the rows is cheaper. */
function areShort(products: readonly Product[]): boolean {
  if (products.length < 2) return false;
  const [{ a, dy }] = products;
  const [k, n] = [a.shape[1], dy.shape[1]];
  const rows = products.reduce((sum, product) => sum + product.dy.shape[0], 0);
  return rows * (k + n) < products.length * k * n;
}

/** Products as one, with the rows of each below those of the one before. */
function below(graph: Graph, products: readonly Product[]): Product {
  const rows = (key: "a" | "dy") =>
    graph.op(
      "Concat",
      products.map((product) => product[key]),
      { axis: 0 },
    );
  return { a: rows("a"), dy: rows("dy"), attributes: products[0].attributes };
}

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
