import { InputError } from "../errors.ts";
import type { TableFormat } from "./table.ts";

export type Delimiter = "," | ";" | "\t" | "|";

/** How a text file is laid out, by its first lines. */
export interface TextLayout {
  readonly format: Exclude<TableFormat, "npy" | "parquet">;
  /** What separates the fields of a row, for CSV and TSV. */
  readonly delimiter: Delimiter;
  /** Lines of comments ahead of the table, for CSV and TSV. */
  readonly comments: number;
  /** Whether the table is drawn with spaces, bars and rules, as databases and Markdown show it. */
  readonly aligned: boolean;
}

/**
 * @param start the first characters of a text, whose last line may be cut off
 * @param format where it is known
 * @throws InputError where a first line could be a comment or name the columns
 */
export function sniffText(file: string, start: string, format?: TextLayout["format"]): TextLayout {
  const found = format ?? jsonFormat(start.trimStart());
  if (found === "json" || found === "jsonl")
    return { format: found, delimiter: ",", comments: 0, aligned: false };
  const all = start.split(/\r?\n/);
  const comments = commentLines(file, all);
  const lines = all.slice(comments);
  const complete = lines.length > 1 ? lines.slice(0, -1) : lines;
  const aligned = found !== "tsv" && isAligned(lines);
  const delimiter = found === "tsv" ? "\t" : delimiterOf(complete.filter((line) => line.trim() !== ""));
  return { format: found ?? (delimiter === "\t" ? "tsv" : "csv"), delimiter, comments, aligned };
}

function jsonFormat(start: string): "json" | "jsonl" | undefined {
  if (start.startsWith("[")) return /^\[[^\n]*\]\s*\n\s*\[/.test(start) ? "jsonl" : "json";
  if (start.startsWith("{")) return /^\{[^\n]*\}\s*(\n|$)/.test(start) ? "jsonl" : "json";
  return undefined;
}

/** Number of `delimiter` in a line, outside of quotes. */
const separators = (line: string, delimiter: string) =>
  line.replace(/"[^"]*"/g, "").split(delimiter).length - 1;

/** What separates fields: what stands equally often in each of the first lines, and first in the first of them. */
function delimiterOf(lines: readonly string[]): Delimiter {
  const looked = lines.slice(0, 20);
  const [first = ""] = looked;
  const bare = first.replace(/"[^"]*"/g, (quoted) => " ".repeat(quoted.length));
  const candidates = ([",", ";", "\t", "|"] as const)
    .filter((delimiter) => bare.includes(delimiter))
    .sort((a, b) => bare.indexOf(a) - bare.indexOf(b));
  const isEven = (delimiter: string) =>
    looked.every((line) => separators(line, delimiter) === separators(first, delimiter));
  return candidates.find(isEven) ?? candidates[0] ?? ",";
}

/** A rule under the first line, or a box around it: psql, MySQL, SQLite, Markdown. */
function isAligned([first = "", second = ""]: readonly string[]): boolean {
  const isRule = (line: string) => /^[\s|+:-]*--[\s|+:-]*$/.test(line);
  return isRule(second) || (first.startsWith("+") && isRule(first));
}

/**
 * Lines ahead of a table that are comments: `# ` with a space behind, and other lines with `#` ahead whose number of fields
 * is not that of the first line without.
 */
function commentLines(file: string, lines: readonly string[]): number {
  const after = lines.findIndex((line) => !line.startsWith("#"));
  if (after <= 0) return 0;
  const delimiter = delimiterOf([lines[after]]);
  const last = lines[after - 1];
  const fields = separators(last, delimiter);
  if (/^#[\s!]/.test(last) || fields !== separators(lines[after], delimiter)) return after;
  if (fields > 0) return after - 1;
  throw new InputError(
    `the first line of ${file} starts with #: ${last.slice(0, 40)}; delete it if it is a comment, and delete the # if it names the column`,
  );
}
