/**
 * Running sums with a correction term each, so that the error of a sum of n numbers stays near one rounding instead of n.
 * A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, ZAMM 54 (1974), algorithm IV.
 */
export class CompensatedSums {
  private sums: Float64Array;
  private corrections: Float64Array;

  constructor(length: number) {
    this.sums = new Float64Array(length);
    this.corrections = new Float64Array(length);
  }

  get length(): number {
    return this.sums.length;
  }

  /** Adds `x` to sum number `i`. */
  add(i: number, x: number): void {
    const sum = this.sums[i];
    const next = sum + x;
    this.corrections[i] += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    this.sums[i] = next;
  }

  /** Makes room for sums up to number `length - 1`; new ones are 0. */
  grow(length: number): void {
    const capacity = Math.max(length, 2 * this.length);
    const [sums, corrections] = [new Float64Array(capacity), new Float64Array(capacity)];
    sums.set(this.sums);
    corrections.set(this.corrections);
    [this.sums, this.corrections] = [sums, corrections];
  }

  /** The sums so far (a copy), the first `length` of them. */
  values(length = this.length): Float64Array {
    return this.sums.slice(0, length).map((sum, i) => sum + this.corrections[i]);
  }

  value(i: number): number {
    return this.sums[i] + this.corrections[i];
  }
}
