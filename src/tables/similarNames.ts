/** Names beyond these are only counted. */
const shown = 5;

/**
 * Warnings about names of classes that differ only in spaces, in upper and lower case, or in how their accents are encoded:
 * they are counted as different classes, as a training program counts them.
 */
export function similarNames(names: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const key = name.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();
    const group = groups.get(key);
    if (group) group.push(name);
    else groups.set(key, [name]);
  }
  const similar = [...groups.values()].filter((group) => group.length > 1);
  if (similar.length === 0) return [];
  const listed = similar
    .slice(0, shown)
    .map((group) => group.map((name) => `"${name}"`).join(" and "))
    .join(", ");
  const more = similar.length > shown ? `, and ${similar.length - shown} more such groups` : "";
  return [
    `classes that differ only in spaces, in upper and lower case, or in the encoding of accents are counted as different: ${listed}${more}`,
  ];
}
