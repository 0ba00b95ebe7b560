import { InputError } from "../errors.ts";
import { shownValue } from "./shownValue.ts";

/** NumPy's limit. */
const maxDimensions = 64;

/**
 * Shape of an array written as nested lists, by its first entries.
 *
 * @throws InputError if it is empty, or nested deeper than any array
 */
export function shapeOf(file: string, lists: readonly unknown[]): number[] {
  const shape: number[] = [];
  for (let inner: unknown = lists; Array.isArray(inner); [inner] = inner) shape.push(inner.length);
  if (shape.length > maxDimensions) {
    throw new InputError(
      `${file} has lists nested ${shape.length} deep; arrays have at most ${maxDimensions} dimensions`,
    );
  }
  if (shape.includes(0))
    throw new InputError(`${file} holds an empty list where labels or numbers are needed`);
  return shape;
}

/**
 * The entries of nested lists, row-major.
 *
 * @throws InputError if they are not of one shape
 */
export function flattened<T>(
  file: string,
  lists: unknown,
  shape: readonly number[],
  entry: (value: unknown) => T,
): T[] {
  let level: unknown[] = [lists];
  for (const length of shape) {
    level = level.flatMap((list) => {
      if (Array.isArray(list) && list.length === length) return list;
      throw new InputError(
        `${file} has ${shownValue(list)} where a list of ${length} is needed, like those before it`,
      );
    });
  }
  return level.map(entry);
}
