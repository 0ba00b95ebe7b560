import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it that are missing, and returns the uppermost that it made, if any. Node's own
 * recursive mkdir never ends where a file system refuses as if the parent were missing, as below /proc or a dangling
 * link.
 *
 * @throws the file system's error, which says where no folder can be made
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let folder = resolve(path); !(await isThere(folder)); folder = dirname(folder)) {
    missing.unshift(folder);
    if (dirname(folder) === folder) break; // a drive that is not there
  }
  for (const folder of missing) {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return; // somebody else was quicker
      throw Object.assign(error, { message: `no folder can be made in ${dirname(folder)} (${error.code})` });
    });
  }
  return missing[0];
}

/** Whether there is something at a path; below a file there is nothing. */
const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== "ENOENT" && code !== "ENOTDIR",
  );
