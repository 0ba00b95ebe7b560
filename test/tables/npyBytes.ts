/**
 * A .npy file of version 1: magic, version, length of the header, header, numbers.
 *
 * @param type the dtype as NumPy writes it: `<f4`
 */
export function npyBytes(type: string, shape: readonly number[], numbers: ArrayBufferView): Uint8Array {
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = `${text.padEnd(117)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0]);
  const { buffer, byteOffset, byteLength } = numbers;
  return Buffer.concat([start, Buffer.from(header), new Uint8Array(buffer, byteOffset, byteLength)]);
}
