import { InputError } from "../errors.ts";

/** How files of a binary format start. */
const starts = {
  gzip: "\x1f\x8b",
  npy: "\x93NUMPY",
  parquet: "PAR1",
};

/** Formats that are not read, with what to do instead. */
const refused: readonly [start: string, name: string, instead: string][] = [
  ["PK\x03\x04", "a zip archive (.npz and .xlsx are zip archives too)", "save the labels as .npy or .csv"],
  ["\x89HDF", "HDF5", "save the labels as .npy or .csv"],
  [
    "\x80",
    "a Python pickle, which is never opened since it could run code",
    "save the labels as .npy or .csv",
  ],
  ["ARROW1", "Arrow (Feather)", "save it as Parquet: df.to_parquet(path)"],
  ["ORC", "ORC", "save it as Parquet"],
  ["Obj\x01", "Avro", "save it as Parquet"],
  ["\x28\xb5\x2f\xfd", "compressed with Zstandard", "unpack it first: zstd -d"],
  ["BZh", "compressed with bzip2", "unpack it first: bunzip2"],
  ["\xfd7zXZ", "compressed with xz", "unpack it first: unxz"],
  ["SQLite format 3", "an SQLite database", "write sqlite: before its path, and say --table and --column"],
];

const startsWith = (bytes: Uint8Array, start: string) =>
  Array.from(start).every((letter, i) => bytes[i] === letter.charCodeAt(0));

export const isGzip = (bytes: Uint8Array): boolean => startsWith(bytes, starts.gzip);

/**
 * The binary format that the first bytes of a file tell; undefined for text.
 *
 * @throws InputError for binary formats that are not read
 */
export function binaryFormat(file: string, bytes: Uint8Array): "npy" | "parquet" | undefined {
  for (const [start, name, instead] of refused) {
    if (startsWith(bytes, start)) throw new InputError(`${file} is ${name}: ${instead}`);
  }
  if (startsWith(bytes, starts.npy)) return "npy";
  return startsWith(bytes, starts.parquet) ? "parquet" : undefined;
}
