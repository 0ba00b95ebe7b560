import { InputError } from "../errors.ts";
import { ortSession, sessionOptions } from "./ortSession.ts";
import type { Runtime } from "./runtime.ts";
import { threadSession } from "./threadSession.ts";

/**
 * ONNX Runtime's native CPU engine (onnxruntime-node). It computes on the calling thread: for two models at once, use
 * two worker threads. Throws an InputError where the package is not installed.
 */
export async function nodeRuntime(): Promise<Runtime> {
  const { InferenceSession, Tensor, env } = await import("onnxruntime-node").catch((error: Error) => {
    throw new InputError(
      `onnxruntime-node can't be loaded (${error.message.split("\n")[0]}); ` +
        "install it with: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node",
    );
  });
  return {
    name: "onnxruntime-node",
    version: env.versions.node ?? env.versions.common,
    async load(model, { threads = 1 } = {}) {
      const session = await InferenceSession.create(model as string, {
        ...sessionOptions,
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
      });
      return ortSession(Tensor, session);
    },
    loadOnThread: threadSession,
  };
}
