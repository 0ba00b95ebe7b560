/** What a command ends with when it was told to stop. The command line exits with 128 plus the signal's number. */
export class InterruptedError extends Error {
  override readonly name: string = "InterruptedError";
  readonly exitCode: number;
  constructor(exitCode: number) {
    super("interrupted");
    this.exitCode = exitCode;
  }
}

/**
 * Runs work that can be stopped: the first Ctrl-C (or SIGTERM) aborts the signal it is handed, so that it can clean up
 * and keep what is finished; a second one ends the program at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => controller.abort(new InterruptedError(130));
  const terminate = () => controller.abort(new InterruptedError(143));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", terminate);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", terminate);
  }
}
