import { InputError } from "../errors.ts";
import { seededRandom } from "../math/seededRandom.ts";

/**
 * The batches of one epoch: the rows in random order, `batchSize` at a time; the last batch may be shorter (as in
 * Keras's `fit`). The order depends on the seed and the epoch alone, so that all arms of a seed see the same batches.
 *
 * @returns views of one array that holds each row once
 */
export function epochBatches(
  rows: Uint32Array,
  batchSize: number,
  seed: number,
  epoch: number,
): Uint32Array[] {
  if (!(Number.isInteger(batchSize) && batchSize >= 1)) {
    throw new InputError(`invalid batch size: ${batchSize}; expected a whole number of at least 1`);
  }
  const order = seededRandom(seed, `order/${epoch}`).shuffle(rows.slice());
  return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, i) =>
    order.subarray(i * batchSize, (i + 1) * batchSize),
  );
}
