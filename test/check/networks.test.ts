import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CheckInput } from "../../src/check/checkInput.ts";
import { checkOutputs } from "../../src/check/checkOutputs.ts";
import { fromCounts } from "../../src/labels/fromCounts.ts";
import { readNumberArray } from "../../src/tables/readNumberArray.ts";

/** Outputs of untrained networks of the frameworks; made by scripts/fixtures/networkOutputs.py. */
interface Network extends Pick<CheckInput, "given" | "data"> {
  readonly file: number;
  readonly network: string;
  readonly task: string;
  readonly version: string;
  readonly bug: string | null;
  readonly causes: readonly string[];
  readonly head: string;
  readonly counts?: readonly number[];
}

const folder = join(import.meta.dirname, "..", "files", "networks");
const networks: Network[] = JSON.parse(readFileSync(join(folder, "networks.json"), "utf8"));
const named = (one: Network) => ({
  ...one,
  title: `${one.version.split(" ")[0]}, ${one.network}, ${one.task}`,
});

async function check({ file, head, given, data, counts }: Network) {
  const outputs = await readNumberArray(join(folder, `${file}.outputs.npy`));
  const labels = await readNumberArray(join(folder, `${file}.labels.npy`));
  return checkOutputs({
    head,
    given,
    data,
    outputs: outputs.values,
    labels: labels.values,
    rows: outputs.shape[0],
    training: counts && fromCounts(counts),
  });
}

test.each(networks.filter(({ bug }) => bug === null).map(named))("sound: $title", async (network) => {
  const { verdict } = await check(network);
  expect(["sound", "starts high"]).toContain(verdict);
});

test.each(networks.filter(({ bug }) => bug !== null).map(named))("$bug: $title", async (network) => {
  const { verdict, causes } = await check(network);
  expect(verdict).toBe("not sound");
  expect(network.causes).toContain(causes[0].name);
});
