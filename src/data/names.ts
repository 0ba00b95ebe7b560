import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { makeFolder } from "../files/makeFolder.ts";
import { writeWhole } from "../files/writeWhole.ts";
import { pythonShuffle } from "../math/pythonShuffle.ts";
import type { LoadOptions } from "./cachedDataset.ts";
import { cacheFolder } from "./cacheFolder.ts";
import type { ImageSet } from "./dataset.ts";

/** Karpathy's makemore: 32,033 first names, one per line (MIT licence). */
const address = "https://raw.githubusercontent.com/karpathy/makemore/master/names.txt";
const sha256 = "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d";

/** The end of a name, and what stands before its first letter, is class 0; letters are 1 to 26. */
export const nameCharacters = [..."."].concat([..."abcdefghijklmnopqrstuvwxyz"]);

/** How many characters the next one is predicted from. */
const contextLength = 3;

/** What is known of the split before it is loaded. */
export const namesFacts = {
  sha256,
  /** Length of the file. */
  bytes: 228_145,
  classNames: nameCharacters,
  shape: [contextLength] as const,
  trainCounts: [
    ...[25626, 27142, 2100, 2801, 4434, 16336, 723, 1549, 6130, 14186, 2303, 4053, 11196, 5266, 14630],
    ...[6387, 823, 216, 10200, 6430, 4437, 2504, 2020, 772, 558, 7862, 1941],
  ],
  testCount: 22_655,
};

/** Rows of contextLength characters, each with the one that follows as its label. */
export interface NamesDataset {
  readonly train: ImageSet;
  /** What makemore calls the dev set. */
  readonly validation: ImageSet;
  readonly test: ImageSet;
}

/** The split of makemore: names in the order of Python's `random.seed(42); random.shuffle(words)`, 80 : 10 : 10. */
export function splitNames(names: readonly string[]): NamesDataset {
  const shuffled = pythonShuffle([...names], 42);
  const [first, second] = [0.8, 0.9].map((share) => Math.floor(share * names.length));
  return {
    train: contextsOf(shuffled.slice(0, first)),
    validation: contextsOf(shuffled.slice(first, second)),
    test: contextsOf(shuffled.slice(second)),
  };
}

function contextsOf(names: readonly string[]): ImageSet {
  const count = names.reduce((sum, name) => sum + name.length + 1, 0);
  const contexts = new Uint8Array(new SharedArrayBuffer(count * contextLength));
  const labels = new Uint8Array(new SharedArrayBuffer(count));
  let row = 0;
  for (const name of names) {
    const context = new Array<number>(contextLength).fill(0);
    for (const character of `${name}.`) {
      contexts.set(context, row * contextLength);
      labels[row] = nameCharacters.indexOf(character);
      context.shift();
      context.push(labels[row]);
      row += 1;
    }
  }
  return { images: contexts, labels, shape: [contextLength], count };
}

/** Where the names are kept. */
export const namesFile = (folder = cacheFolder()): string => join(folder, "names.txt");

/**
 * The names, from `names.txt` in the cache folder; fetched from their home where they are not there yet.
 *
 * @throws InputError if they can't be fetched, or are not the published ones
 */
export async function loadNames({
  cacheFolder: folder = cacheFolder(),
  onProgress,
  signal,
}: LoadOptions = {}): Promise<NamesDataset> {
  const path = namesFile(folder);
  const text = await readFile(path, "utf8").catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw new InputError(`cannot read ${path}: ${error.message}`);
    const fetched = await fetchNames(path, signal);
    onProgress?.({ stage: "download", label: "GitHub", bytes: fetched.length, totalBytes: fetched.length });
    await makeFolder(folder);
    await writeWhole(path, fetched);
    return fetched;
  });
  requireNames(text, path);
  return splitNames(text.trimEnd().split("\n"));
}

async function fetchNames(path: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    const answer = await fetch(address, { signal });
    if (!answer.ok) throw new Error(`the server answered ${answer.status} ${answer.statusText}`.trim());
    const text = await answer.text();
    requireNames(text, address);
    return text;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof InputError) throw error;
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new InputError(
      `cannot fetch the names, and they are not in the cache (${reason}); check the network, or copy ${address} to ${path}`,
      { cause: error },
    );
  }
}

function requireNames(text: string, from: string): void {
  const found = createHash("sha256").update(text).digest("hex");
  if (found !== sha256) {
    throw new InputError(
      `${from}: its SHA-256 is ${found}, not ${sha256}, that of makemore's names; remove the file to fetch it again`,
    );
  }
}
