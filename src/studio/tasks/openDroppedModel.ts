import { InputError } from "../../errors.ts";
import type { ByteSource } from "../../files/byteSource.ts";
import { isOtherCopy, mainFile } from "../../models/folderFiles.ts";
import type { ModelFile } from "../../models/model.ts";
import { openModel } from "../../models/openModel.ts";
import { wholeFolder } from "../../models/wholeFolder.ts";
import type { Dropped } from "../dropped.ts";
import { blobSource } from "./blobSource.ts";

/** Main files of models that are several files, dropped together without their folder. */
const mainNames = /(^|\/)(model\.json|.*\.index\.json|.*\.index|.*\.onnx)$/;

/**
 * Opens a dropped model: one file, a folder, or the files of a model together.
 *
 * @throws InputError as `openModelFile` does
 */
export async function openDroppedModel({ name, isFolder, files }: Dropped): Promise<ModelFile> {
  const blobs = new Map(files.map(({ path, file }) => [path, file]));
  const names = [...blobs.keys()].sort();
  const at = (path: string): ByteSource => {
    const blob = blobs.get(path);
    if (blob) return blobSource(path, blob);
    throw new InputError(
      `${path}: no such file among those dropped; drop the model's other files together with it`,
    );
  };
  const main = isFolder ? mainFile(name, names) : (names.find((path) => mainNames.test(path)) ?? names[0]);
  const model = await openModel({ name: main, main: at(main), beside: at });
  if (!isFolder) return model;
  const kept = names.filter((path) => !isOtherCopy(path, model.files));
  return wholeFolder(model, kept, at);
}
