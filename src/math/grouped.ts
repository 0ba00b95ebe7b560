/** A number with commas, of a fraction at most two digits: 13,850. Not by `toLocaleString`, whose first call takes 30 ms. */
export function grouped(value: number): string {
  return String(Number(value.toFixed(2))).replace(/(?<!\.\d*)\B(?=(\d{3})+(?!\d))/g, ",");
}
