import { Command } from "commander";
import { expect, test, vi } from "vitest";
import { describe as losses } from "../../src/cli/commands/losses.ts";
import { heads } from "../../src/heads/index.ts";

/** What `baserate losses ARGS` prints. */
async function printed(...args: string[]): Promise<string> {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const command = new Command().exitOverride();
  losses(command);
  await command.parseAsync(args, { from: "user" });
  const text = log.mock.calls.join("\n");
  log.mockRestore();
  return text;
}

const tooLong = (text: string) =>
  text.split("\n").filter((line) => line.length > 80 && line.trim().includes(" "));

test("losses lists every head once, on lines of at most 80 characters", async () => {
  const text = await printed();
  expect(heads.filter(({ name }) => !text.includes(`\n  ${name} `))).toEqual([]);
  expect(tooLong(text)).toEqual([]);
});

test.each(heads.map(({ name }) => name))(
  "losses %s explains it on lines of at most 80 characters",
  async (name) => {
    const text = await printed(name);
    expect(text).toContain(`${name}: `);
    expect(text).toContain("Reference: ");
    expect(tooLong(text)).toEqual([]);
  },
);

test("losses NAME states a framework's conventions and the options they imply", async () => {
  expect(await printed("keras.losses.CategoricalCrossentropy")).toMatch(
    /from_logits=False by default[\s\S]*implies reduction = rows/,
  );
  expect(await printed("lightgbm huber")).toContain("implies delta = 0.9");
});

test("losses NAME --json prints one JSON document", async () => {
  expect(JSON.parse(await printed("torch.nn.HuberLoss", "--json"))).toMatchObject({
    name: "huber",
    found: { name: "torch.nn.HuberLoss" },
  });
  expect(JSON.parse(await printed("--json"))).toHaveLength(heads.length);
});
