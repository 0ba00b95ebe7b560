import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { explainLoss } from "../../src/check/explainLoss.ts";
import { bestBits, withPriors } from "../../src/check/lossScores.ts";
import type { ExplanationName, LossFacts } from "../../src/check/lossTerm.ts";
import { lossTerms } from "../../src/check/lossTerms.ts";
import { reportedNumber } from "../../src/check/reportedNumber.ts";
import { fromCounts } from "../../src/labels/fromCounts.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";

/** A loss that somebody asked about in public, and what it turned out to be. */
interface ReportedLoss {
  readonly loss: string;
  readonly facts: LossFacts & { readonly counts?: readonly number[] };
  readonly cause: ExplanationName;
  readonly source: string;
  readonly said: string;
  /** `held`: found after the table of explanations and its weights were final, and run once. */
  readonly part: "look" | "held";
}

const losses: readonly ReportedLoss[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "reportedLosses.json"), "utf8"),
);

const ranked = losses.map((reported) => {
  const { counts, ...facts } = reported.facts;
  const labels = counts && fromCounts(counts);
  const { explanations } = explainLoss(reported.loss, { ...facts, labels });
  return {
    ...reported,
    explanations,
    rank: explanations.findIndex(({ name }) => name === reported.cause) + 1,
  };
});

const rightAmong = (part: ReportedLoss["part"], most: number) =>
  ranked.filter((reported) => reported.part === part && reported.rank >= 1 && reported.rank <= most).length;
const size = (part: ReportedLoss["part"]) => losses.filter((reported) => reported.part === part).length;

test.each(["look", "held"] as const)("the right cause is among the first three in 90 %% of %s", (part) => {
  expect(size(part)).toBeGreaterThanOrEqual(part === "look" ? 30 : 10);
  expect(rightAmong(part, 3) / size(part)).toBeGreaterThanOrEqual(0.9);
});

/** Evidence of a ratio of 3 and of 20, as whyReport says moderate and strong. */
const [moderate, strong] = [Math.log2(3), Math.log2(20)];

/** Shares of random numbers from 0.01 to 1,000 with four digits whose best explanation is that good. */
function claimed(facts: LossFacts): { moderate: number; strong: number } {
  const terms = withPriors(lossTerms(facts));
  const { uniform } = seededRandom(1, "losses");
  const bits = Array.from({ length: 1000 }, () => {
    const text = (0.01 * 10 ** (5 * uniform())).toPrecision(4);
    return bestBits(terms, reportedNumber(text));
  });
  const share = (least: number) => bits.filter((b) => b >= least).length / bits.length;
  return { moderate: share(moderate), strong: share(strong) };
}

const factsOfRandom: readonly (readonly [string, LossFacts])[] = [
  ["nothing", {}],
  ["10 classes", { classes: 10 }],
  ["a vocabulary of 32,000", { classes: 32000 }],
  [
    "32,000 tokens, batches of 16, 8 micro-batches, 4 devices",
    { classes: 32000, batchSize: 16, accumulate: 8, devices: 4 },
  ],
  ["a binary cross-entropy", { head: "sigmoid" }],
];
const claims = factsOfRandom.map(([known, facts]) => ({ known, ...claimed(facts) }));

test("a random number is explained no more often than the evidence says", () => {
  // the priors sum to less than 1, so a number saves b bits with a probability of at most 2^-b
  for (const share of claims) {
    expect(share.strong).toBeLessThanOrEqual(1 / 20);
    expect(share.moderate).toBeLessThanOrEqual(1 / 3);
  }
});

const cell = (text: string) => text.replaceAll("|", "\\|");
const known = ({ counts, head, ...facts }: ReportedLoss["facts"]) =>
  [
    ...(head ? [`${head}`] : []),
    ...Object.entries(facts).map(([name, value]) => `${name} ${value}`),
    ...(counts ? [`counts ${counts.join(", ")}`] : []),
  ].join("; ");
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

test("docs/why-numbers.md is made from the data", async () => {
  const table = (part: ReportedLoss["part"]) => [
    "| loss | known | what it turned out to be | rank | first explanation | source |",
    "|---:|---|---|---:|---|---|",
    ...ranked
      .filter((reported) => reported.part === part)
      .map(
        ({ loss, facts, cause, said, rank, explanations: [first], source }) =>
          `| ${loss} | ${known(facts)} | ${cause}: ${cell(said)} | ${rank || "-"} | ${cell(first?.formula ?? "none")} | [link](${source}) |`,
      ),
  ];
  const summary = (part: ReportedLoss["part"]) =>
    `Right first: ${rightAmong(part, 1)} of ${size(part)}; among the first three: ${rightAmong(part, 3)} of ${size(part)}.`;
  const text = [
    "# Numbers that people asked about",
    "",
    "Made by `npx vitest run test/check/reportedLosses.test.ts -u` from test/check/reportedLosses.json. A rank of - means that the right",
    "explanation is not listed.",
    "",
    "## Looked at while the explanations were written",
    "",
    summary("look"),
    "",
    ...table("look"),
    "",
    "## Found afterwards, and run once",
    "",
    summary("held"),
    "",
    ...table("held"),
    "",
    "## Random numbers",
    "",
    "1,000 random numbers from 0.01 to 1,000, evenly on the logarithmic scale, with four digits: how often the best explanation",
    "has moderate evidence (a ratio of 3) or strong evidence (20).",
    "",
    "| known | moderate | strong |",
    "|---|---:|---:|",
    ...claims.map((share) => `| ${share.known} | ${percent(share.moderate)} | ${percent(share.strong)} |`),
    "",
  ].join("\n");
  await expect(text).toMatchFileSnapshot("../../docs/why-numbers.md");
});
