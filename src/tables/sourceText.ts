import { grouped } from "../math/grouped.ts";
import type { LabelsRead } from "./readLabels.ts";

/** What was read and how it was understood, in a line. `place` is where the labels are, `names` are their columns. */
export function sourceText(
  place: string,
  names: readonly string[],
  { understood, rowsRead, skipped }: LabelsRead,
): string {
  const columns = names.length > 4 ? `${names.length} columns` : `column ${names.join(", ")}`;
  const left = skipped > 0 ? `, ${grouped(skipped)} skipped (no label)` : "";
  return `${place}, ${columns}, ${grouped(rowsRead)} rows${left}: ${understood}`;
}
