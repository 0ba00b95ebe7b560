import type { Command } from "commander";

/** A command's module: adds its description, options, example and action to the (empty) command it is handed. */
export interface CommandModule {
  describe(command: Command): void;
}

/** All commands, in the order of the help page. A module is loaded only when its command is named. */
export const commands: Record<string, { summary: string; load: () => Promise<CommandModule> }> = {
  reproduce: {
    summary: "train the original experiment, with bias 0 and with the prior's",
    load: () => import("./commands/reproduce.ts"),
  },
  compare: {
    summary: "run an experiment of your own over several seeds",
    load: () => import("./commands/compare.ts"),
  },
  merge: {
    summary: "put the shards of a sweep together, and write its report",
    load: () => import("./commands/merge.ts"),
  },
  worker: {
    summary: "take trials from a queue, and train them",
    load: () => import("./commands/worker.ts"),
  },
  solve: {
    summary: "the optimal bias and the expected loss, from the labels and the loss",
    load: () => import("./commands/solve.ts"),
  },
  losses: {
    summary: "the catalogue of losses; with a name, that one explained",
    load: () => import("./commands/losses.ts"),
  },
  inspect: {
    summary: "a model file's outputs: their layers, their bias, what it predicts",
    load: () => import("./commands/inspect.ts"),
  },
  apply: {
    summary: "write the bias into a model file",
    load: () => import("./commands/apply.ts"),
  },
  check: {
    summary: "whether an untrained network starts where it should, and if not, why",
    load: () => import("./commands/check.ts"),
  },
  studio: {
    summary: "the page in the browser: all of this for your own files, and the experiment live",
    load: () => import("./commands/studio.ts"),
  },
  why: {
    summary: "what a loss number is consistent with, from the classes, the batch and the loss",
    load: () => import("./commands/why.ts"),
  },
  data: { summary: "fetch and verify a dataset", load: () => import("./commands/data.ts") },
};
