import { InputError } from "../errors.ts";
import type { ByteSource } from "../files/byteSource.ts";
import { type NpyArray, openNpyArray } from "../files/npy.ts";
import { readZip } from "../files/zip.ts";
import type { CheckData } from "./checkData.ts";
import { evenlySpacedRows } from "./evenlySpacedRows.ts";
import { type InputRows, onlyInput } from "./modelOutputs.ts";

/**
 * Rows to run a model on, from a .npy file for a model of one input, or a .npz file with an array for each.
 *
 * @param maxRows rows to take, at most
 * @throws InputError where the arrays do not have the same number of rows, or are not those that the model takes
 */
export async function arrayData(source: ByteSource, maxRows: number): Promise<CheckData> {
  const { name: path } = source;
  const arrays = path.endsWith(".npz")
    ? await archiveArrays(source)
    : new Map<string | undefined, NpyArray>([[undefined, openNpyArray(source)]]);
  const lengths = new Set(Array.from(arrays.values(), ({ shape }) => shape[0]));
  const [available] = lengths;
  if (lengths.size !== 1 || !(available >= 2)) {
    throw new InputError(
      `${path} has arrays of ${[...lengths].map((length) => length ?? "no").join(" and ") || "no"} rows; all need the same number, 2 or more`,
    );
  }
  const picked = evenlySpacedRows(available, maxRows);
  const rowsOf = ({ shape, read }: NpyArray): InputRows => ({
    rows: picked.length,
    shape: shape.length === 1 ? [1] : shape.slice(1),
    read: (start, end) => read(picked.slice(start, end)),
  });
  return {
    picked,
    available,
    inputs(wanted) {
      if (arrays.size === 1) return { [onlyInput(wanted).name]: rowsOf([...arrays.values()][0]) };
      const missing = wanted.find(({ name }) => !arrays.has(name));
      if (missing) {
        throw new InputError(
          `${path} has no array ${missing.name}, as the model's input is called; it has ${[...arrays.keys()].join(", ")}`,
        );
      }
      return Object.fromEntries(wanted.map(({ name }) => [name, rowsOf(arrays.get(name)!)]));
    },
  };
}

async function archiveArrays(source: ByteSource): Promise<Map<string | undefined, NpyArray>> {
  const zip = readZip(source, source.name);
  const entries = [...zip.entries.keys()].filter((entry) => entry.endsWith(".npy"));
  return new Map(
    await Promise.all(
      entries.map(
        async (entry) => [entry.slice(0, -".npy".length), openNpyArray(await zip.open(entry))] as const,
      ),
    ),
  );
}
