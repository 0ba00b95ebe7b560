// Preloaded into baserate (`node --import`): appends every performance mark to the file that BASERATE_PHASES names, with the
// thread, the time of day and the processor time of the thread so far (Linux), both in milliseconds.
import { appendFileSync, readFileSync } from "node:fs";
import { threadId } from "node:worker_threads";

const write = (phase) => {
  const processor = Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
  const now = performance.timeOrigin + performance.now();
  appendFileSync(
    process.env.BASERATE_PHASES,
    `${JSON.stringify({ thread: threadId, phase, now, processor })}\n`,
  );
};
if (threadId === 0) write("Node.js");
performance.mark = write;
process.on("exit", () => threadId === 0 && write("end"));
