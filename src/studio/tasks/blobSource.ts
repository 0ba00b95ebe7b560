import { type ByteSource, checkRange } from "../../files/byteSource.ts";

/** Reads blobs at once; only workers have it, and TypeScript's library for pages does not know it. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** Formats read many small pieces one after the other, which would each cost a message to the browser's process. */
const blockBytes = 2 ** 16;

/** A dropped file as a source of bytes, in a worker. It stays on disk; only the bytes asked for are read. */
export function blobSource(name: string, blob: Blob): ByteSource {
  const reader = new FileReaderSync();
  const readAt = (offset: number, length: number) =>
    new Uint8Array(reader.readAsArrayBuffer(blob.slice(offset, offset + length)));
  let block = { start: 0, bytes: new Uint8Array() };
  const source = {
    name,
    size: blob.size,
    read(offset: number, length: number): Uint8Array {
      checkRange(source, offset, length);
      if (length > blockBytes) return readAt(offset, length);
      const isInBlock = offset >= block.start && offset + length <= block.start + block.bytes.length;
      if (!isInBlock) block = { start: offset, bytes: readAt(offset, blockBytes) };
      return block.bytes.slice(offset - block.start, offset - block.start + length);
    },
  };
  return source;
}
