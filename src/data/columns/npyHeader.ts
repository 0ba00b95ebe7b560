import { InputError } from "../../errors.ts";

export interface NpyHeader {
  /** As NumPy writes it: `<i8`. */
  readonly type: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the numbers start, in bytes. */
  readonly offset: number;
}

/**
 * The header of a .npy file: \x93NUMPY, version (2 bytes), the header's length (2 bytes, 4 from version 2 on), and a
 * Python dictionary. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function npyHeader(file: string, start: Buffer): NpyHeader {
  const broken = (why: string) => new InputError(`${file} is no NumPy array: ${why}`);
  if (start.length < 12 || start.toString("latin1", 0, 6) !== "\x93NUMPY")
    throw broken("it does not start with \\x93NUMPY");
  const wide = start[6] >= 2;
  const offset = wide ? 12 + start.readUInt32LE(8) : 10 + start.readUInt16LE(8);
  if (offset > start.length) throw broken(`its header cannot have ${offset} bytes`);
  const header = start.toString("utf8", wide ? 12 : 10, offset);
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (type === undefined) throw broken("its entries are not of one simple type");
  if (fortran === undefined || shape === undefined)
    throw broken(`its header reads ${header.trim().slice(0, 60)}`);
  const lengths = shape.match(/\d+/g)?.map(Number) ?? [];
  if (!Number.isSafeInteger(lengths.reduce((a, b) => a * b, 1))) throw broken(`its shape is (${shape})`);
  return { type, fortran: fortran === "True", shape: lengths, offset };
}
