import { InputError } from "../errors.ts";

/** A number as a program printed it. */
export interface ReportedNumber {
  readonly value: number;
  /** Half of the last digit's unit: what rounding may have changed. */
  readonly rounding: number;
}

/** @throws InputError on anything but a finite number; `~` before it means about */
export function reportedNumber(loss: number | string): ReportedNumber {
  const text = String(loss).trim();
  const [, about, digits, decimals = "", exponent = "0"] =
    /^(~?)([+-]?(?=\.?\d)\d*\.?(\d*))(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const value = Number(digits === undefined ? Number.NaN : `${digits}e${exponent}`);
  if (!Number.isFinite(value)) {
    throw new InputError(
      `invalid loss: ${text || "nothing"}; allowed: a finite number as the program prints it, such as 2.3026 or ~14 (for NaN and infinity: baserate check)`,
    );
  }
  const rounding = 0.5 * 10 ** (Number(exponent) - decimals.length);
  return { value, rounding: about ? Math.max(rounding, 0.03 * Math.abs(value)) : rounding };
}
