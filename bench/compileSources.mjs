import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "tsdown";

/**
 * Compiles TypeScript files and loads them, for what a script needs and the package does not export.
 *
 * @param {string[]} paths relative to the root of the repository
 * @returns {Promise<{exports: object, folder: string, remove: () => void}>} all that the files export; a folder for the
 *   script's own files, which is inside the package, where compiled code finds its dependencies; and what deletes it
 */
export async function compileSources(paths) {
  const results = fileURLToPath(new URL("results", import.meta.url));
  mkdirSync(results, { recursive: true });
  const folder = mkdtempSync(join(results, "compiled-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const entry = Object.fromEntries(
      paths.map((path, i) => [`source${i}`, fileURLToPath(new URL(`../${path}`, import.meta.url))]),
    );
    await build({ entry, outDir: folder, config: false, logLevel: "silent", dts: false, clean: false });
    const compiled = readdirSync(folder).filter((file) => /^source\d+\.m?js$/.test(file));
    const modules = await Promise.all(compiled.map((file) => import(pathToFileURL(join(folder, file)).href)));
    return { exports: Object.assign({}, ...modules), folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
