import type { Command } from "commander";

export function describe(command: Command): void {
  command.action(() => {});
}
