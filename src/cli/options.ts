import { InvalidArgumentError } from "commander";

/** Parsers for commander's options: each throws one line that says what is allowed. */

/** A whole number of at least `least`. */
export function wholeNumber(least: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!(text.trim() !== "" && Number.isSafeInteger(value) && value >= least)) {
      throw new InvalidArgumentError(`give a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** Any finite number. */
export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("give a number.");
  return value;
}

/** A number greater than 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(text.trim() !== "" && value > 0 && value < Infinity))
    throw new InvalidArgumentError("give a number greater than 0.");
  return value;
}

/** Several words between commas. */
export function list(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}

/** An option's name as a flag writes it: `labelSmoothing` is `label-smoothing`. */
export const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
