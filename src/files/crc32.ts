/**
 * CRC-32 as zip files use it and CRC-32C as TensorFlow does (reflected, all ones before and after), and the change of a
 * CRC when some bytes in the middle change, without reading the rest: CRC is linear, so the change is the CRC of the
 * difference, with nothing before it and as many zero bytes after it as the file has (as crc32_combine in zlib does).
 */
const polynomial = 0xedb88320;
/** Castagnoli's polynomial, reflected. */
const polynomialC = 0x82f63b78;

const tableOf = (reflected: number) =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ reflected : crc >>> 1;
    return crc;
  });
const table = tableOf(polynomial);
const tableC = tableOf(polynomialC);

/** The register after `bytes`, from `register` on, without the ones before and after. */
function feed(register: number, bytes: Uint8Array, by = table): number {
  for (const byte of bytes) register = (register >>> 8) ^ by[(register ^ byte) & 0xff];
  return register >>> 0;
}

export function crc32(bytes: Uint8Array): number {
  return ~feed(0xffffffff, bytes) >>> 0;
}

export function crc32c(bytes: Uint8Array): number {
  return ~feed(0xffffffff, bytes, tableC) >>> 0;
}
/** The product of two polynomials over GF(2) modulo the CRC's; bit 31 is the coefficient of x^0. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= b;
    b = b & 1 ? (b >>> 1) ^ polynomial : b >>> 1;
  }
  return product >>> 0;
}

/** The CRC after `before` has been replaced by `after` (same length), where `tail` bytes follow them. */
export function crc32Changed(crc: number, before: Uint8Array, after: Uint8Array, tail: number): number {
  let difference = feed(
    0,
    before.map((byte, i) => byte ^ after[i]),
  );
  // x^(8 tail) by squaring: `power` runs through x^8, x^16, x^32, ...
  for (let power = 0x00800000, rest = tail; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) difference = multiply(difference, power);
    power = multiply(power, power);
  }
  return (crc ^ difference) >>> 0;
}
