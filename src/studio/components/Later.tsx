import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

export interface SectionModule {
  readonly Section: ComponentType;
}

/** Loads a section's code when the browser has nothing else to do, and shows it. */
export function Later({ load }: { load(): Promise<SectionModule> }) {
  const [Section, setSection] = useState<ComponentType>();
  useEffect(() => {
    whenIdle(() => load().then((module) => setSection(() => module.Section)));
  }, [load]);
  return Section ? <Section /> : <p class="note">Loading…</p>;
}

/** Safari has no requestIdleCallback. */
const whenIdle: (run: () => void) => void =
  typeof requestIdleCallback === "function"
    ? (run) => requestIdleCallback(run)
    : (run) => setTimeout(run, 50);
