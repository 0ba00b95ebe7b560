import { InputError } from "../errors.ts";
import { ClassAccumulator } from "../labels/classAccumulator.ts";
import type { IntegerArray } from "../labels/countIntegers.ts";
import { NameAccumulator } from "../labels/nameAccumulator.ts";
import { isNumber } from "../labels/orderClasses.ts";
import type { ClassSummary } from "../labels/summary.ts";
import { isMissing, missingLabel } from "./cell.ts";
import { chosenCollector } from "./chosenCollector.ts";
import type { LabelChoices } from "./labelChoices.ts";
import type { CollectedRows, LabelCollector } from "./labelCollector.ts";
import { similarNames } from "./similarNames.ts";
import type { Cells, TableCell } from "./table.ts";

/**
 * One column with one class per row. Integers are class indices if they are clearly 0..K-1; other entries are names of
 * classes. If it is not clear which they are, the user is asked.
 */
export function classCollector(column: string, options: LabelChoices): LabelCollector {
  return chosenCollector(({ labels }) =>
    holdsIndices(labels[0], options) ? indexCollector(column, options) : nameCollector(column, options),
  );
}

/** Whether cells are whole numbers, or number classes whose names are stated and others. */
function holdsIndices(cells: Cells, { as, classes }: LabelChoices): boolean {
  if (as === "names") return false;
  const first = Array.isArray(cells) ? cells.find((cell) => !isMissing(cell)) : undefined;
  const areTexts = typeof first === "string";
  return areTexts ? Array.isArray(classes) && isNumber(first) && !classes.includes(first) : isWhole(cells);
}

/** Whether cells are numbers by their type, and whole (where they are not missing). */
function isWhole(cells: Cells): boolean {
  if (Array.isArray(cells))
    return (
      cells.some((cell) => cell !== null) && cells.every((cell) => cell === null || Number.isInteger(cell))
    );
  return (
    !(cells instanceof Float64Array) || cells.every((value) => Number.isInteger(value) || Number.isNaN(value))
  );
}

function indexCollector(column: string, options: LabelChoices): LabelCollector {
  const { classes, missing } = options;
  const stated = typeof classes === "number" ? { classes } : { names: classes };
  const ignored = ignoredIndex(options);
  const accumulator = new ClassAccumulator({ ...stated, ignoreIndex: ignored });
  return {
    add: (rows) => withHint(() => addIndices(accumulator, rows, column, missing)),
    summary: () => questionGaps(accumulator.summary(), options, column),
    understood: (summary) => indicesText(summary as ClassSummary),
    labelsOf: ({ labels: [cells] }) =>
      Array.from<TableCell, number | undefined>(cells, (cell) =>
        isMissing(cell) ? undefined : Number(cell),
      ),
    ignored,
  };
}

function ignoredIndex({ ignoreIndex }: LabelChoices): number | undefined {
  if (ignoreIndex === undefined) return undefined;
  if (isNumber(ignoreIndex)) return Number(ignoreIndex);
  throw new InputError(
    `invalid --ignore-index: ${ignoreIndex}; the labels are class indices, so it is a number, such as -100`,
  );
}

function addIndices(
  accumulator: ClassAccumulator,
  { labels, weights, counts, rows, firstRow }: CollectedRows,
  column: string,
  missing: LabelChoices["missing"],
): number {
  const [cells] = labels;
  if (!Array.isArray(cells) && !(cells instanceof Float64Array) && counts === undefined) {
    accumulator.addAll(cells as IntegerArray, weights);
    return 0;
  }
  let skipped = 0;
  for (let i = 0; i < rows; i++) {
    if (!isMissing(cells[i])) accumulator.add(Number(cells[i]), weights?.[i], firstRow + i, counts?.[i]);
    else if (missing === "skip") skipped += counts?.[i] ?? 1;
    else throw missingLabel(firstRow + i, column, cells[i]);
  }
  return skipped;
}

function withHint<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof InputError && error.message.startsWith("invalid label"))) throw error;
    throw new InputError(
      `${error.message}; if that label marks rows to leave out, add --ignore-index; if each value is a class of its own, add --as names`,
    );
  }
}

const indicesText = ({ counts, names }: ClassSummary) =>
  `class indices 0 to ${counts.length - 1}${names ? ", named by --classes" : ""}`;

function nameCollector(column: string, options: LabelChoices): LabelCollector {
  const { as, classes, ignoreIndex, missing } = options;
  const order = typeof classes === "number" ? undefined : classes;
  const accumulator = new NameAccumulator({ order, ignore: ignoreIndex, spelling: booleanSpelling });
  const stated = new Set<TableCell>(order);
  if (ignoreIndex !== undefined) stated.add(ignoreIndex);
  const isAbsent = (cell: TableCell) => isMissing(cell) && !stated.has(cell);
  let isIndices = false;
  let places = new Map<string, number>();
  return {
    add({ labels: [cells], weights, counts, rows, firstRow }) {
      let skipped = 0;
      for (let i = 0; i < rows; i++) {
        const cell = cells[i];
        if (!isAbsent(cell))
          accumulator.add(
            typeof cell === "string" ? cell : String(cell),
            weights?.[i],
            firstRow + i,
            counts?.[i],
          );
        else if (missing === "skip") skipped += counts?.[i] ?? 1;
        else throw missingLabel(firstRow + i, column, cells[i]);
      }
      return skipped;
    },
    summary() {
      const summary = accumulator.summary();
      isIndices = as !== "names" && order === undefined && accumulator.names().every(isNumber);
      if (isIndices)
        return questionGaps(
          withHint(() => asIndices(summary, accumulator, options, column)),
          options,
          column,
        );
      if (!options.namesAreSure && summary.names!.includes(column)) {
        throw new InputError(
          `column ${column} has the name of one of its classes: add --no-header if that is the first label, --header if not`,
        );
      }
      questionIdentifiers(summary, options, column);
      places = new Map(summary.names!.map((name, k) => [name, k]));
      return summary;
    },
    understood: (summary) =>
      isIndices
        ? indicesText(summary as ClassSummary)
        : namesText(summary as ClassSummary, order !== undefined),
    labelsOf: ({ labels: [cells] }) =>
      Array.from<TableCell, number | undefined>(cells, (cell) => {
        if (isAbsent(cell)) return undefined;
        const name = String(cell);
        if (name === ignoreIndex) return isIndices ? Number(name) : ignoredName;
        return isIndices ? Number(name) : places.get(accumulator.counted(name));
      }),
    warnings: () => (isIndices ? [] : similarNames(accumulator.names())),
    get ignored() {
      if (ignoreIndex === undefined) return undefined;
      return isIndices ? Number(ignoreIndex) : ignoredName;
    },
  };
}

/** Spreadsheets write TRUE, Python True and SQL true. */
const booleanSpelling = (name: string) => (/^(true|false)$/i.test(name) ? name.toLowerCase() : undefined);

/** Stands for the name of rows to leave out, among the indices of names. */
const ignoredName = -1;

const namesText = ({ counts }: ClassSummary, stated: boolean) =>
  `${counts.length} class names, in ${stated ? "the order of --classes" : "sorted order"}`;

/** Classes counted by the text of their indices, as classes counted by index. */
function asIndices(
  summary: ClassSummary,
  accumulator: NameAccumulator,
  { classes }: LabelChoices,
  column: string,
): ClassSummary {
  const fraction = summary.names!.find((name) => !Number.isInteger(Number(name)));
  if (fraction !== undefined) {
    throw new InputError(
      `row ${accumulator.firstRow(fraction)} holds ${fraction} as ${column}, which looks like a real number and not a class: use a loss for numbers such as squared-error, or add --as names`,
    );
  }
  const indices = new ClassAccumulator({ classes: classes as number | undefined });
  summary.names!.forEach((name, k) => {
    indices.add(Number(name), summary.counts[k], accumulator.firstRow(name));
  });
  return { ...indices.summary(), rows: summary.rows, ignored: summary.ignored };
}

/** Refuses integers that leave out 0, or most of the numbers up to their largest: they may be indices with classes absent, or names. */
function questionGaps(
  summary: ClassSummary,
  { as, classes, indicesAreSure }: LabelChoices,
  column: string,
): ClassSummary {
  const { counts } = summary;
  const present = counts.filter((count) => count > 0).length;
  if (
    as === "classes" ||
    indicesAreSure ||
    classes !== undefined ||
    (counts[0] > 0 && 2 * present >= counts.length)
  )
    return summary;
  throw new InputError(
    `column ${column} holds ${present === 1 ? `one integer, ${counts.length - 1}` : `${present} distinct integers from ${counts.findIndex((count) => count > 0)} to ${counts.length - 1}`}: ` +
      `add --classes ${counts.length} if they are class indices from 0, or --as names if each is a class of its own`,
  );
}

/** Refuses names of which most occur once. */
function questionIdentifiers(
  { counts, rows }: ClassSummary,
  { as, classes }: LabelChoices,
  column: string,
): void {
  if (as !== undefined || classes !== undefined || rows < 20 || counts.length <= rows / 2) return;
  throw new InputError(
    `column ${column} holds ${counts.length} distinct texts in ${rows} rows, which do not look like classes; add --as names if they are`,
  );
}
