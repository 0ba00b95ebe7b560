import type { Value } from "../../op.ts";
import type { NodeContext } from "../nodeContext.ts";

/** Operators on sequences that torch.export writes for `split` and `chunk`. */
export const sequenceOps: ReadonlySet<string> = new Set([
  "SequenceAt",
  "SequenceConstruct",
  "SplitToSequence",
]);

/** Parts of an axis: of given sizes, of one size with a smaller remainder, or of size 1 (gone unless `keepdims`). */
export function splitToSequence(c: NodeContext): Value[] {
  const axis = c.axis(0);
  const size = c.x.shape[axis];
  const given = c.numbers(1) ?? [1];
  const even = c.inputs[1]?.shape.length === 1 ? undefined : given[0];
  const sizes =
    even === undefined
      ? given
      : Array.from({ length: Math.ceil(size / even) }, (_, i) => Math.min(even, size - i * even));
  const isGone = !c.inputs[1] && c.int("keepdims", 1) === 0;
  let start = 0;
  return sizes.map((part) => {
    const slice = c.graph.slice(c.x, [{ axis, start, end: start + part }]);
    start += part;
    return isGone ? c.graph.reshape(slice, c.x.shape.toSpliced(axis, 1)) : slice;
  });
}
