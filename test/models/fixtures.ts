import { join } from "node:path";
import type { Patch } from "../../src/files/patch.ts";

/** A file of test/files/models; scripts/fixtures/ wrote them. */
export function fixture(name: string): string {
  return join(import.meta.dirname, "../files/models", name);
}

/** The file with the patches put in, the obvious way. */
export function applyPatches(file: Uint8Array, patches: readonly Patch[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { offset, remove, bytes } of [...patches].sort((a, b) => a.offset - b.offset)) {
    parts.push(file.subarray(at, offset), bytes);
    at = offset + remove;
  }
  return Buffer.concat([...parts, file.subarray(at)]);
}
