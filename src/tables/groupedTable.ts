import { InputError } from "../errors.ts";
import { type Bucket, fromBuckets } from "../labels/fromBuckets.ts";
import { isMissing, numberIn, shownCell } from "./cell.ts";
import type { LabelChoices } from "./labelChoices.ts";
import { type LabelHead, type LabelsRead, readLabels } from "./readLabels.ts";
import { own } from "./sql/groupedColumns.ts";
import type { Cells, Chunk, Table, TableCell } from "./table.ts";

type OwnColumn = keyof typeof own;

/**
 * The labels of a table whose rows are groups, as `groupedQuery` gives them: what `readLabels` says of the rows themselves.
 *
 * @param table all columns of the result
 * @throws InputError for a table that is not such a result, and for labels or weights that rows would be refused for
 */
export async function readGrouped(
  table: Table,
  head: LabelHead,
  choices: LabelChoices = {},
): Promise<LabelsRead> {
  if (!table.columns.includes(own.rows)) {
    throw new InputError(
      `the table has no column ${own.rows}, so it is not the result of a grouped query; its columns: ${table.columns.join(", ")}`,
    );
  }
  const groups = groupedTable(table);
  if (!table.columns.includes(own.rankError)) return readLabels(groups, head, choices);
  const chunks: GroupedChunk[] = [];
  for await (const chunk of groups.chunks) chunks.push(chunk);
  const rankError = Math.max(0, ...chunks.map((chunk) => largest(chunk.own("rankError"))));
  if (rankError === 0) return readLabels({ ...groups, chunks: chunksOf(chunks) }, head, choices);
  return readBuckets(groups.columns[0], chunks, rankError, head, choices);
}

async function* chunksOf<T>(chunks: readonly T[]): AsyncGenerator<T> {
  yield* chunks;
}

/** A chunk of groups, with the columns that are not labels by name. */
interface GroupedChunk extends Chunk {
  readonly counts: Float64Array;
  readonly weights: Float64Array;
  own(column: OwnColumn): Float64Array;
}

/** Names of the label columns in the result of a grouped query. */
export function labelColumns({ columns }: Table): string[] {
  const owned = new Set<string>(Object.values(own));
  return columns.filter((name) => !owned.has(name));
}

/** The same table with the label columns alone; the other columns are counts and weights of its rows. */
function groupedTable(table: Table): Table & { readonly chunks: AsyncIterable<GroupedChunk> } {
  const names = labelColumns(table);
  const labels = names.map((name) => table.columns.indexOf(name));
  async function* chunks(): AsyncGenerator<GroupedChunk> {
    for await (const chunk of table.chunks) yield grouped(table, labels, chunk);
  }
  return {
    format: `grouped ${table.format}`,
    columns: names,
    chunks: chunks(),
  };
}

function grouped(table: Table, labels: readonly number[], { columns, rows }: Chunk): GroupedChunk {
  const numbers = (column: OwnColumn) => {
    const name = own[column];
    const at = table.columns.indexOf(name);
    return Float64Array.from({ length: rows }, (_, i) =>
      at < 0 ? Number.NaN : numberIn(columns[at][i], i + 1, name),
    );
  };
  const has = (column: OwnColumn) => table.columns.includes(own[column]);
  const counts = numbers("rows");
  const odd = counts.findIndex((count) => !(Number.isInteger(count) && count > 0));
  if (odd >= 0) throw new InputError(`group ${odd + 1} has ${counts[odd]} rows; it has at least one`);
  checkValid(has("invalid") ? numbers("invalid") : undefined);
  if (has("weightedRows")) checkWeights(counts, numbers("weightedRows"), numbers("lowestWeight"));
  return {
    columns: labels.map((i) => columns[i]),
    rows,
    counts,
    weights: has("weight") ? numbers("weight") : counts,
    own: numbers,
  };
}

function checkValid(invalid: Float64Array | undefined): void {
  const total = invalid?.reduce((sum, count) => sum + count, 0) ?? 0;
  if (total > 0)
    throw new InputError(`${rowsText(total, "hold")} text where a number is needed as a label or weight`);
}

function checkWeights(counts: Float64Array, weighted: Float64Array, lowest: Float64Array): void {
  const without = counts.reduce((sum, count, i) => sum + count - weighted[i], 0);
  if (without > 0) throw new InputError(`${rowsText(without, "have")} no weight; every row needs one`);
  const negative = lowest.find((weight) => weight < 0);
  if (negative !== undefined)
    throw new InputError(`invalid weight: ${negative}; weights are finite and not negative`);
}

const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, value), 0);

/** One column of more distinct numbers than a grouped query gives one by one. */
function readBuckets(
  name: string,
  chunks: readonly GroupedChunk[],
  rankError: number,
  { reads }: LabelHead,
  { missing }: LabelChoices,
): LabelsRead {
  if (reads !== "numbers") {
    throw new InputError(
      `column ${name} was grouped into buckets of numbers, which this loss cannot read; make the query with the same --loss`,
    );
  }
  const buckets: Bucket[] = [];
  let skipped = 0;
  let center = 0;
  for (const chunk of chunks) {
    const [centers, deviations, squares] = [
      chunk.own("center"),
      chunk.own("deviations"),
      chunk.own("squares"),
    ];
    for (let i = 0; i < chunk.rows; i++) {
      const value = numberIn(chunk.columns[0][i] as TableCell, i + 1, name);
      if (Number.isNaN(value)) {
        if (missing !== "skip") throw missingRows(chunk.counts[i], name);
        skipped += chunk.counts[i];
        continue;
      }
      center = centers[i];
      checkFinite(name, chunk.columns[0], i, [value, center, deviations[i], squares[i], chunk.weights[i]]);
      buckets.push({
        value,
        weight: chunk.weights[i],
        rows: chunk.counts[i],
        deviations: deviations[i],
        squares: squares[i],
      });
    }
  }
  const summary = fromBuckets(buckets, { center, rankError, name });
  const weightRead = buckets.reduce((sum, { weight }) => sum + weight, 0);
  const rowsRead = summary.rows + skipped;
  return { summary, understood: "real numbers", rowsRead, weightRead, skipped, warnings: [] };
}

function checkFinite(name: string, cells: Cells, i: number, numbers: readonly number[]): void {
  if (numbers.every(Number.isFinite)) return;
  const cell = cells[i];
  throw new InputError(
    isMissing(cell) || Number.isFinite(Number(cell))
      ? `column ${name} holds a number that is not finite; labels and weights are finite numbers`
      : `column ${name} holds ${shownCell(cell)}; labels are finite numbers`,
  );
}

const missingRows = (rows: number, name: string) =>
  new InputError(`${rows} rows have no label (column ${name}); add --missing skip to leave such rows out`);

/** `1 row has`, `2 rows have`. */
const rowsText = (rows: number, verb: "have" | "hold") =>
  rows === 1 ? `1 row ${verb === "have" ? "has" : "holds"}` : `${rows} rows ${verb}`;
