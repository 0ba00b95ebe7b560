/** A change to a file: `remove` bytes from `offset` on are replaced by `bytes`. Patches never overlap. */
export interface Patch {
  /** Name of the file, or of an entry of a zip file before `ZipFile.finish`. */
  readonly file: string;
  readonly offset: number;
  /** Equal to `bytes.length` where the file keeps its size. */
  readonly remove: number;
  readonly bytes: Uint8Array;
}
