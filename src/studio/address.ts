import { batch, effect, type Signal, signal } from "@preact/signals";

/** How a value is written into the page's address, and read from it. Reading gives undefined for text that makes no sense. */
export interface Codec<T> {
  write(value: T): string;
  read(text: string): T | undefined;
}

export const text: Codec<string> = { write: (value) => value, read: (value) => value };

export const number: Codec<number> = {
  write: String,
  read: (value) => (value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : undefined),
};

export const numbers: Codec<readonly number[]> = {
  write: (values) => values.join(","),
  read: (value) => {
    const read = value.split(",").map(number.read);
    return read.includes(undefined) ? undefined : (read as number[]);
  },
};

export function json<T>(isValid: (value: unknown) => value is T): Codec<T> {
  return {
    write: (value) => JSON.stringify(value),
    read: (value) => {
      try {
        const parsed: unknown = JSON.parse(value);
        return isValid(parsed) ? parsed : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

interface Entry {
  /** The value as text; undefined where it is the initial one. */
  current(): string | undefined;
  /** Takes the value from the address, or goes back to the initial one. */
  follow(text: string | null): void;
}

const entries = new Map<string, Entry>();
/** Sections declare their values when their code arrives, and the address must then be written anew. */
const declared = signal(0);

/** What the address holds after its `#`. */
const parameters = () => new URLSearchParams(location.hash.slice(1));

/**
 * A value that is part of the page's address: whoever opens the link sees the same. The address shows only what differs
 * from the initial value.
 */
export function addressed<T>(name: string, initial: T, codec: Codec<T>): Signal<T> {
  const initialText = codec.write(initial);
  const of = (written: string | null) => (written === null ? initial : (codec.read(written) ?? initial));
  const value = signal(of(parameters().get(name)));
  declared.value += 1;
  entries.set(name, {
    current() {
      const written = codec.write(value.value);
      return written === initialText ? undefined : written;
    },
    follow(written) {
      const next = of(written);
      if (codec.write(next) !== codec.write(value.peek())) value.value = next;
    },
  });
  return value;
}

/**
 * Everything after `#`, for the present values: `counts=900,100&loss=huber`. What belongs to sections whose code has not
 * arrived yet stays as it is.
 */
function hash(): string {
  const known = [...entries].map(([name, entry]) => [name, entry.current()] as const);
  const waiting = [...parameters()].filter(([name]) => !entries.has(name));
  return [...known, ...waiting]
    .flatMap(([name, written]) =>
      written === undefined ? [] : `${name}=${encodeURIComponent(written).replaceAll("%2C", ",")}`,
    )
    .join("&");
}

/**
 * Keeps the address and the values in step, from now on. Call it once all values are declared. A link that was just opened
 * in this tab is never overwritten: its event may come after a value changes for another reason.
 */
export function keepAddress(): void {
  let followed = location.hash;
  effect(() => {
    void declared.value;
    const next = hash();
    if (location.hash !== followed || next === followed.slice(1)) return;
    history.replaceState(null, "", next === "" ? location.pathname + location.search : `#${next}`);
    followed = location.hash;
  });
  addEventListener("hashchange", () => {
    followed = location.hash;
    const given = parameters();
    batch(() => {
      for (const [name, entry] of entries) entry.follow(given.get(name));
    });
  });
}
