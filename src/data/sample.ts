import { InputError } from "../errors.ts";

/**
 * The first `quotas[k]` images of each class k, in dataset order: walks the labels and keeps a row while its class is
 * under quota.
 *
 * @param quotas images to keep of each class, at least 1 and at most as many as the class has
 * @returns row numbers, increasing
 * @throws InputError if a quota is not such a number, naming the class, the quota and the supply
 */
export function sample(
  labels: Uint8Array,
  quotas: readonly number[],
  classNames: readonly string[],
): Uint32Array {
  if (quotas.length !== classNames.length) {
    throw new InputError(
      `wrong number of class counts: ${quotas.length}; give one for each of the ${classNames.length} classes (${classNames.join(", ")})`,
    );
  }
  const supply = new Uint32Array(classNames.length);
  for (const label of labels) supply[label]++;
  quotas.forEach((quota, k) => {
    if (!(Number.isInteger(quota) && quota >= 1 && quota <= supply[k])) {
      throw new InputError(
        `invalid class count: ${quota} for class ${k} (${classNames[k]}); give a whole number from 1 to ${supply[k]}, all that the training set has`,
      );
    }
  });

  const rows = new Uint32Array(quotas.reduce((sum, quota) => sum + quota, 0));
  const missing = [...quotas];
  let kept = 0;
  for (let row = 0; kept < rows.length; row++) {
    if (missing[labels[row]]-- > 0) rows[kept++] = row;
  }
  return rows;
}
