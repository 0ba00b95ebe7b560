import { duration, type ProgressOptions, progress } from "./progress.ts";

/** Shows on stderr how much of some work is done, and the time left; work of less than a second shows nothing. */
export function progressLine(what: string, { now = () => performance.now(), ...rest }: ProgressOptions = {}) {
  const start = now();
  const display = progress({ patience: 1000, now, ...rest });
  return {
    /** `done` of `total`, in any unit; a total of 0 is unknown, and `done` is then a number of bytes. */
    show(done: number, total: number): void {
      display.show(() => {
        const left = (((now() - start) / done) * (total - done)) / 1000;
        return total > 0
          ? `${what}: ${Math.floor((100 * done) / total)} %, ${duration(left)} left`
          : `${what}: ${Math.round(done / 1e6)} MB`;
      });
    },
    end: display.end,
  };
}
