/** Time between two updates in a terminal, and between two lines elsewhere, in milliseconds. */
const pause = { terminal: 100, file: 10_000 };

/** What `progress` writes to. */
export type ProgressStream = Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns" | "rows">;

export interface ProgressOptions {
  /** Work that takes less than this shows nothing, in milliseconds; 0 by default. */
  readonly patience?: number;
  readonly stream?: ProgressStream;
  readonly now?: () => number;
}

/** How far a piece of work has come. */
export interface Progress {
  /**
   * Shows a line in place of the last one. Frequent calls are cheap: the text is asked for only if it is shown.
   *
   * @param isNews shows it without waiting for the next update
   * @param picture lines above it, in a terminal only
   */
  show(line: () => string, isNews?: boolean, picture?: () => string): void;
  /** Writes a line that stays. */
  print(line: string): void;
  /** Takes away what `show` shows. */
  end(): void;
}

type LiveText = ReturnType<typeof import("log-update").createLogUpdate>;

/** Shows progress on stderr: in a terminal live, elsewhere as a line every ten seconds and for all news. */
export function progress({
  patience = 0,
  stream = process.stderr,
  now = () => performance.now(),
}: ProgressOptions = {}): Progress {
  const begin = now() + patience;
  let next = begin;
  let live: LiveText | undefined;
  let isLoading = false;
  let draw: (() => void) | undefined;

  /** Loads the terminal library with the first line: short work and pipes do without. */
  async function load(): Promise<void> {
    isLoading = true;
    const { createLogUpdate } = await import("log-update");
    live = createLogUpdate(stream as NodeJS.WriteStream);
    draw?.();
  }
  return {
    show(line, isNews = false, picture) {
      const time = now();
      if (time < begin || (time < next && !isNews)) return;
      next = time + (stream.isTTY ? pause.terminal : pause.file);
      if (!stream.isTTY) return void stream.write(`${line()}\n`);
      draw = () => live?.([picture?.(), line()].filter(Boolean).join("\n"));
      draw();
      if (!isLoading) void load();
    },
    print(line) {
      if (live) live.persist(line);
      else stream.write(`${line}\n`);
    },
    end() {
      draw = undefined;
      live?.clear();
      live?.done();
    },
  };
}

/** 99 s, and from 100 s on 2 min. */
export function duration(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
