import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { InputError } from "../errors.ts";
import { type ByteSource, checkRange } from "./byteSource.ts";

/** A file as a source of bytes. Throws an InputError if it can't be opened. */
export function openByteSource(path: string, name = path): { source: ByteSource; close(): void } {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw new InputError(`${path}: ${fileError(error)}`);
  }
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) {
    closeSync(descriptor);
    throw new InputError(`${path}: ${stat.isDirectory() ? "a folder, not a file" : "not a regular file"}`);
  }
  const source = {
    name,
    size: stat.size,
    read(offset: number, length: number): Uint8Array {
      checkRange(source, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const count = readSync(descriptor, bytes, done, length - done, offset + done);
        if (count === 0) throw new InputError(`${path}: the file became shorter while it was read`);
        done += count;
      }
      return bytes;
    },
  };
  return { source, close: () => closeSync(descriptor) };
}

/** Why a file can't be opened or written, in plain words instead of the system's. */
export function fileError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ENOTDIR") return "a part of the path is a file, not a folder";
  if (code === "EISDIR") return "it is a folder";
  return message;
}
