import { InvalidArgumentError } from "commander";
import { significant } from "../math/significant.ts";
import { grouped } from "./text.ts";

export { significant };

/** How many numbers of a long list are printed. */
const shown = 10;

/** A few numbers in full, of many the first ones and how many there are: `-0.357 -1.61 ... (1,000 in all)`. */
export function shortList(values: ArrayLike<number>): string {
  const first = Array.from({ length: Math.min(values.length, shown) }, (_, i) => significant(values[i]));
  return first.join(" ") + (values.length > shown ? ` ... (${grouped(values.length)} in all)` : "");
}

/** An option parser: numbers separated by commas or spaces. */
export function numberList(text: string): number[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const numbers = words.map(Number);
  const bad = words[numbers.findIndex((value) => !Number.isFinite(value))];
  if (words.length === 0 || bad !== undefined) {
    throw new InvalidArgumentError(
      `${bad ?? "it"} is not a number; write numbers separated by commas, as in 4000,100`,
    );
  }
  return numbers;
}
