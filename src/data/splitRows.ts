import { seededRandom } from "../math/seededRandom.ts";

/**
 * Splits rows into training and test rows, the same way each time. With classes, each class gives its share, so that both
 * parts have the same frequencies as nearly as whole rows allow.
 *
 * @param share of the rows that are kept for the test
 */
export function splitRows(
  count: number,
  classes: ArrayLike<number> | undefined,
  share: number,
): { train: Uint32Array; test: Uint32Array } {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < count; row++) {
    const group = classes?.[row] ?? 0;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group)!.push(row);
  }
  const { shuffle } = seededRandom(0, "test rows");
  const test = new Set<number>();
  for (const group of [...groups.keys()].sort((a, b) => a - b)) {
    const rows = shuffle(groups.get(group)!);
    // A class of two rows or more is in both parts.
    const wanted = Math.min(rows.length - 1, Math.max(1, Math.round(share * rows.length)));
    for (const row of rows.slice(0, wanted)) test.add(row);
  }
  const all = Uint32Array.from({ length: count }, (_, row) => row);
  return { train: all.filter((row) => !test.has(row)), test: all.filter((row) => test.has(row)) };
}
