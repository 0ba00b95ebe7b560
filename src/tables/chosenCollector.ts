import type { CollectedRows, LabelCollector } from "./labelCollector.ts";

/** A collector that the first rows decide on. */
export function chosenCollector(choose: (first: CollectedRows) => LabelCollector): LabelCollector {
  let chosen: LabelCollector | undefined;
  return {
    add(rows) {
      chosen ??= choose(rows);
      return chosen.add(rows);
    },
    summary: () => chosen!.summary(),
    understood: (summary) => chosen!.understood(summary),
    labelsOf: (rows) => chosen!.labelsOf(rows),
    warnings: () => chosen!.warnings?.() ?? [],
    get ignored() {
      return chosen!.ignored;
    },
  };
}
