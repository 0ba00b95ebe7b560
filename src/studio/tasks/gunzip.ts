import { Inflate } from "pako";

/** Bytes that are unpacked at once. */
const chunkSize = 2 ** 18;

/**
 * Unpacks gzip as Node's zlib does: files of several members too, which the browser's DecompressionStream refuses.
 *
 * @throws Error for damaged bytes, in zlib's words
 */
export async function* gunzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let unpacked: Uint8Array[] = [];
  const start = () => {
    const inflate = new Inflate({ chunkSize });
    inflate.onData = (part) => unpacked.push(part as Uint8Array);
    return inflate;
  };
  let inflate = start();
  for await (const part of bytes) {
    if (inflate.ended) inflate = start();
    inflate.push(part);
    if (inflate.err !== 0) throw new Error(inflate.msg);
    yield* unpacked;
    unpacked = [];
  }
  if (!inflate.ended) throw new Error("unexpected end of file");
}
