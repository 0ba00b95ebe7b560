/** Whether to colour what goes to a stream: FORCE_COLOR, else NO_COLOR (https://no-color.org), else if it is a terminal. */
export function hasColor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return !env.NO_COLOR && env.TERM !== "dumb" && stream.isTTY === true;
}
