import { InputError } from "../../errors.ts";
import type { FromTask } from "./serve.ts";

interface TaskOptions {
  /** Ends the worker, whatever it is doing. */
  readonly signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/**
 * Has a worker of its own do a task, so that the page stays awake. The worker ends with it.
 *
 * @throws InputError as the task does
 */
export function runTask<Request, Result>(
  worker: Worker,
  request: Request,
  { signal, onProgress }: TaskOptions = {},
): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
    signal?.throwIfAborted();
    worker.onerror = ({ message }) => reject(new Error(message || "the worker could not be loaded"));
    worker.onmessage = ({ data }: MessageEvent<FromTask<Result>>) => {
      if (data.kind === "progress") onProgress?.(data.done, data.total);
      else if (data.kind === "result") resolve(data.result);
      else reject(data.isInput ? new InputError(data.message) : new Error(data.message));
    };
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}
