import { InputError } from "../errors.ts";
import { type Accumulator, checkedWeight, checkNotEmpty } from "./accumulator.ts";
import { CompensatedSums } from "./compensatedSums.ts";
import type { SurvivalSummary } from "./summary.ts";

/** A time, and whether the event happened then (true) or the row was only seen until then. */
export type SurvivalRow = readonly [time: number, event: boolean | number];

/** Summarises times to an event, right-censored. Distinct times are all kept: bin continuous times first. */
export class SurvivalAccumulator implements Accumulator<SurvivalRow, SurvivalSummary> {
  /** Number of each time in the sums below: twice it for its events, one more for its censored rows. */
  private readonly numbers = new Map<number, number>();
  private readonly weights = new CompensatedSums(0);
  private rows = 0;

  add([time, event]: SurvivalRow, weight = 1, row = this.rows + 1, rows = 1): void {
    checkedWeight(weight, row);
    if (!(time > 0 && time < Number.POSITIVE_INFINITY)) {
      throw new InputError(`invalid time in row ${row}: ${time}; times are finite and above 0`);
    }
    if (Number(event) !== 0 && Number(event) !== 1) {
      throw new InputError(`invalid event in row ${row}: ${event}; it is 1 (happened) or 0 (censored)`);
    }
    const number = this.numbers.get(time) ?? this.numbers.size;
    if (number === this.numbers.size) {
      this.numbers.set(time, number);
      if (this.weights.length < 2 * number + 2) this.weights.grow(2 * number + 2);
    }
    this.weights.add(2 * number + (Number(event) === 1 ? 0 : 1), weight);
    this.rows += rows;
  }

  summary(): SurvivalSummary {
    const times = Float64Array.from(this.numbers.keys()).sort();
    const weight = (censored: 0 | 1) =>
      times.map((time) => this.weights.value(2 * this.numbers.get(time)! + censored));
    const [events, censored] = [weight(0), weight(1)];
    checkNotEmpty(
      this.rows,
      events.reduce((sum, count, i) => sum + count + censored[i], 0),
    );
    return { kind: "survival", times, events, censored, rows: this.rows };
  }
}
