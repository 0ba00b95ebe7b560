import type { Command } from "commander";

/** A command's module: adds its description, options, example and action to the (empty) command it is handed. */
export interface CommandModule {
  describe(command: Command): void;
}

/** All commands, in the order of the help page. A module is loaded only when its command is named. */
export const commands: Record<string, { summary: string; load: () => Promise<CommandModule> }> = {
  solve: {
    summary: "Compute the optimal bias and the expected loss from the labels",
    load: () => import("./commands/solve.ts"),
  },
  losses: {
    summary: "List the losses, or explain one of them",
    load: () => import("./commands/losses.ts"),
  },
  inspect: {
    summary: "Show the outputs of a model file and their biases",
    load: () => import("./commands/inspect.ts"),
  },
  apply: {
    summary: "Write the bias into a model file",
    load: () => import("./commands/apply.ts"),
  },
  check: {
    summary: "Check whether an untrained network starts where it should",
    load: () => import("./commands/check.ts"),
  },
  why: {
    summary: "Explain what a loss value tells about a set-up",
    load: () => import("./commands/why.ts"),
  },
  compare: {
    summary: "Train networks with and without the bias, over several seeds",
    load: () => import("./commands/compare.ts"),
  },
  reproduce: {
    summary: "Train the original experiment on CIFAR-10",
    load: () => import("./commands/reproduce.ts"),
  },
  studio: {
    summary: "Serve a page that does all of this in the browser",
    load: () => import("./commands/studio.ts"),
  },
  merge: {
    summary: "Combine the shards of a sweep and write its report",
    load: () => import("./commands/merge.ts"),
  },
  worker: {
    summary: "Train the trials of a sweep from a queue",
    load: () => import("./commands/worker.ts"),
  },
  data: {
    summary: "Fetch and verify a dataset",
    load: () => import("./commands/data.ts"),
  },
};
