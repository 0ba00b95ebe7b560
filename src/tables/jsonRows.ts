import { InputError } from "../errors.ts";
import { shownValue } from "./shownValue.ts";
import type { ReadOptions, TableCell } from "./table.ts";
import { wantedColumns } from "./wantedColumns.ts";

/** Takes the wanted cells out of rows that are parsed JSON: objects, arrays, or bare labels, all alike. */
export interface RowReader {
  readonly columns: readonly string[];
  cells(row: unknown, place: string): TableCell[];
}

/** A reader for rows like `first`. An absent key is a missing cell; cells that are lists or objects are refused. */
export function rowReader(file: string, first: unknown, wanted?: ReadOptions["columns"]): RowReader {
  const shape = shapeOf(first);
  const known = {
    object: () => Object.keys(first as object),
    array: () => (first as unknown[]).map((_, i) => String(i)),
    label: () => ["0"],
  };
  const names = known[shape]();
  const take =
    shape === "array" && wanted === undefined ? names.map((_, i) => i) : wantedColumns(file, names, wanted);
  const columns = take.map((i) => names[i]);
  return {
    columns,
    cells(row, place) {
      const found = shapeOf(row);
      if (found !== shape) {
        throw new InputError(`${file}: ${place} is ${article(found)}, but the first is ${article(shape)}`);
      }
      if (shape === "label") return [row as TableCell];
      if (shape === "array" && (row as unknown[]).length !== names.length) {
        throw new InputError(
          `${file}: ${place} has ${(row as unknown[]).length} entries, but the first has ${names.length}`,
        );
      }
      return columns.map((column) => scalar((row as Record<string, unknown>)[column], column, place));
    },
  };

  function scalar(value: unknown, column: string, place: string): TableCell {
    if (value === undefined) return null;
    if (shapeOf(value) === "label") return value as TableCell;
    throw new InputError(`${file}: ${place} holds ${shownValue(value)} as ${column}, not a label`);
  }
}

const article = (shape: string) => `${shape === "label" ? "a" : "an"} ${shape}`;

function shapeOf(value: unknown): "object" | "array" | "label" {
  if (Array.isArray(value)) return "array";
  return typeof value === "object" && value !== null ? "object" : "label";
}
