import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Tensor } from "../graph/tensor.ts";
import type { Session } from "./runtime.ts";

/** What a thread with a session is sent: a model, then one run at a time, then that the session is disposed of. */
export type ToSessionThread =
  | { readonly model: Uint8Array }
  | { readonly feeds: Record<string, Tensor>; readonly into?: Record<string, Tensor> }
  | "dispose";

export type FromSessionThread =
  | { readonly loaded: Pick<Session, "inputs" | "outputs"> }
  | { readonly outputs: Record<string, Tensor> }
  | "disposed"
  | { readonly error: Error };

/** Threads without a session, kept for the next one: to start a thread takes a fifth of a second of processor time. */
const idle: Worker[] = [];

/** The memory of tensors, which a message hands over instead of copying it. */
export const buffersOf = (tensors: Record<string, Tensor>): ArrayBuffer[] =>
  Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);

/**
 * A model on a worker thread of its own, so that the calling thread can work meanwhile. Feeds are copied to the thread;
 * outputs are handed over. One run at a time.
 */
export async function threadSession(model: Uint8Array): Promise<Session> {
  const worker = idle.pop() ?? new Worker(new URL("./sessionThread.js", import.meta.url));
  worker.ref();
  /** Sends a message and waits for its answer; rejects too where the thread breaks down. */
  const ask = async (
    message: ToSessionThread,
    handedOver: readonly ArrayBuffer[] = [],
  ): Promise<FromSessionThread> => {
    const answer = once(worker, "message");
    worker.postMessage(message, handedOver);
    const [received] = (await answer) as [FromSessionThread];
    if (typeof received === "object" && "error" in received) throw received.error;
    return received;
  };
  const answer = ask({ model }).catch(async (error) => {
    await worker.terminate();
    throw error;
  });
  const { loaded } = (await answer) as Extract<FromSessionThread, { loaded: unknown }>;
  return {
    ...loaded,
    async run(feeds, into) {
      const { outputs } = (await ask({ feeds, into }, into && buffersOf(into))) as Extract<
        FromSessionThread,
        { outputs: unknown }
      >;
      return outputs;
    },
    async dispose() {
      await ask("dispose");
      worker.unref();
      idle.push(worker);
    },
  };
}
