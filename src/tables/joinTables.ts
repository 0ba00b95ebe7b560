import { InputError } from "../errors.ts";
import type { Chunk, Table } from "./table.ts";

/**
 * The rows of several tables, one table after the other, each opened when it is its turn.
 *
 * @throws InputError (while reading) where a table has other columns than the first
 */
export async function joinTables(
  names: readonly string[],
  open: (name: string) => Promise<Table>,
): Promise<Table> {
  const first = await open(names[0]);
  async function* chunks(): AsyncGenerator<Chunk> {
    yield* first.chunks;
    for (const name of names.slice(1)) {
      const table = await open(name);
      if (table.columns.join() !== first.columns.join()) {
        throw new InputError(
          `${name} has the columns ${table.columns.join(", ")}, and ${names[0]} has ${first.columns.join(", ")}`,
        );
      }
      yield* table.chunks;
    }
  }
  return { format: first.format, columns: first.columns, chunks: chunks() };
}
