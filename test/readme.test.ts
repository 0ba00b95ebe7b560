import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const programs = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);

/** Comments behind or below a console.log: what it says that it prints. */
const promised = (code: string) =>
  [...code.matchAll(/console\.log\(.*\);\s+\/\/ (.*)$/gm)].map(([, text]) => text);

test("the comments in the README's first program are found", () => {
  expect(promised(programs[0])).toHaveLength(2);
});

test.each(programs.map((code, i) => [i + 1, code] as const))(
  "program %i of the README runs against the built package and prints what its comments say",
  async (_, code) => {
    // Inside the package, so that `import "baserate"` means this checkout.
    const folder = mkdtempSync(join(root, ".readme-"));
    try {
      writeFileSync(join(folder, "program.mjs"), code);
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")]);
      expect(stdout.trim()).not.toBe("");
      for (const line of promised(code)) expect(stdout.split("\n")).toContain(line);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  60_000,
);

test("the output that the README shows is what the command prints", async () => {
  const [, command, shown] = /```console\n\$ npx baserate (.*)\n([\s\S]*?)```/.exec(readme)!;
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, "dist/cli.js"),
    ...command.split(" "),
  ]);
  // The README leaves out lines, and the ends of lines.
  const printed = stdout.split("\n");
  const lines = shown.split("\n").filter((line) => line !== "");
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.filter((line) => !printed.some((text) => text.startsWith(line)))).toEqual([]);
});

test("every command that the README names exists, with the options it gives", async () => {
  const commands = readme.replaceAll(/\\\n\s*/g, "");
  const lines = [...commands.matchAll(/^npx (baserate .*?)(?:\s+#.*)?$/gm)].map(([, line]) => line);
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    const [, command, ...words] = line.split(/\s+/);
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(root, "dist/cli.js"),
      command,
      "--help",
    ]);
    expect(stdout).toContain(`Usage: baserate ${command}`);
    for (const option of words.filter((word) => word.startsWith("--"))) expect(stdout).toContain(option);
  }
});

test("links between documents lead to files that are there", () => {
  const documents = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
  ];
  const missing = documents
    .filter((name) => name.endsWith(".md"))
    .flatMap((name) => {
      const text = readFileSync(join(root, name), "utf8");
      const targets = [
        ...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g),
        ...text.matchAll(/src="([^":]+)"/g),
      ].map(([, path]) => path);
      return targets
        .filter((path) => !existsSync(join(root, dirname(name), path)))
        .map((path) => `${name} -> ${path}`);
    });
  expect(missing).toEqual([]);
});
