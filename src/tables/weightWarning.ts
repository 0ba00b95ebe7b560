import { grouped } from "../math/grouped.ts";
import type { LabelsRead } from "./readLabels.ts";

/** Weights that look like counts: many frameworks divide by the number of rows, whatever their weights. */
export function weightWarning(
  { rowsRead, weightRead }: LabelsRead,
  weightColumn: string | undefined,
): string[] {
  if (weightColumn === undefined || !Number.isInteger(weightRead) || weightRead < 2 * rowsRead) return [];
  return [
    `the weights are ${grouped(weightRead)} in all for ${grouped(rowsRead)} rows, and a loss that divides by the number of rows divides by ${grouped(rowsRead)}; if each row stands for that many labels, give --count-column ${weightColumn} instead`,
  ];
}
