import { InputError } from "../../errors.ts";

/** From a worker that does one task: how far it is, and how it ended. */
export type FromTask<Result> =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "result"; readonly result: Result }
  /** `isInput`: the user's files or choices are at fault, and the message says how. */
  | { readonly kind: "problem"; readonly message: string; readonly isInput: boolean };

/** In a worker: does the work for the one request that it is sent. */
export function serveTask<Request, Result>(
  work: (request: Request, onProgress: (done: number, total: number) => void) => Promise<Result>,
): void {
  const send = (message: FromTask<Result>) => (self as unknown as Worker).postMessage(message);
  let told = 0;
  const onProgress = (done: number, total: number) => {
    if (performance.now() - told < 100) return;
    told = performance.now();
    send({ kind: "progress", done, total });
  };
  self.onmessage = ({ data }: MessageEvent<Request>) => {
    work(data, onProgress).then(
      (result) => send({ kind: "result", result }),
      (error: Error) =>
        send({ kind: "problem", message: error.message, isInput: error instanceof InputError }),
    );
  };
}
