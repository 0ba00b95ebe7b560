import type { SeededRandom } from "../src/math/seededRandom.ts";

/** Numbers that lengths, counts and offsets are damaged with. */
const extremes = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
];

/** A copy with one to four damages: cut short, bytes changed, an extreme number written, a part left out or doubled. */
export function damage(original: Uint8Array, { integer }: SeededRandom): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (let count = 1 + integer(4); count > 0 && bytes.length > 0; count--) {
    const at = integer(bytes.length);
    const length = 1 + integer(Math.min(64, bytes.length - at));
    switch (integer(6)) {
      case 0:
        bytes = bytes.slice(0, at);
        break;
      case 1:
        bytes[at] = integer(256);
        break;
      case 2:
        bytes[at] ^= 1 << integer(8);
        break;
      case 3: {
        const number = new Uint8Array(new BigUint64Array([extremes[integer(extremes.length)]]).buffer);
        bytes.set(number.subarray(0, Math.min([1, 2, 4, 8][integer(4)], bytes.length - at)), at);
        break;
      }
      case 4:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
        break;
      default:
        bytes = Uint8Array.from([...bytes.subarray(0, at + length), ...bytes.subarray(at)]);
    }
  }
  return bytes;
}
