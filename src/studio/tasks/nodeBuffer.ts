import { Buffer } from "buffer/";

// Readers of tables use it by this name without an import, as Node allows.
(globalThis as { Buffer?: unknown }).Buffer ??= Buffer;

/** Node's `node:buffer` in the page, for the readers of tables: vite.config.ts puts it in that one's place. */
export { Buffer };

/** Whether all bytes are below 128. */
export const isAscii = (bytes: Uint8Array): boolean => bytes.every((byte) => byte < 0x80);

/** Whether the bytes are valid UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
