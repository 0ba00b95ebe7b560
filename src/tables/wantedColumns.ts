import { InputError, nearest } from "../errors.ts";

/** How many columns an error lists. */
const shown = 12;

/**
 * Positions of the wanted columns among those that a table has. Without names, a table of one column has its only one
 * taken, and one of more is refused: which holds the labels is not guessed.
 */
export function wantedColumns(
  file: string,
  known: readonly string[],
  wanted?: readonly string[] | "all",
): number[] {
  if (wanted === "all") return known.map((_, i) => i);
  const more = known.length > shown ? `, and ${known.length - shown} more` : "";
  const list = `${known.slice(0, shown).join(", ")}${more}`;
  if (wanted === undefined) {
    if (known.length === 1) return [0];
    throw new InputError(
      `${file} has ${known.length} columns; say which holds the labels with --column: ${list}`,
    );
  }
  const twice = wanted.find((name, i) => wanted.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`column ${twice} is asked for twice; name each column once`);
  return wanted.map((name) => {
    const position = known.indexOf(name);
    if (position >= 0 && known.indexOf(name, position + 1) < 0) return position;
    if (position >= 0) throw new InputError(`${file} has several columns ${name}; give each its own name`);
    const guess = nearest(name, known);
    throw new InputError(
      `${file} has no column ${name}${guess === undefined ? "" : `; did you mean "${guess}"?`} Its columns: ${list}`.replace(
        /(?<!\?) Its/,
        "; its",
      ),
    );
  });
}
