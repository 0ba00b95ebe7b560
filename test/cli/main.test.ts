import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const cli = join(import.meta.dirname, "../../dist/cli.js");
const baserate = (...args: string[]) => promisify(execFile)(process.execPath, [cli, ...args]);

test.each([["bogus"], ["bogus", "--help"], ["solv"]])(
  "an unknown command is refused, with or without --help: %j",
  async (...args) => {
    const failure = await baserate(...args).catch((error) => error);
    expect(failure.code).toBe(2);
    expect(failure.stdout).toBe("");
    expect(failure.stderr).toMatch(
      /^baserate: unknown command: (bogus; known: solve|solv; did you mean solve\? Known: solve)/,
    );
  },
);

test("no arguments show the help page; output into a closed pipe is no error", async () => {
  expect((await baserate()).stdout).toContain("Usage: baserate");
  const { stdout } = await promisify(execFile)("sh", [
    "-c",
    `"${process.execPath}" "${cli}" losses | head -1; echo done`,
  ]);
  expect(stdout).toContain("done");
});
