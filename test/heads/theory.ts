import { linkText } from "../../src/heads/bind.ts";
import { familyTitles } from "../../src/heads/familyTitles.ts";
import type { Head } from "../../src/heads/head.ts";
import { heads } from "../../src/heads/index.ts";
import { rangeText } from "../../src/heads/options.ts";
import { type Solution, solve } from "../../src/heads/solve.ts";
import type { LabelSummary } from "../../src/labels/summary.ts";
import { binaryRows, classRows, numberRows, survivalRows } from "./rows.ts";

/** The labels of the examples in docs/theory.md, one set for each kind that heads read. */
const ones = (n: number) => new Array<number>(n).fill(1);
const repeat = (counts: readonly number[]) => counts.flatMap((n, k) => new Array<number>(n).fill(k));
const counts = [70, 20, 10];
const amounts = [1, 2, 2, 3, 4, 5, 8, 13];
const times = [
  [1, 1],
  [1, 0],
  [2, 1],
  [2, 1],
  [3, 0],
  [3, 1],
] as const;
export const examples: Record<Head["reads"], { text: string; labels: LabelSummary | undefined }> = {
  classes: {
    text: "70, 20 and 10 rows of three classes",
    labels: classRows(repeat(counts), ones(100), 3).summary,
  },
  binary: {
    text: "10 yes among 100 rows",
    labels: binaryRows(
      repeat([90, 10]).map((y) => [y]),
      ones(100),
    ).summary,
  },
  numbers: {
    text: `y = ${amounts.join(", ")}`,
    labels: numberRows(
      amounts.map((y) => [y]),
      ones(8),
    ).summary,
  },
  directions: {
    text: "three rows (1, 0), (0, 1), (3, 4)",
    labels: numberRows(
      [
        [1, 0],
        [0, 1],
        [3, 4],
      ],
      ones(3),
    ).summary,
  },
  survival: {
    text: `times ${times.map(([t, event]) => `${t}${event ? "" : "+"}`).join(", ")} (+: censored)`,
    labels: survivalRows(times, ones(6)).summary,
  },
  nothing: { text: "default options", labels: undefined },
};

const six = (x: number) => String(Number(x.toPrecision(6)));
const list = (values: readonly number[]) =>
  values.length === 1 ? six(values[0]) : `(${values.map(six).join(", ")})`;

function exampleText(head: Head): string {
  const { text, labels } = examples[head.reads];
  const solution: Solution = solve(head, labels);
  const { bias, expectedLoss, lossAtZero, kind } = solution;
  if (kind === "none") {
    const start = expectedLoss === null ? "unknown here" : `$${six(expectedLoss)}$`;
    return `*Example*, ${text}: no bias; loss at a constant output ${start}.`;
  }
  return `*Example*, ${text}: bias $${list(bias)}$, expected loss $${six(expectedLoss!)}$, at bias 0 $${six(lossAtZero!)}$ (${kind}).`;
}

function section(head: Head): string {
  const { name, summary, formula, derivation, reference, none, options } = head;
  const option = Object.entries(options).map(
    ([key, spec]) =>
      `\`${key}\` (${spec.doc}; ${spec.type === "choice" ? spec.choices.join(" or ") : rangeText(spec.range)})`,
  );
  return [
    `### ${name}`,
    `${summary[0].toUpperCase()}${summary.slice(1)}. Link: \`${linkText(head)}\`.${head.identifiable || none ? "" : " Not identifiable: outputs that differ by what the loss does not see are equally good."}`,
    `$$${formula.loss[1]}$$`,
    `$$${formula.optimum[1]}$$`,
    `$$${formula.expected[1]}$$`,
    derivation,
    ...(none ? [`**No bias**: ${none.reason}. Instead: ${none.instead}.`] : []),
    ...(option.length > 0 ? [`Options: ${option.join("; ")}.`] : []),
    exampleText(head),
    `Reference: ${reference}.`,
  ].join("\n\n");
}

/** docs/theory.md, whole: made from the catalogue, so that neither can say what the other does not. */
export function theory(introduction: string): string {
  const families = Object.entries(familyTitles).map(([family, title]) =>
    [`## ${title}`, ...heads.filter((head) => head.family === family).map(section)].join("\n\n"),
  );
  return `${[introduction.trim(), ...families].join("\n\n")}\n`;
}

/** The page's own words, before the first family. */
export const introductionOf = (page: string) =>
  page.slice(0, page.indexOf(`## ${familyTitles.classification}`));
