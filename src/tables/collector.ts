import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import type { Accumulator } from "../labels/accumulator.ts";
import { BinaryAccumulator } from "../labels/binaryAccumulator.ts";
import { DistributionAccumulator } from "../labels/distributionAccumulator.ts";
import { NumberAccumulator } from "../labels/numberAccumulator.ts";
import { isNumber } from "../labels/orderClasses.ts";
import type { LabelSummary, NumberSummary } from "../labels/summary.ts";
import { SurvivalAccumulator } from "../labels/survivalAccumulator.ts";
import { isMissing, missingLabel, numberIn } from "./cell.ts";
import { chosenCollector } from "./chosenCollector.ts";
import { classCollector } from "./classCollector.ts";
import type { LabelChoices } from "./labelChoices.ts";
import type { CollectedRows, LabelCollector } from "./labelCollector.ts";
import type { Cells, TableCell } from "./table.ts";

/** The collector of the labels that a head reads, from columns of these names. */
export function collectorFor(
  columns: readonly string[],
  { reads, family }: Pick<Head, "reads" | "family">,
  options: LabelChoices,
): LabelCollector {
  const { as, missing } = options;
  if (reads === "nothing") throw new InputError("this loss reads no labels");
  if (reads === "survival") return survivalCollector(columns, options);
  if (reads === "numbers" || reads === "directions") {
    if (as === "classes" || as === "names")
      throw new InputError(
        `--as ${as} does not fit this loss, which reads numbers; leave it out, or give --as numbers`,
      );
    return numberCollector(columns, options, family === "regression");
  }
  if (as === "numbers")
    throw new InputError(
      "--as numbers does not fit this loss, which reads classes; use a loss for numbers, such as squared-error",
    );
  if (columns.length === 1)
    return reads === "classes" || as !== undefined
      ? classCollector(columns[0], options)
      : yesNoCollector(columns[0], options);
  if (reads === "classes") {
    return rowCollector(
      new DistributionAccumulator({ names: columns }),
      columns,
      options,
      () => `shares of ${columns.length} classes per row`,
    );
  }
  const skipMissing = missing === "skip" && !options.wholeRows;
  return rowCollector(
    new BinaryAccumulator({ names: columns, skipMissing }),
    columns,
    { ...options, keepMissing: skipMissing },
    () => `${columns.length} columns of yes/no labels`,
    signsToZeroOne(),
  );
}

/** Reads yes/no labels of -1 and 1 as 0 and 1. Throws InputError where -1 stands among 0 or fractions. */
function signsToZeroOne() {
  let [hasMinusOne, hasOther] = [false, false];
  return (value: number, row: number, column: string): number => {
    if (value === 1 || Number.isNaN(value)) return value;
    if (value === -1) hasMinusOne = true;
    else hasOther = true;
    if (hasMinusOne && hasOther) {
      throw new InputError(
        `invalid label in row ${row}: ${value} in column ${column}; yes/no labels are all from 0 to 1, or all -1 and 1`,
      );
    }
    return value === -1 ? 0 : value;
  };
}

/** Rows of numbers, one a column, handed to an accumulator. */
function rowCollector<Summary extends LabelSummary>(
  accumulator: Accumulator<number[], Summary>,
  columns: readonly string[],
  { missing, keepMissing = false }: LabelChoices & { readonly keepMissing?: boolean },
  understood: (summary: Summary) => string,
  convert?: (value: number, row: number, column: string) => number,
): LabelCollector {
  const valuesOf = ({ labels, firstRow }: CollectedRows, i: number) =>
    labels.map((cells, c) => {
      const value = numberIn(cells[i], firstRow + i, columns[c]);
      return convert ? convert(value, firstRow + i, columns[c]) : value;
    });
  return {
    add(read) {
      const { weights, counts, rows, firstRow } = read;
      let skipped = 0;
      for (let i = 0; i < rows; i++) {
        const row = firstRow + i;
        const values = valuesOf(read, i);
        const absent = keepMissing ? -1 : values.findIndex(Number.isNaN);
        if (absent < 0) accumulator.add(values, weights?.[i], row, counts?.[i]);
        else if (missing === "skip") skipped += counts?.[i] ?? 1;
        else throw missingLabel(row, columns[absent], read.labels[absent][i]);
      }
      return skipped;
    },
    summary: () => accumulator.summary(),
    understood: (summary) => understood(summary as Summary),
    labelsOf: (read) =>
      Array.from({ length: read.rows }, (_, i) => {
        const values = valuesOf(read, i);
        return values.some(Number.isNaN) ? undefined : values;
      }),
  };
}

function numberCollector(
  columns: readonly string[],
  options: LabelChoices,
  questionsClasses: boolean,
): LabelCollector {
  const accumulator = new NumberAccumulator({ names: columns });
  const collector = rowCollector(accumulator, columns, options, ({ columns: [{ exact, values }] }) =>
    columns.length > 1
      ? `${columns.length} columns of real numbers`
      : `real numbers${exact ? `, ${values.length} distinct` : ""}`,
  );
  return {
    ...collector,
    summary() {
      const summary = accumulator.summary();
      if (options.as !== "numbers" && questionsClasses) questionClassIds(summary, columns[0]);
      return summary;
    },
  };
}

/** Refuses one column of a few integers that leave none out, each often there: class indices, as far as one can tell. */
function questionClassIds({ columns, rows }: NumberSummary, name: string): void {
  const [{ values, exact }] = columns;
  const [low, high] = [values[0], values[values.length - 1]];
  const isRun = exact && values.every(Number.isInteger) && high - low + 1 === values.length;
  if (columns.length > 1 || !isRun || (low !== 0 && low !== 1)) return;
  if (values.length < 2 || values.length > 100 || rows < 5 * values.length) return;
  throw new InputError(
    `column ${name} holds only the integers ${low} to ${high}, which look like classes: use a loss for classes such as softmax, or add --as numbers`,
  );
}

/** One column of yes/no labels: numbers from 0 to 1, or the names of two classes (the second is yes). */
function yesNoCollector(column: string, options: LabelChoices): LabelCollector {
  const numbers = rowCollector(
    new BinaryAccumulator({ names: [column] }),
    [column],
    options,
    () => "yes/no labels",
    signsToZeroOne(),
  );
  return chosenCollector(({ labels }) => (isNumeric(labels[0]) ? numbers : classCollector(column, options)));
}

/** Whether the first entry that is not missing is a number or a boolean. */
function isNumeric(cells: Cells): boolean {
  if (!Array.isArray(cells)) return true;
  const first = (cells as readonly TableCell[]).find((cell) => !isMissing(cell));
  return typeof first === "string" ? isNumber(first) : first !== undefined;
}

function survivalCollector(columns: readonly string[], { missing }: LabelChoices): LabelCollector {
  if (columns.length !== 2) {
    throw new InputError(
      `this loss reads two columns, a time and an event (1 happened, 0 censored): --column TIME,EVENT, not ${columns.join(",")}`,
    );
  }
  const accumulator = new SurvivalAccumulator();
  const pairs: Accumulator<number[]> = {
    add: ([time, event], weight, row, rows) => accumulator.add([time, event], weight, row, rows),
    summary: () => accumulator.summary(),
  };
  return rowCollector(pairs, columns, { missing }, () => `times (${columns[0]}) with events (${columns[1]})`);
}
