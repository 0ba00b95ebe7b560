import { Worker } from "node:worker_threads";
import { InputError } from "../errors.ts";

/** What a worker is sent: first its context, then one task at a time. */
export type ToWorker<Context, Task> = { readonly context: Context } | { readonly task: Task };

/** What it answers: any number of progress messages, then a result or an error. */
export type FromWorker<Progress, Result> =
  | { readonly progress: Progress }
  | { readonly result: Result }
  | { readonly error: { readonly message: string; readonly stack?: string; readonly isInputError: boolean } };

interface Job<Task, Progress, Result> {
  readonly task: Task;
  readonly onProgress: (progress: Progress) => void;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** Worker threads that share a context and take tasks in turn, in the order in which they were given. */
export class WorkerPool<Context, Task, Progress, Result> {
  readonly #idle: Worker[] = [];
  readonly #workers: Worker[];
  readonly #queue: Job<Task, Progress, Result>[] = [];
  readonly #running = new Map<Worker, Job<Task, Progress, Result>>();
  /** 1 when workers are to stop; they find it in their workerData. */
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  #onIdle = () => {};

  /** Starts the workers immediately, so that they load their modules while the context is prepared. */
  constructor(script: URL, count: number) {
    this.#workers = Array.from({ length: count }, () => new Worker(script, { workerData: this.#stop }));
    for (const worker of this.#workers) {
      worker.on("message", (message: FromWorker<Progress, Result>) => this.#receive(worker, message));
      worker.on("error", (error: Error) => this.#fail(error));
    }
  }

  /** Hands every worker its context; tasks wait for that. */
  start(context: Context): void {
    for (const worker of this.#workers) {
      worker.postMessage({ context } satisfies ToWorker<Context, Task>);
      this.#idle.push(worker);
    }
    this.#next();
  }

  /** Has a task done by the next worker that is free. */
  execute(task: Task, onProgress: (progress: Progress) => void = () => {}): Promise<Result> {
    if (Atomics.load(this.#stop, 0) === 1) return Promise.reject(new Error("stopped"));
    return new Promise((resolve, reject) => {
      this.#queue.push({ task, onProgress, resolve, reject });
      this.#next();
    });
  }

  /**
   * Ends all workers. A worker at work is asked to stop and awaited: to terminate a thread inside a native library can
   * abort the whole process.
   */
  async close(): Promise<void> {
    Atomics.store(this.#stop, 0, 1);
    for (const { reject } of this.#queue.splice(0)) reject(new Error("stopped"));
    if (this.#running.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = () => this.#running.size === 0 && resolve();
      });
    }
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #next(): void {
    if (Atomics.load(this.#stop, 0) === 1) return;
    while (this.#idle.length > 0 && this.#queue.length > 0) {
      const [worker, job] = [this.#idle.shift()!, this.#queue.shift()!];
      this.#running.set(worker, job);
      worker.postMessage({ task: job.task } satisfies ToWorker<Context, Task>);
    }
  }

  #receive(worker: Worker, message: FromWorker<Progress, Result>): void {
    const job = this.#running.get(worker);
    if (!job) return;
    if ("progress" in message) {
      job.onProgress(message.progress);
      return;
    }
    this.#running.delete(worker);
    this.#idle.push(worker);
    if ("result" in message) job.resolve(message.result);
    else job.reject(revive(message.error));
    this.#next();
    this.#onIdle();
  }

  /** Where a worker breaks down, all tasks fail: the run can't complete. */
  #fail(error: Error): void {
    for (const job of [...this.#running.values(), ...this.#queue]) job.reject(error);
    this.#running.clear();
    this.#queue.length = 0;
    this.#onIdle();
  }
}

function revive({
  message,
  stack,
  isInputError,
}: {
  message: string;
  stack?: string;
  isInputError: boolean;
}): Error {
  if (isInputError) return new InputError(message);
  return Object.assign(new Error(message), { stack });
}
