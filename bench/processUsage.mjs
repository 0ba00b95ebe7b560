// Preloaded into baserate (`node --import`): at the end of the process, writes its peak memory in bytes and its processor
// time in seconds, as JSON, to the file that BASERATE_PROCESS_USAGE names. Worker threads belong to the process and count.
import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  process.on("exit", () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    const usage = { peakBytes: maxRSS * 1024, processorSeconds: (userCPUTime + systemCPUTime) / 1e6 };
    writeFileSync(process.env.BASERATE_PROCESS_USAGE, JSON.stringify(usage));
  });
}
