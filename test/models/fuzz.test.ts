import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { fixture } from "./fixtures.ts";
import { fuzz } from "./fuzz.ts";

/** Damaged copies of each file; a long run, each file in a process of its own: `bash scripts/fuzzModels.sh 5000`. */
const copies = Number(process.env.FUZZ ?? 40);

const files = readdirSync(fixture(""), { recursive: true, encoding: "utf8" }).filter((name) =>
  /\.(onnx|pt|npz|safetensors|safetensors\.index\.json|keras|h5|msgpack|pt2|index|bin\.index\.json)$|model\.json$|checkpoint_0$/.test(
    name,
  ),
);

test.each(files)(
  "%s: damaged copies open or are refused with one line",
  async (file) => {
    const { failures, slowest, refused, opened } = await fuzz(file, copies);
    expect(failures).toEqual([]);
    // A long run may end early, with the HDF5 library broken by a damaged file; the quick one never does.
    if (!process.env.FUZZ) expect(refused + opened).toBe(copies);
    else console.log(`${file}: ${refused} refused, ${opened} opened, slowest ${slowest.toFixed(1)} ms`);
  },
  20_000 + 20 * copies,
);
