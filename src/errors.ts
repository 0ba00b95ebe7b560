/** Bad usage or bad input. A user sees its message as one line, without a stack; the command line exits with 2. */
export class InputError extends Error {
  override readonly name: string = "InputError";

  /** A message may quote a hostile file: control characters are escaped, and more than 2,000 characters are cut. */
  constructor(message: string, options?: ErrorOptions) {
    super(printable(message.slice(0, 2000)), options);
  }
}

/**
 * The text with its control characters escaped (`\n`, `\x1b`, `\u202e`), so that names from a file can neither move
 * the terminal's cursor, break a line nor reverse the direction of the text around them.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    if (character === "\n") return "\\n";
    const code = character.codePointAt(0)!.toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}

/** Makes the error for a broken file from what is wrong with it: the file's name and its format are known to the maker. */
export type Broken = (why: string) => InputError;

/** The number of single-character edits between two words (Levenshtein), computed row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

/** The known word closest to `word`, or undefined if none is within a third of its length. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** An InputError for a name that is not in a closed list: `unknown arm: priro; did you mean prior? Known: zero, prior`. */
export function unknownName(what: string, value: string, known: readonly string[]): InputError {
  const guess = nearest(value, known);
  const hint = guess === undefined ? "" : `; did you mean ${guess}?`;
  return new InputError(
    `unknown ${what}: ${value}${hint}${hint ? " Known" : "; known"}: ${known.join(", ")}`,
  );
}
