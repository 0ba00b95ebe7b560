/** A whole number with commas: 13,850. Not by `toLocaleString`, whose first call takes 30 ms. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
