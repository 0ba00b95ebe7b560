import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Command } from "commander";
import { interruptible } from "../interrupt.ts";
import { wholeNumber } from "../options.ts";
import { serveStudio } from "../studioServer.ts";

interface StudioFlags {
  readonly port: number;
  readonly open?: true;
}

export function describe(command: Command): void {
  command
    .option("--port <number>", "port to listen on; 0 takes any free one", wholeNumber(0), 8724)
    .option("--open", "open the page in your browser")
    .addHelpText(
      "after",
      `
The page computes everything in the browser, sends no data anywhere, and can be reached only from this machine. If
CIFAR-10 is in the cache (baserate data cifar10), its experiment trains on the real images.

Example:
  $ baserate studio --open`,
    )
    .action((flags: StudioFlags) => interruptible((signal) => serve(flags, signal)));
}

/** Serves until it is stopped. */
async function serve({ port, open }: StudioFlags, signal: AbortSignal): Promise<void> {
  const server = await serveStudio(join(import.meta.dirname, "studio"), port);
  console.log(`baserate studio: ${server.address}`);
  console.error("Ctrl-C stops");
  if (open) openBrowser(server.address);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await server.close();
}

/** Opens an address with what the system has for it; where that fails, the printed address remains. */
function openBrowser(address: string): void {
  const [program, ...words] =
    process.platform === "darwin"
      ? ["open", address]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", address]
        : ["xdg-open", address];
  const child = spawn(program, words, { stdio: "ignore", detached: true });
  child.once("error", () => console.error(`no browser could be opened; the page is at ${address}`));
  child.unref();
}
