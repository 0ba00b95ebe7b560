import { InputError } from "../errors.ts";

/** Shape of an array written as nested lists, by its first entries. */
export function shapeOf(lists: readonly unknown[]): number[] {
  const shape: number[] = [];
  for (let inner: unknown = lists; Array.isArray(inner); [inner] = inner) shape.push(inner.length);
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
        `${file} has ${JSON.stringify(list)?.slice(0, 40)} where a list of ${length} is needed, as before it`,
      );
    });
  }
  return level.map(entry);
}
