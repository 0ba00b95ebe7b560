import { rename, rm, writeFile } from "node:fs/promises";
import { InputError } from "../errors.ts";
import { fileError } from "./openByteSource.ts";

/**
 * Writes a file whole or not at all: to a temporary file beside it, which is then renamed into place.
 * @throws InputError if it can't be written; then nothing is left behind
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<string> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new InputError(`cannot write ${path}: ${fileError(error)}`, { cause: error });
  }
  return path;
}
