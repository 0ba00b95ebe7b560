import { InputError } from "../errors.ts";

/**
 * The order of named classes, which is that of the output's units: "sorted" by code unit (scikit-learn's, Keras's and
 * torchvision's order), "numeric" by value, or the names themselves.
 */
export type ClassOrder = "sorted" | "numeric" | readonly string[];

/** `names` in that order; without one, numeric if every name is a number and sorted otherwise. */
export function orderClasses(names: readonly string[], order?: ClassOrder): readonly string[] {
  if (Array.isArray(order)) return order;
  if (order === "sorted" || (order === undefined && !names.every(isNumber))) return [...names].sort();
  const word = names.find((name) => !isNumber(name));
  if (word !== undefined)
    throw new InputError(`class ${word} is not a number, so the order cannot be numeric`);
  return [...names].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
}

/** Whether a text is a finite number, and nothing else. */
export function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}
