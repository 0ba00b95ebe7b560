import { type ByteSource, json } from "../files/byteSource.ts";
import { parseFolderConfig, withConfig } from "./folderConfig.ts";
import { isOtherCopy } from "./folderFiles.ts";
import type { ModelFile } from "./model.ts";

/** The model with its folder's config, and all other files of the folder, which a copy needs too. */
export function wholeFolder(
  model: ModelFile,
  names: readonly string[],
  at: (name: string) => ByteSource,
): ModelFile {
  const others = names.filter((name) => !model.files.includes(name) && !isOtherCopy(name, model.files));
  const whole = { ...model, files: [...model.files, ...others] };
  if (!names.includes("config.json")) return whole;
  const config = at("config.json");
  const parsed = parseFolderConfig(json(config, 0, config.size, "config.json"));
  return parsed ? withConfig(whole, parsed) : whole;
}
