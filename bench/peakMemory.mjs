// Preloaded into baserate (`node --import`): writes the process's peak memory in bytes to the file that
// BASERATE_PEAK_MEMORY names. Worker threads belong to the process and are counted.
import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  process.on("exit", () => {
    writeFileSync(process.env.BASERATE_PEAK_MEMORY, `${process.resourceUsage().maxRSS * 1024}`);
  });
}
