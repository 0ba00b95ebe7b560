import { useState } from "preact/hooks";

interface Props {
  /** What is copied. */
  text(): string;
  readonly children: string;
}

/** Copies a text, and says so for a moment. */
export function CopyButton({ text, children }: Props) {
  const [said, setSaid] = useState<string>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setSaid("Copied");
    } catch {
      setSaid("Not allowed by the browser");
    }
    setTimeout(() => setSaid(undefined), 1600);
  };
  return (
    <button type="button" class="quiet" onClick={copy}>
      <span aria-live="polite">{said ?? children}</span>
    </button>
  );
}
