import { InputError } from "../errors.ts";

/**
 * The first `counts[k]` images of each class k, in dataset order.
 *
 * @param counts images to keep of each class, at least 1 and at most as many as the class has
 * @returns row numbers, increasing
 * @throws InputError if a count is not such a number, naming the class and how many images it has
 */
export function imbalancedSubset(
  labels: ArrayLike<number | bigint> & Iterable<number | bigint>,
  counts: readonly number[],
  classNames: readonly string[],
): Uint32Array {
  const available = new Uint32Array(classNames.length);
  for (const label of labels) available[Number(label)]++;
  validateCounts(counts, available, classNames);

  return firstOfEachClass(labels, counts);
}

/** The first `counts[k]` rows of each class k, or as many as there are, increasing. */
export function firstOfEachClass(labels: ArrayLike<number | bigint>, counts: readonly number[]): Uint32Array {
  const missing = [...counts];
  return Uint32Array.from({ length: labels.length }, (_, row) => row).filter(
    (row) => missing[Number(labels[row])]-- > 0,
  );
}

/**
 * @param available training images of each class
 * @throws InputError if there is not one count per class, each from 1 to what is available
 */
export function validateCounts(
  counts: readonly number[],
  available: ArrayLike<number>,
  classNames: readonly string[],
): void {
  if (counts.length !== classNames.length) {
    throw new InputError(
      `invalid class counts: got ${counts.length}, expected one for each of the ${classNames.length} classes (${classNames.join(", ")})`,
    );
  }
  counts.forEach((count, k) => {
    if (!(Number.isInteger(count) && count >= 1 && count <= available[k])) {
      throw new InputError(
        `invalid class count: ${count} for class ${k} (${classNames[k]}); expected a whole number from 1 to ${available[k]}, the number of its training images`,
      );
    }
  });
}
