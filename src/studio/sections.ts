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
  { id: "labels", title: "Your labels", short: "Labels", load: () => import("./sections/Labels.tsx") },
  { id: "number", title: "Your number", short: "Number", load: () => import("./sections/Number.tsx") },
  { id: "model", title: "Your model", short: "Model", load: () => import("./sections/Model.tsx") },
  { id: "outputs", title: "Your outputs", short: "Outputs", load: () => import("./sections/Outputs.tsx") },
  {
    id: "experiment",
    title: "The experiment, live",
    short: "Experiment",
    load: () => import("./sections/Experiment.tsx"),
  },
  {
    id: "theory",
    title: "The theory, to touch",
    short: "Theory",
    load: () => import("./sections/Theory.tsx"),
  },
];
