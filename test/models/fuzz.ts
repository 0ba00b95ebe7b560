import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../../src/errors.ts";
import { bytesInMemory } from "../../src/files/byteSource.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { openModel } from "../../src/models/openModel.ts";
import { safeName } from "../../src/models/openModelFile.ts";
import { damage } from "../damage.ts";
import { applyPatches, fixture } from "./fixtures.ts";

/** What happened to the damaged copies of one file. */
export interface FuzzResult {
  readonly file: string;
  /** Refused with one line when they were opened, or when a bias was read or changed. */
  refused: number;
  /** Opened, read and changed: the damage didn't matter, or can't be seen. */
  opened: number;
  /** Neither: the seed of the copy, and what happened. There should be none. */
  readonly failures: string[];
  slowest: number;
}

/** Opens `copies` damaged copies of a fixture, and reads and changes all that can be changed. Copy i depends on (file, i) only. */
export async function fuzz(file: string, copies: number): Promise<FuzzResult> {
  const original = readFileSync(fixture(file));
  const result: FuzzResult = { file, refused: 0, opened: 0, failures: [], slowest: 0 };
  for (let seed = 0; seed < copies; seed++) {
    const damaged = damage(original, seededRandom(seed, file));
    const start = performance.now();
    try {
      await exercise(file, damaged);
      result.opened++;
    } catch (error) {
      const oneLine =
        error instanceof InputError && !error.message.includes("\n") && error.message.length < 1000;
      // Without a working library, further copies would prove nothing.
      if ((error as Error).message.includes("has crashed the HDF5 library")) break;
      if (oneLine) result.refused++;
      else result.failures.push(`${file}, copy ${seed}: ${(error as Error).stack ?? error}`);
    }
    result.slowest = Math.max(result.slowest, performance.now() - start);
  }
  return result;
}

async function exercise(file: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(fixture(file));
  const name = file.split("/").at(-1)!;
  const model = await openModel({
    name,
    main: bytesInMemory(name, bytes),
    beside(other) {
      try {
        return bytesInMemory(other, readFileSync(join(folder, safeName(other))));
      } catch (error) {
        throw error instanceof InputError ? error : new InputError(`${other}: no such file`);
      }
    },
  });
  for (const { bias, units, added } of [...model.outputs, ...model.candidates]) {
    const patches = bias
      ? bias.patch(bias.read().map((value) => value + 1))
      : added?.patch(new Float64Array(units!));
    if (!patches) continue;
    const finished = model.finish ? await model.finish(patches) : patches;
    applyPatches(
      bytes,
      finished.filter((patch) => patch.file === name),
    );
  }
}
