import { chmod, constants, copyFile, open, stat } from "node:fs/promises";
import { InputError } from "../errors.ts";
import type { Patch } from "./patch.ts";

/** Bytes copied at a time where a file changes its size. */
const chunkBytes = 2 ** 22;

/**
 * Copies a file with its patches (in order of their offsets) in place. Memory stays flat whatever the file's size; where
 * no patch changes the size, the file system may share the unchanged blocks.
 */
export async function copyPatched(from: string, to: string, patches: readonly Patch[]): Promise<void> {
  const { size, mode } = await stat(from);
  if (patches.every(({ remove, bytes }) => remove === bytes.length)) {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await chmod(to, mode | 0o200);
    const file = await open(to, "r+");
    try {
      for (const { offset, bytes } of patches) await file.write(bytes, 0, bytes.length, offset);
      await file.sync();
    } finally {
      await file.close();
    }
  } else {
    await splice(from, to, size, patches);
  }
  await chmod(to, mode);
}

async function splice(from: string, to: string, size: number, patches: readonly Patch[]): Promise<void> {
  const source = await open(from, "r");
  const target = await open(to, "wx");
  try {
    const buffer = new Uint8Array(chunkBytes);
    let at = 0;
    for (const { offset, remove, bytes } of [
      ...patches,
      { offset: size, remove: 0, bytes: new Uint8Array() },
    ]) {
      while (at < offset) {
        const { bytesRead } = await source.read(buffer, 0, Math.min(chunkBytes, offset - at), at);
        if (bytesRead === 0) throw new InputError(`${from}: the file became shorter while it was copied`);
        await target.write(buffer, 0, bytesRead);
        at += bytesRead;
      }
      await target.write(bytes);
      at = offset + remove;
    }
    await target.sync();
  } finally {
    await source.close();
    await target.close();
  }
}
