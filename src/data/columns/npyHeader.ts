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
export function npyHeader(file: string, start: Uint8Array): NpyHeader {
  const broken = (why: string) => new InputError(`${file} is no NumPy array: ${why}`);
  if (start.length < 12 || String.fromCharCode(...start.subarray(0, 6)) !== "\x93NUMPY")
    throw broken("it does not start with \\x93NUMPY");
  const wide = start[6] >= 2;
  const numbers = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const offset = wide ? 12 + numbers.getUint32(8, true) : 10 + numbers.getUint16(8, true);
  if (offset > start.length) throw broken(`its header cannot have ${offset} bytes`);
  const header = new TextDecoder().decode(start.subarray(wide ? 12 : 10, offset));
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

/** Far more than NumPy writes for any simple type. */
export const longestHeader = 2 ** 16;

/** What is read from on demand: a file, or an entry of an archive. */
export interface NpySource {
  readonly name: string;
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

/** The header of a .npy file that is read on demand. */
export function readNpyHeader(source: NpySource): NpyHeader {
  return npyHeader(source.name, source.read(0, Math.min(source.size, longestHeader)));
}
