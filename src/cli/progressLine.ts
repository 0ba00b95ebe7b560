/** Work shorter than this shows nothing, in milliseconds. */
const patience = 1000;
/** Time between two updates, on a terminal and elsewhere, in milliseconds. */
const pause = { terminal: 100, file: 10_000 };

/** Shows on stderr how far a long piece of work has come, with an estimate of the time left; short work shows nothing. */
export function progressLine(
  what: string,
  stream: Pick<NodeJS.WriteStream, "write" | "isTTY"> = process.stderr,
  now: () => number = () => performance.now(),
) {
  const start = now();
  let next = start + patience;
  let isShown = false;
  return {
    /** `done` of `total`, in any unit; a total of 0 is not known. */
    show(done: number, total: number): void {
      const time = now();
      if (time < next) return;
      next = time + (stream.isTTY ? pause.terminal : pause.file);
      isShown = true;
      const left = (((time - start) / done) * (total - done)) / 1000;
      const far =
        total > 0
          ? `${Math.floor((100 * done) / total)} %, ${Math.ceil(left)} s left`
          : `${Math.round(done / 1e6)} MB`;
      stream.write(stream.isTTY ? `\r${what}: ${far}\x1b[K` : `${what}: ${far}\n`);
    },
    end(): void {
      if (isShown && stream.isTTY) stream.write("\r\x1b[K");
    },
  };
}
