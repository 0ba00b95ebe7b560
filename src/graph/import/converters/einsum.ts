import type { Value } from "../../op.ts";
import { elementCount } from "../../tensor.ts";
import type { Converter, NodeContext } from "../nodeContext.ts";

/** A value with one letter per axis. */
interface Labelled {
  readonly x: Value;
  readonly labels: readonly string[];
}

/** Letters for the axes of an ellipsis; equations use other ones. */
const ellipsisLabels = [..."αβγδεζηθ"];

/** The letters of an operand or the result, with an ellipsis written out from the right. */
function labelsOf(term: string, ellipsisRank: number): string[] {
  return [...term.replaceAll(" ", "").replace("...", ellipsisLabels.slice(0, ellipsisRank).join(""))];
}

function sumOut({ graph }: NodeContext, { x, labels }: Labelled, kept: ReadonlySet<string>): Labelled {
  const axes = [...labels.keys()].filter((axis) => !kept.has(labels[axis]));
  if (axes.length === 0) return { x, labels };
  return {
    x: graph.op("ReduceSum", [x], { axes, keepDims: false }),
    labels: labels.filter((label) => kept.has(label)),
  };
}

/** Transposes to the given order of labels. */
function ordered({ graph }: NodeContext, { x, labels }: Labelled, order: readonly string[]): Value {
  return graph.transpose(
    x,
    order.map((label) => labels.indexOf(label)),
  );
}

/** The product of two operands, summed over the letters of both that are not kept: one stack of matrix products. */
function contract(c: NodeContext, a: Labelled, b: Labelled, kept: ReadonlySet<string>): Labelled {
  const left = sumOut(c, a, new Set([...kept, ...b.labels]));
  const right = sumOut(c, b, new Set([...kept, ...a.labels]));
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => kept.has(label));
  const inner = shared.filter((label) => !kept.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const sizes = new Map([
    ...left.labels.map((label, i) => [label, left.x.shape[i]] as const),
    ...right.labels.map((label, i) => [label, right.x.shape[i]] as const),
  ]);
  const size = (labels: readonly string[]) => elementCount(labels.map((label) => sizes.get(label)!));
  const stack = (operand: Labelled, first: string[], second: string[]) =>
    c.graph.reshape(ordered(c, operand, [...batch, ...first, ...second]), [
      size(batch),
      size(first),
      size(second),
    ]);
  const y = c.graph.matmul(stack(left, rows, inner), stack(right, inner, columns));
  const labels = [...batch, ...rows, ...columns];
  return {
    x: c.graph.reshape(
      y,
      labels.map((label) => sizes.get(label)!),
    ),
    labels,
  };
}

/** Einstein's summation, two operands at a time from the left. */
export const einsum: Converter = (c) => {
  const equation = c.text("equation", "").replaceAll(" ", "");
  const [before, after] = equation.split("->");
  const terms = before.split(",");
  const ranks = terms.map((term, i) =>
    term.includes("...") ? c.input(i).shape.length - (term.length - 3) : 0,
  );
  const ellipsisRank = Math.max(...ranks);
  if (ranks.some((rank, i) => terms[i].includes("...") && rank !== ellipsisRank)) {
    throw c.refuse(`equation ${equation}: its ellipses stand for different numbers of axes`);
  }
  const operands = terms.map((term, i) => ({ x: c.input(i), labels: labelsOf(term, ellipsisRank) }));
  const all = operands.flatMap(({ labels }) => labels);
  const once = [...new Set(all)].filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
  const result = after === undefined ? once : labelsOf(after, ellipsisRank);
  if (operands.some(({ labels }) => new Set(labels).size < labels.length)) {
    throw c.refuse(`equation ${equation}: a letter occurs twice in one operand`);
  }
  const total = operands.slice(1).reduce<Labelled>((product, operand, i) => {
    const later = operands.slice(i + 2).flatMap(({ labels }) => labels);
    return contract(c, product, operand, new Set([...result, ...later]));
  }, operands[0]);
  return ordered(c, sumOut(c, total, new Set(result)), result);
};
