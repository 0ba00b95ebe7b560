import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { InputError } from "../errors.ts";

/**
 * The folder that keeps fetched datasets: BASERATE_CACHE if set, or else `baserate` in the user's cache folder, which
 * is XDG_CACHE_HOME (if absolute, as the XDG specification wants), ~/Library/Caches on macOS, %LOCALAPPDATA% on
 * Windows and ~/.cache elsewhere.
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  if (env.BASERATE_CACHE) return resolve(env.BASERATE_CACHE);
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return join(env.XDG_CACHE_HOME, "baserate");
  if (platform === "win32" && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, "baserate", "Cache");
  return join(home(), platform === "darwin" ? "Library/Caches" : ".cache", "baserate");
}

/** The user's home folder; an empty or relative HOME is none. */
function home(): string {
  try {
    const folder = homedir();
    if (isAbsolute(folder)) return folder;
  } catch {
    // no HOME, and no entry for the user
  }
  throw new InputError("no home folder to keep datasets in; set BASERATE_CACHE to a folder");
}
