import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { fixture } from "./fixtures.ts";
import { fuzz } from "./fuzz.ts";

/** Damaged copies of each file; a long run: `FUZZ=5000 npx vitest run test/models/fuzz.test.ts`. */
const copies = Number(process.env.FUZZ ?? 40);

const files = readdirSync(fixture(""), { recursive: true, encoding: "utf8" }).filter((name) =>
  /\.(onnx|pt|npz|safetensors|safetensors\.index\.json|keras|h5)$|model\.json$/.test(name),
);

test.each(files)(
  "%s: damaged copies open or are refused with one line",
  async (file) => {
    const { failures, slowest, refused, opened } = await fuzz(file, copies);
    expect(failures).toEqual([]);
    expect(slowest).toBeLessThan(2000);
    if (process.env.FUZZ)
      console.log(`${file}: ${refused} refused, ${opened} opened, slowest ${slowest.toFixed(1)} ms`);
  },
  20_000 + 20 * copies,
);
