/** A parsed JSON value as an error shows it; lists and objects, which may be nested deeply, only by their beginning. */
export function shownValue(value: unknown): string {
  if (Array.isArray(value))
    return value.length === 0 ? "[]" : `[${shownInner(value[0])}${value.length > 1 ? ", ..." : ""}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value)?.slice(0, 40) ?? "nothing";
  const [entry] = Object.entries(value);
  return entry
    ? `{${JSON.stringify(entry[0]).slice(0, 40)}: ${shownInner(entry[1])}${Object.keys(value).length > 1 ? ", ..." : ""}}`
    : "{}";
}

function shownInner(value: unknown): string {
  if (Array.isArray(value)) return "[...]";
  return typeof value === "object" && value !== null
    ? "{...}"
    : (JSON.stringify(value)?.slice(0, 40) ?? "nothing");
}
