import { existsSync, statSync } from "node:fs";
import { InputError } from "../errors.ts";
import type { Head } from "../heads/head.ts";
import { readGrouped } from "../tables/groupedTable.ts";
import type { LabelChoices } from "../tables/labelChoices.ts";
import { type LabelsRead, readLabels } from "../tables/readLabels.ts";
import type { DatabaseFlags } from "./databaseLabels.ts";
import { progressLine } from "./progressLine.ts";

/** Whether paths are several files, a pattern, or a folder of tables; images in folders have no columns. */
export function isManyFiles(paths: readonly string[], { column }: DatabaseFlags): boolean {
  if (paths.length !== 1) return paths.length > 1;
  const [path] = paths;
  if (existsSync(path)) return column !== undefined && statSync(path).isDirectory();
  return /[*?[]/.test(path);
}

/**
 * The labels of many files: by DuckDB where it is installed, on all cores, and otherwise by our own readers, one file after
 * the other, which need to be told the files one by one.
 */
export async function readManyFiles(
  head: Head,
  paths: readonly string[],
  { column, weightColumn, where, header }: DatabaseFlags & { readonly header?: boolean },
  choices: LabelChoices,
): Promise<{ place: string; read: LabelsRead }> {
  if (column === undefined)
    throw new InputError("missing --column: name the column of the files that holds the labels");
  const progress = progressLine(`reading ${paths.length === 1 ? paths[0] : `${paths.length} files`}`);
  progress.show(0, 1);
  try {
    const { groupFiles } = await import("../tables/databases/duckdbFiles.ts");
    const table = await groupFiles(paths, { columns: column, weightColumn, where }, head.reads);
    const read = await readGrouped(table, head, { ...choices, weighted: false });
    return { place: `${shown(paths)}: ${table.files} files, by DuckDB`, read };
  } catch (error) {
    const isMissing = ((error as Error).cause as NodeJS.ErrnoException)?.code === "ERR_MODULE_NOT_FOUND";
    if (
      !isMissing ||
      where !== undefined ||
      !paths.every((path) => existsSync(path) && statSync(path).isFile())
    )
      throw error;
    const { joinTables } = await import("../tables/joinTables.ts");
    const { openTable } = await import("../tables/openTable.ts");
    const columns = weightColumn === undefined ? column : [...column, weightColumn];
    const table = await joinTables(paths, (path) => openTable(path, { columns, header }));
    const read = await readLabels(table, head, choices);
    return { place: `${shown(paths)}: ${paths.length} files, one after the other`, read };
  } finally {
    progress.end();
  }
}

const shown = (paths: readonly string[]) =>
  paths.length > 2 ? `${paths[0]} to ${paths.at(-1)}` : paths.join(", ");
