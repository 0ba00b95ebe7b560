import { parentPort } from "node:worker_threads";
import { nodeRuntime } from "./node.ts";
import type { Session } from "./runtime.ts";
import { buffersOf, type FromSessionThread, type ToSessionThread } from "./threadSession.ts";

const port = parentPort!;
let session: Promise<Session>;

port.on("message", async (message: ToSessionThread) => {
  try {
    if (message === "dispose") {
      await (await session).dispose();
      port.postMessage("disposed" satisfies FromSessionThread);
    } else if ("model" in message) {
      session = nodeRuntime().then((runtime) => runtime.load(message.model));
      const { inputs, outputs } = await session;
      port.postMessage({ loaded: { inputs, outputs } } satisfies FromSessionThread);
    } else {
      const outputs = await (await session).run(message.feeds, message.into);
      port.postMessage({ outputs } satisfies FromSessionThread, buffersOf(outputs));
    }
  } catch (error) {
    port.postMessage({ error: error as Error } satisfies FromSessionThread);
  }
});
