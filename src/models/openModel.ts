import { InputError } from "../errors.ts";
import type { ModelFile, ModelSource } from "./model.ts";
import { otherFormat } from "./otherFormats.ts";

/** How many bytes of a file the formats see to recognise their own. */
const startBytes = 512;

/**
 * Opens a model file of any supported format, recognised by its first bytes and its name.
 * @throws InputError, one line, if the format is unknown or the file is broken.
 */
export async function openModel(source: ModelSource): Promise<ModelFile> {
  if (source.main.size === 0) throw new InputError(`${source.name}: the file is empty`);
  const start = source.main.read(0, Math.min(startBytes, source.main.size));
  const other = otherFormat(start, source);
  if (other !== undefined) throw new InputError(`${source.name}: ${other}`);
  const { formats } = await import("./formats.ts");
  const format = formats.find((candidate) => candidate.matches(start, source));
  if (!format) {
    const hex = [...start.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new InputError(
      `${source.name}: unknown format (first bytes ${hex}); supported: ${formats.map(({ name }) => name).join(", ")}`,
    );
  }
  return format.open(source);
}
