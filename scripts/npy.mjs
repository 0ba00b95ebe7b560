/**
 * A NumPy file of numbers: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @param {Uint8Array} bytes the elements, row after row
 * @param {string} dtype NumPy's name of their type, such as `<f4`
 * @param {number[]} shape
 */
export function npy(bytes, dtype, shape) {
  const about = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = `${about.padEnd(Math.ceil((about.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([start, Buffer.from(header), bytes]);
}
