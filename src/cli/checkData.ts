import { stat } from "node:fs/promises";
import { arrayData } from "../check/arrayData.ts";
import type { CheckData } from "../check/checkData.ts";
import { InputError } from "../errors.ts";
import { openByteSource } from "../files/openByteSource.ts";
import type { Head } from "../heads/head.ts";
import type { CheckDataFlags } from "./checkDataFlags.ts";

/** Opens what `--data` names. Throws an InputError if the other flags don't go with it. */
export async function openCheckData(
  model: string,
  head: Head,
  flags: CheckDataFlags,
  signal: AbortSignal,
): Promise<CheckData> {
  const { data, labels, classes, rows } = flags;
  if (data === undefined) {
    throw new InputError(
      `${model} needs inputs: --data x.npy (or .npz), a folder of images, or --data cifar10`,
    );
  }
  const isFolder = data !== "cifar10" && (await stat(data).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder && (flags.imageScale !== undefined || flags.resize)) {
    throw new InputError(
      `${flags.resize ? "--resize" : "--image-scale"} is for --data with a folder of images`,
    );
  }
  if (data !== "cifar10" && !isFolder) return openArrays(data, rows);
  if (labels ?? classes) {
    throw new InputError(`${data} comes with its labels: leave out --labels and --classes`);
  }
  if (head.reads !== "classes" && head.reads !== "binary") {
    throw new InputError(`${data} has classes for labels; ${head.name} reads ${head.reads}`);
  }
  if (isFolder) return (await import("./checkImages.ts")).openImageFolder(data, flags, signal);
  return (await import("./checkCifar10.ts")).openCifar10(rows, signal);
}

async function openArrays(path: string, most: number): Promise<CheckData> {
  const { source, close } = openByteSource(path);
  try {
    return { ...(await arrayData(source, most)), close };
  } catch (error) {
    close();
    throw error;
  }
}
