import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { commands } from "../../src/cli/commands.ts";

const folder = mkdtempSync(join(tmpdir(), "baserate-messages-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** A command as the command line builds it, with the options of softmax. */
async function build(name: string): Promise<Command> {
  const command = new Command(name).exitOverride().configureOutput({ writeErr: () => {} });
  (await commands[name].load()).describe(command);
  return command;
}

/** What a command prints, or the message that it refuses with. */
async function run(name: string, args: readonly string[]): Promise<{ message?: string; output: string }> {
  const output: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text) => void output.push(text));
  try {
    await (await build(name)).parseAsync([...args], { from: "user" });
    return { output: output.join("\n") };
  } catch (error) {
    return { message: (error as Error).message, output: output.join("\n") };
  } finally {
    process.exitCode = 0;
  }
}

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const model = join(import.meta.dirname, "..", "files", "models", "mlp.safetensors");
const outputs = write(
  "outputs.json",
  JSON.stringify(Array.from({ length: 4 }, (_, i) => [0.1 * i, 0, -0.1 * i])),
);
/** How each command that reads labels takes a file of them. */
const readers: Readonly<Record<string, (file: string) => string[]>> = {
  solve: (file) => [file],
  apply: (file) => [model, "--labels", file, "--loss", "softmax", "--out", join(folder, "out.safetensors")],
  check: (file) => ["--outputs", outputs, "--labels", file],
};

const flagsIn = (text: string) => [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);

async function flagsOf(name: string): Promise<Set<string | undefined>> {
  return new Set((await build(name)).options.map(({ long }) => long));
}

interface Advice {
  readonly file: string;
  readonly content: string | Uint8Array;
  readonly given?: readonly string[];
  /** What the message advises, as one would type it. */
  readonly advised: readonly string[];
}

const advice: Readonly<Record<string, Advice>> = {
  "a first row of numbers": { file: "a.csv", content: "0\n1\n2\n1\n", advised: ["--no-header"] },
  "a header that is a class": {
    file: "b.csv",
    content: "ant\nbee\nant\ncat\nbee\n",
    advised: ["--no-header"],
  },
  "names that occur once": {
    file: "c.csv",
    content: `y\n${Array.from({ length: 40 }, (_, i) => `name${i}`).join("\n")}\n`,
    advised: ["--as", "names"],
  },
  "a missing label": { file: "d.csv", content: "y\na\nNA\nb\nc\n", advised: ["--missing", "skip"] },
  "a label to leave out": {
    file: "e.csv",
    content: "y\n0\n-100\n1\n2\n",
    advised: ["--ignore-index", "-100"],
  },
  "another encoding": {
    file: "f.csv",
    content: Buffer.from("y\ncafé\nniño\ngarçon\ncafé\n", "latin1"),
    advised: ["--encoding", "windows-1252"],
  },
  "several columns": { file: "g.csv", content: "y,z\na,1\nb,2\nc,3\na,4\n", advised: ["--column", "y"] },
  "a file without an ending": { file: "h", content: "y\na\nb\nc\na\n", advised: ["--format", "csv"] },
};
const cases = Object.entries(advice).flatMap(([what, one]) =>
  Object.keys(readers).map((command) => [command, what, one] as const),
);

test.each(cases)(
  "%s, %s: the advice names a flag that the command has, and helps",
  async (command, _, one) => {
    const args = [...readers[command](write(one.file, one.content)), ...(one.given ?? [])];
    const { message = "" } = await run(command, args);
    expect(message).toContain(one.advised[0]);
    const known = await flagsOf(command);
    expect(flagsIn(message).filter((flag) => !known.has(flag))).toEqual([]);
    expect((await run(command, [...args, ...one.advised])).message).not.toBe(message);
  },
);

test("class counts given as labels: --counts is advised, and takes the file", async () => {
  const file = write("counts.json", '{"cat": 900, "dog": 100}');
  for (const command of ["solve", "check"]) {
    expect((await run(command, readers[command](file))).message).toContain(`--counts ${file}`);
  }
  expect((await run("solve", ["--counts", file, "--json"])).output).toContain('"cat"');
});

test("--classes 3 and --counts mean the same in solve, apply and check", async () => {
  const file = write("k.csv", "y\n0\n1\n2\n0\n");
  for (const [flag, value] of [
    ["--classes", "0"],
    ["--classes", "2.5"],
    ["--counts", "1,x,2"],
    ["--counts", "1,,2"],
  ]) {
    const messages = new Set<string | undefined>();
    for (const command of Object.keys(readers)) {
      const args =
        flag === "--counts" && command !== "check"
          ? readers[command]("").filter((a) => a)
          : readers[command](file);
      const own = command === "apply" && flag === "--counts" ? args.filter((a) => a !== "--labels") : args;
      messages.add((await run(command, [...own, flag, value])).message);
    }
    expect([flag, value, messages.size]).toEqual([flag, value, 1]);
  }
  for (const counts of ["400 100 100", "400,100,100", write("counts.csv", "400\n100\n100\n")]) {
    expect((await run("solve", ["--counts", counts])).output).toContain("400");
    expect((await run("check", [...readers.check(file), "--counts", counts])).message).toBeUndefined();
    expect(
      (await run("check", [...readers.check(file), "--counts", counts, "--classes", "3"])).message,
    ).toBeUndefined();
  }
});

/** Which commands show the messages of which folder. */
const shownBy: Readonly<Record<string, readonly string[]>> = {
  tables: ["solve", "apply", "check"],
  labels: ["solve", "apply", "check"],
  check: ["check", "why"],
  models: ["apply", "inspect", "compare", "check"],
};
/** Flags in messages that are no flags of baserate, but of a program that the message says to run. */
const ofOthers = new Set(["--quantize_float16", "--axes", "--quantize"]);

test("every flag in a message of a reader is a flag of a command that shows it", async () => {
  const src = join(import.meta.dirname, "..", "..", "src");
  for (const [name, shown] of Object.entries(shownBy)) {
    const known = new Set<string | undefined>(["--help", "--json"]);
    for (const command of shown) for (const flag of await flagsOf(command)) known.add(flag);
    for (const file of readdirSync(join(src, name), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const text = readFileSync(join(src, name, file), "utf8").replace(/^\s*(\*|\/\/|\/\*\*).*$/gm, "");
      const unknown = flagsIn(text).filter((flag) => !known.has(flag) && !ofOthers.has(flag));
      expect([name, file, unknown]).toEqual([name, file, []]);
    }
  }
});

/** Control characters other than line feeds, and those that turn the direction of text. */
const controls = /(?!\n)\p{Cc}|\p{Bidi_Control}/u;
const hostile = "\u001b[2J\u001b]0;owned\u0007\u202ecat";

test("control characters of a file are shown escaped, by every command that reads labels", async () => {
  const file = write("hostile.csv", `y\n${hostile}\ndog\ncow\n${hostile}\n`);
  const column = write("column.csv", `${hostile},b\n1,2\n`);
  for (const command of Object.keys(readers)) {
    for (const args of [
      readers[command](file),
      [...readers[command](file), "--classes", `${hostile},dog,cow`],
      [...readers[command](file), "--classes", "a,b,c"],
      readers[command](column),
      [...readers[command](column), "--column", hostile],
    ]) {
      const { message = "", output } = await run(command, args);
      expect((message + output).match(controls)).toBeNull();
    }
  }
  expect((await run("solve", [file])).output).toContain("\\x1b[2J");
  const plot = join(folder, "labels.svg");
  await run("solve", [file, "--plot", plot]);
  expect(readFileSync(join(folder, "labels-labels.svg"), "utf8").match(controls)).toBeNull();
});
