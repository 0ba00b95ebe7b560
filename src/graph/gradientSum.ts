import type { Graph } from "./graph.ts";
import type { Value } from "./op.ts";
import type { AxisRange } from "./opAttributes.ts";
import { unslice } from "./ops/shape.ts";

/** A gradient that reached a value: of all of it, or of the slice of it that `ranges` describe. */
export interface GradientPart {
  readonly dy: Value;
  readonly ranges?: readonly AxisRange[];
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
 * by one Concat. Padding each to the whole value and adding them up would cost time quadratic in their number.
 */
export function gradientSum(graph: Graph, parts: readonly GradientPart[], shape: readonly number[]): Value {
  const sections = parts.flatMap(sectionOf);
  const axes = [...new Set(sections.map(({ axis }) => axis))];
  const rows = axes.flatMap((axis) => disjoint(sections.filter((section) => section.axis === axis)));
  const others = parts.filter((part) => sectionOf(part).length === 0);
  const terms = [
    ...others.map(({ dy, ranges }) => (ranges ? unslice(graph, dy, ranges, shape) : dy)),
    ...rows.map((row) => joined(graph, row, shape)),
  ];
  return terms.length === 1 ? terms[0] : graph.op("Sum", terms);
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
