/** DEFLATE (RFC 1951) without a wrapper, by the platform's own streams: the same in Node (from 20.12 on) and browsers. */

/** The inflated bytes, or undefined if the data is damaged or gives more than `size` bytes (then it stops at once). */
export async function inflateRaw(bytes: Uint8Array, size: number): Promise<Uint8Array | undefined> {
  const result = new Uint8Array(size);
  let length = 0;
  const reader = through(bytes, new DecompressionStream("deflate-raw")).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (length + part.value.length > size) {
        await reader.cancel();
        return undefined;
      }
      result.set(part.value, length);
      length += part.value.length;
    }
  } catch {
    return undefined;
  }
  return result.subarray(0, length);
}

export async function deflateRaw(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(through(bytes, new CompressionStream("deflate-raw"))).arrayBuffer(),
  );
}

function through(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
): ReadableStream<Uint8Array> {
  return new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(stream) as ReadableStream<Uint8Array>;
}
