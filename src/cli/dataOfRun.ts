import { printable } from "../errors.ts";
import { type DataFacts, factsOf } from "../experiment/dataFacts.ts";
import type { Plan } from "../experiment/plan.ts";
import type { TrialMaterials } from "../experiment/trialNetwork.ts";
import type { TrialSetting } from "../experiment/trialSettings.ts";
import { isNamed } from "./experimentSetup.ts";

/** Prints what the reader must know of the user's own data and network, and returns it; undefined for a dataset by name. */
export function dataOfRun(
  plan: Plan,
  { data }: TrialMaterials,
  [{ rows, network }]: readonly TrialSetting[],
): DataFacts | undefined {
  if (isNamed(plan)) return undefined;
  const facts = factsOf(plan, data, rows, [...network.notes, ...redrawnNote(network.redrawn)]);
  for (const note of facts.notes) console.error(printable(note));
  return facts;
}

/** How the first tensors of a network were redrawn, and how many more there are. */
function redrawnNote(redrawn: readonly string[]): string[] {
  if (redrawn.length === 0) return [];
  const shown = redrawn.slice(0, 4).join("; ");
  const more = redrawn.length > 4 ? `; and ${redrawn.length - 4} more tensors` : "";
  return [`Each seed draws the weights of the file anew: ${shown}${more}.`];
}
