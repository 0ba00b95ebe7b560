#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { InputError, unknownName } from "../errors.ts";
import { version } from "../version.ts";
import { commands } from "./commands.ts";
import { InterruptedError } from "./interrupt.ts";

/** Exit codes: 0 fine, 1 a check failed, 2 bad usage or bad input, 130 interrupted. */
const badInput = 2;

/** Builds the program; only the command named first on the line is loaded, so that start-up stays short. */
async function program(argv: readonly string[]): Promise<Command> {
  const [first] = argv;
  if (first !== undefined && !first.startsWith("-") && !(first in commands)) {
    throw unknownName("command", first, Object.keys(commands));
  }
  const root = new Command("baserate")
    .description(
      "Gets step zero right: computes the bias that an output layer should start from, and the loss to expect before training.",
    )
    .version(version)
    .showHelpAfterError("(add --help for the options and an example)")
    .helpCommand(false)
    .exitOverride()
    .addHelpText(
      "after",
      "\nExample:\n  $ baserate solve --counts 4000,3700,100,4000,400,100,50,700,700,100",
    );
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const command = root.command(name).summary(summary).description(`${summary}.`).exitOverride();
    if (first === name) (await load()).describe(command);
  }
  return root;
}

/** Output into a closed pipe (`baserate ... | head`) ends the program quietly. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  const argv = process.argv.slice(2);
  await (await program(argv)).parseAsync(argv.length > 0 ? argv : ["--help"], { from: "user" });
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : badInput;
  } else if (error instanceof InputError) {
    console.error(`baserate: ${error.message}`);
    process.exitCode = badInput;
  } else if (error instanceof InterruptedError) {
    console.error(`baserate: ${error.message}`);
    process.exitCode = error.exitCode;
  } else {
    throw error;
  }
}
