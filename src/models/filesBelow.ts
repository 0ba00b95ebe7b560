import { readdirSync } from "node:fs";
import { join } from "node:path";

/** A folder of more files than this is not a model's. */
const maxFiles = 10_000;

/** Names of all files in a folder and below, hidden ones left out, sorted. */
export function filesBelow(folder: string): string[] {
  const names: string[] = [];
  const visit = (prefix: string) => {
    for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true })) {
      if (names.length >= maxFiles) return;
      if (entry.isDirectory() && !entry.name.startsWith(".")) visit(`${prefix}${entry.name}/`);
      else if (!entry.isDirectory() && (!entry.name.startsWith(".") || prefix === ""))
        names.push(prefix + entry.name);
    }
  };
  visit("");
  return names.sort();
}
