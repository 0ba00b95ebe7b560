import type { SectionModule } from "./components/Later.tsx";

interface Section {
  readonly id: string;
  readonly title: string;
  /** For the bar at the top. */
  readonly short: string;
  /** Its code; absent for the first section, which is part of the page's own. */
  load?(): Promise<SectionModule>;
}

/** The sections of the page, from the top. */
export const sections: readonly Section[] = [
  { id: "result", title: "What should the loss be before any training?", short: "Result" },
];
