import { stat } from "node:fs/promises";
import { type InputRows, onlyInput } from "../check/modelOutputs.ts";
import { InputError } from "../errors.ts";
import { type NpyArray, openNpyArray } from "../files/npy.ts";
import { openByteSource } from "../files/openByteSource.ts";
import { readZip } from "../files/zip.ts";
import type { Head } from "../heads/head.ts";
import type { CheckData, CheckDataFlags } from "./checkDataFlags.ts";
import { spreadRows } from "./spreadRows.ts";

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

/** A .npy file for a model of one input, or a .npz file with an array for each. */
async function openArrays(path: string, most: number): Promise<CheckData> {
  const { source, close } = openByteSource(path);
  try {
    const arrays = path.endsWith(".npz")
      ? await archiveArrays(path)
      : new Map<string | undefined, NpyArray>([[undefined, openNpyArray(source)]]);
    const lengths = new Set(Array.from(arrays.values(), ({ shape }) => shape[0]));
    const [available] = lengths;
    if (lengths.size !== 1 || !(available >= 2)) {
      throw new InputError(
        `${path} has arrays of ${[...lengths].map((length) => length ?? "no").join(" and ") || "no"} rows; all need the same number, 2 or more`,
      );
    }
    const picked = spreadRows(available, most);
    const rowsOf = ({ shape, read }: NpyArray): InputRows => ({
      rows: picked.length,
      shape: shape.length === 1 ? [1] : shape.slice(1),
      read: (start, end) => read(picked.slice(start, end)),
    });
    return {
      picked,
      available,
      inputs(wanted) {
        if (arrays.size === 1) return { [onlyInput(wanted).name]: rowsOf([...arrays.values()][0]) };
        const missing = wanted.find(({ name }) => !arrays.has(name));
        if (missing) {
          throw new InputError(
            `${path} has no array ${missing.name}, as the model's input is called; it has ${[...arrays.keys()].join(", ")}`,
          );
        }
        return Object.fromEntries(wanted.map(({ name }) => [name, rowsOf(arrays.get(name)!)]));
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }

  async function archiveArrays(name: string): Promise<Map<string | undefined, NpyArray>> {
    const zip = readZip(source, name);
    const entries = [...zip.entries.keys()].filter((entry) => entry.endsWith(".npy"));
    return new Map(
      await Promise.all(
        entries.map(
          async (entry) => [entry.slice(0, -".npy".length), openNpyArray(await zip.open(entry))] as const,
        ),
      ),
    );
  }
}
