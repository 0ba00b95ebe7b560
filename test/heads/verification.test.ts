import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { heads } from "../../src/heads/index.ts";
import { caseOf, type Errors, errorsOf, isSmooth } from "./verify.ts";

/**
 * The catalogue's table of errors. `SETS=200 npx vitest run test/heads/verification.test.ts` draws 200 random label sets a
 * head (a few minutes) and writes docs/verification.md; as a unit test it draws two.
 */
const sets = Number(process.env.SETS ?? 2);

const figure = (x: number) => (x === 0 ? "0" : x.toExponential(0));

test("every head's optimum and expected loss agree with an independent minimiser", {
  timeout: 3_600_000,
}, () => {
  const rows = heads.map((head) => {
    const kinds = new Set<string>();
    let compared = 0;
    const worst: Record<keyof Errors, number> = { excess: 0, output: 0, expected: 0 };
    const comparable = !head.none && head.name !== "mixture-density";
    for (let n = 0; n < sets || (comparable && compared < sets && n < 8 * sets); n++) {
      const item = caseOf(head, n + 1000);
      const errors = errorsOf(head, item);
      kinds.add(item.solution.kind);
      if (item.solution.kind !== "boundary" && comparable) compared++;
      for (const name of ["excess", "output", "expected"] as const)
        worst[name] = Math.max(worst[name], errors[name]);
    }
    return { head, kinds: [...kinds].sort(), compared, worst };
  });
  if (sets >= 200) write(rows);
  for (const { head, worst } of rows) {
    expect(worst.excess, head.name).toBeLessThan(1e-9);
    expect(worst.expected, head.name).toBeLessThan(1e-11);
    expect(worst.output, head.name).toBeLessThan(1e-6);
  }
});

interface Row {
  readonly head: (typeof heads)[number];
  readonly kinds: readonly string[];
  readonly compared: number;
  readonly worst: Errors;
}

function write(rows: readonly Row[]): void {
  const lines = rows.map(({ head, kinds, compared, worst }) => {
    const output = compared && head.gradient && isSmooth(head) ? figure(worst.output) : "-";
    const expected = head.loss ? figure(worst.expected) : "-";
    return `| ${head.name} | ${kinds.join(", ")} | ${compared} | ${compared ? figure(worst.excess) : "-"} | ${output} | ${expected} |`;
  });
  const text = `# Verification of the catalogue

Made by \`SETS=${sets} npx vitest run test/heads/verification.test.ts\`: at least ${sets} random label sets a head, with sample weights, ties,
absent classes, labels of 1e-3 to 1e5, and random options. The largest error over all of them:

- **loss**: how far the expected loss at the solved bias lies above the least value that an independent minimiser finds
  (a scan with golden sections, or Nelder and Mead's simplex; values only), relative to the loss. 0: never above.
- **output**: distance of the solved bias from the zero of the gradient that Newton's steps reach from the independent
  minimum, relative to the bias (or to 1). Left out (-) where the loss has kinks and so no single point to compare.
- **expected**: difference of the closed expected loss and the mean of the rows' own losses, relative.

*compared* counts the sets with a finite optimum, drawn until there are that many: those at a boundary (an absent class, say)
have their stated pseudo-count instead, which the tests check by itself. Heads of kind *none* have no bias to compare; a mixture has many local minima.

| head | kind | compared | loss | output | expected |
|---|---|---:|---:|---:|---:|
${lines.join("\n")}
`;
  writeFileSync(join(import.meta.dirname, "..", "..", "docs", "verification.md"), text);
}
