import { grouped } from "../math/grouped.ts";
import { significant } from "../math/significant.ts";

export { grouped, significant };

/** A loss as the page shows it. */
export const lossText = (value: number | null | undefined) =>
  value === null || value === undefined ? "not known" : value.toFixed(4);

/** A share in percent; its sign stays on the line of its number. */
export const percent = (share: number) => `${(100 * share).toFixed(share < 0.01 ? 2 : 1)}\u00a0%`;

/** A bias, a mean: four digits after the point unless it is very small or large. */
export const short = (value: number) =>
  value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5)
    ? value.toFixed(4)
    : value.toExponential(3);

/** How many numbers of a long list are shown. */
const shown = 10;

/** A few numbers in full, of many the first ones and how many there are. */
export function shortList(values: readonly number[]): string {
  const first = values.slice(0, shown).map(significant).join(" ");
  return first + (values.length > shown ? ` … (${grouped(values.length)} in all)` : "");
}
