import { readFile } from "node:fs/promises";
import { InputError } from "../errors.ts";
import { fileError } from "../files/openByteSource.ts";
import { type EncodedRows, type InputArray, type RowSource, sharedArray } from "./rowSource.ts";

/** Lines of text, one example each, with the index of each character; index 0 fills lines up. */
export interface TextRows extends RowSource {
  /** Characters of the longest line, and one more to predict its end. */
  readonly length: number;
  /** Distinct characters, sorted; the index of the first is 1. */
  readonly characters: readonly string[];
  /** What comes next at each place: the label of a network that predicts text. `ignored` after the end of a line. */
  nextCharacters(ignored: number): Int32Array;
}

export interface TextRowsOptions {
  /** The characters of another text, such as the training set, in whose numbering this one is read. */
  readonly characters?: readonly string[];
  readonly length?: number;
}

/**
 * Reads a text file, one example per line. Empty lines are left out.
 *
 * A line of n characters becomes its start (index 0) and its characters; next to it, what comes next: its characters and
 * its end (index 0).
 */
export async function readTextRows(path: string, options: TextRowsOptions = {}): Promise<TextRows> {
  const text = await readFile(path, "utf8").catch((error) => {
    throw new InputError(`cannot read ${path}: ${fileError(error)}`);
  });
  const lines = text.split(/\r?\n/).flatMap((line) => (line === "" ? [] : [[...line]]));
  if (lines.length === 0) throw new InputError(`${path} has no lines of text`);
  const characters = options.characters ?? [...new Set(lines.flat())].sort();
  const index = new Map(characters.map((character, i) => [character, i + 1]));
  const length = options.length ?? 1 + Math.max(...lines.map((line) => line.length));
  const tokens = sharedArray("int32", lines.length * length);
  lines.forEach((line, row) => {
    if (line.length >= length) {
      throw new InputError(`${path}: line ${row + 1} has ${line.length} characters; allowed: ${length - 1}`);
    }
    line.forEach((character, i) => {
      const token = index.get(character);
      if (token === undefined) {
        throw new InputError(
          `${path}: line ${row + 1} has ${JSON.stringify(character)}, which no training line has`,
        );
      }
      tokens[row * length + i + 1] = token;
    });
  });
  const input: InputArray = { name: "tokens", shape: [length], data: tokens };
  const encoded: EncodedRows = {
    inputs: [input],
    notes: [
      `Text is read by characters: ${characters.length} different ones, and index 0 for the start and the end of a line.`,
    ],
    again: (other) => other.encode(new Uint32Array(0)).inputs,
  };
  return {
    count: lines.length,
    unit: "line",
    length,
    characters,
    encode: () => encoded,
    nextCharacters(ignored) {
      const next = sharedArray("int32", tokens.length).fill(ignored);
      lines.forEach((line, row) => {
        for (let i = 0; i < line.length; i++) next[row * length + i] = tokens[row * length + i + 1];
        next[row * length + line.length] = 0;
      });
      return next;
    },
  };
}
