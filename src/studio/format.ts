export { significant } from "../math/significant.ts";

/** A loss as the page shows it. */
export const lossText = (value: number | null | undefined) =>
  value === null || value === undefined ? "not known" : value.toFixed(4);

/** 13,850. */
export const grouped = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });

export const percent = (share: number) => `${(100 * share).toFixed(share < 0.01 ? 2 : 1)} %`;

/** A bias, a mean: four digits after the point unless it is very small or large. */
export const short = (value: number) =>
  value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5)
    ? value.toFixed(4)
    : value.toExponential(3);
