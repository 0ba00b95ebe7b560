import type { Patch } from "../files/patch.ts";
import type { ModelFile } from "./model.ts";

/** The patches of each file, in order. Throws if they overlap or name another file, which would be a bug. */
export function patchesByFile(model: ModelFile, patches: readonly Patch[]): Map<string, Patch[]> {
  const result = new Map<string, Patch[]>();
  for (const patch of [...patches].sort((a, b) => a.offset - b.offset)) {
    if (!model.files.includes(patch.file))
      throw new Error(`patch of ${patch.file}, which is not a file of the model`);
    const before = result.get(patch.file)?.at(-1);
    if (before && before.offset + before.remove > patch.offset)
      throw new Error(`patches of ${patch.file} overlap`);
    result.set(patch.file, [...(result.get(patch.file) ?? []), patch]);
  }
  return result;
}

/** The name of a model's main file in two parts, so that `model.keras` becomes `model.baserate.keras`. */
export function nameParts(main: string): { stem: string; ending: string } {
  const [, stem, ending] = /^(.*?)((?:\.weights|\.safetensors\.index|\.pth)?\.[^.]*|)$/.exec(main)!;
  return { stem, ending };
}
