import { isUtf8 } from "node:buffer";
import { InputError } from "../errors.ts";

const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/** Bytes looked at to tell an encoding. */
const sampleBytes = 2 ** 16;

/**
 * Text as UTF-8 without a byte order mark, its lines ended by line feeds. UTF-16 is told by its byte order mark; files with
 * carriage returns alone, as old spreadsheets write them, by their first bytes.
 *
 * @param first the first bytes of the text, at least 4 KB where there are as many
 * @param encoding the encoding as the WHATWG names it: `windows-1252`, `shift_jis`; UTF-8 unless given
 * @throws InputError for bytes that are not of the encoding
 */
export async function* decodeText(
  file: string,
  first: Uint8Array,
  bytes: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
): AsyncGenerator<Uint8Array> {
  const stated = encoding ?? byteOrderMark(first);
  if (stated === undefined && first.includes(0)) throw withZeros(file, first);
  const text = stated === undefined ? validUtf8(file, bytes) : transcoded(file, bytes, stated);
  // A line feed may follow a carriage return that is the last of the first bytes.
  const isOldMac = first.subarray(0, -1).includes(carriageReturn) && !first.includes(lineFeed);
  for await (const part of text) {
    yield isOldMac ? part.map((byte) => (byte === carriageReturn ? lineFeed : byte)) : part;
  }
}

/** The encoding that a byte order mark tells, if there is one and it is not UTF-8's. */
function byteOrderMark(first: Uint8Array): string | undefined {
  if (first[0] === 0xff && first[1] === 0xfe) return "utf-16le";
  return first[0] === 0xfe && first[1] === 0xff ? "utf-16be" : undefined;
}

/** The refusal of bytes of 0, which text in UTF-8 does not have: every other byte of English text in UTF-16 is one. */
function withZeros(file: string, first: Uint8Array): InputError {
  const zeros = [0, 0];
  first.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]++;
  });
  const [even, odd] = zeros;
  if (Math.max(even, odd) < first.length / 4 || Math.min(even, odd) > first.length / 16) {
    return new InputError(`${file} is not a text file: it holds bytes of 0`);
  }
  const encoding = odd > even ? "utf-16le" : "utf-16be";
  return new InputError(`${file} looks like UTF-16: add --encoding ${encoding}`);
}

async function* transcoded(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array> {
  const decoder = decoderOf(encoding);
  const encoder = new TextEncoder();
  const decode = (part?: Uint8Array) => {
    try {
      return encoder.encode(decoder.decode(part, { stream: part !== undefined }));
    } catch {
      throw new InputError(`${file} is not in ${encoding}; --encoding names the encoding of a text file`);
    }
  };
  for await (const part of bytes) yield decode(part);
  yield decode();
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new InputError(
      `unknown encoding: ${encoding}; known are those of web browsers, such as windows-1252, utf-16le, shift_jis or gb18030`,
    );
  }
}

/** The bytes, without UTF-8's byte order mark, in parts that end between characters. */
async function* validUtf8(file: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = new Uint8Array(0);
  let isFirst = true;
  for await (const part of bytes) {
    const block = rest.length === 0 ? part : Buffer.concat([rest, part]);
    const end = completeCharacters(block);
    const whole = block.subarray(0, end);
    if (!isUtf8(whole)) throw await notUtf8(file, block);
    rest = Uint8Array.from(block.subarray(end));
    const hasMark = isFirst && whole[0] === 0xef && whole[1] === 0xbb && whole[2] === 0xbf;
    if (whole.length > 0) isFirst = false;
    yield hasMark ? whole.subarray(3) : whole;
  }
  if (rest.length > 0) throw await notUtf8(file, rest);
}

/** Where the last complete character ends: a lead byte of UTF-8 says how many bytes (up to 4) its character has. */
function completeCharacters(block: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, block.length); back++) {
    const byte = block[block.length - back];
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? block.length - back : block.length;
  }
  return block.length;
}

/** The refusal of text that is not UTF-8, with the encoding that it most likely is in and how its first odd line then reads. */
async function notUtf8(file: string, block: Uint8Array): Promise<InputError> {
  const { detect } = await import("chardet");
  const sample = block.subarray(0, sampleBytes);
  const found = detect(sample)?.toLowerCase() ?? "windows-1252";
  const encoding = found === "iso-8859-1" || found.startsWith("utf-8") ? "windows-1252" : found;
  const lines = Buffer.from(block).toString("latin1").split("\n");
  const odd = lines.find((line) => !isUtf8(Buffer.from(line, "latin1"))) ?? lines[0];
  const text = new TextDecoder(encoding).decode(Buffer.from(odd.slice(0, 60), "latin1")).trim();
  return new InputError(
    `${file} is not in UTF-8; it looks like ${encoding}, in which a line of it reads "${text}": if that is right, add --encoding ${encoding}`,
  );
}
