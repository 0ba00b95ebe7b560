import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { heads } from "../../src/heads/index.ts";
import { caseOf, type Errors, errorsOf, isComparable } from "./verify.ts";

/**
 * The table of errors of the catalogue. `SETS=200 npx vitest run test/heads/verification.test.ts` draws 200 random sets of
 * labels per head (a few minutes) and writes docs/verification.md; as a unit test it draws two.
 */
const sets = Number(process.env.SETS ?? 2);

const figure = (x: number | undefined) => (x === undefined ? "-" : x === 0 ? "0" : x.toExponential(0));

test("every head's optimum and expected loss agree with an independent minimiser", {
  timeout: 3_600_000,
}, () => {
  const rows = heads.map((head) => {
    const kinds = new Set<string>();
    let compared = 0;
    const worst: { -readonly [Name in keyof Errors]: number } = {};
    const comparable = !head.none && head.name !== "mixture-density";
    for (let n = 0; n < sets || (comparable && compared < sets && n < 8 * sets); n++) {
      const item = caseOf(head, n + 1000);
      const errors = errorsOf(head, item);
      kinds.add(item.solution.kind);
      if (isComparable(head, item)) compared++;
      for (const name of ["excess", "output", "expected"] as const) {
        const error = errors[name];
        if (error !== undefined) worst[name] = Math.max(worst[name] ?? 0, error);
      }
    }
    return { head, kinds: [...kinds].sort(), compared, worst };
  });
  if (sets >= 200) write(rows);
  for (const { head, worst } of rows) {
    const has = (name: keyof Errors) => worst[name] !== undefined;
    expect(has("excess"), head.name).toBe(!head.none && head.name !== "mixture-density");
    expect(has("expected"), head.name).toBe(head.loss !== undefined);
    expect(worst.excess ?? 0, head.name).toBeLessThan(1e-9);
    expect(worst.expected ?? 0, head.name).toBeLessThan(1e-11);
    expect(worst.output ?? 0, head.name).toBeLessThan(1e-6);
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
    const errors = [worst.excess, worst.output, worst.expected].map(figure);
    return `| ${head.name} | ${kinds.join(", ")} | ${compared} | ${errors.join(" | ")} |`;
  });
  const text = `# Verification of the catalogue

\`SETS=${sets} npx vitest run test/heads/verification.test.ts\` compares every head with independent methods on at least ${sets} random
sets of labels, with sample weights, ties, absent classes, labels from 1e-3 to 1e5, and random options. The table gives the
largest error of each head:

- **loss**: how far the expected loss at the solved bias lies above the smallest value that an independent minimiser finds
  (a scan with golden-section search, or the simplex of Nelder and Mead; both use values only), relative to the loss. 0 means
  that it is never above.
- **output**: the distance between the solved bias and the zero of the gradient that Newton's method reaches from the
  independent minimum, relative to the bias (or to 1 if that is larger). It is left out (-) for losses with kinks, which have
  no single point to compare.
- **expected**: the relative difference between the closed form of the expected loss and the mean of the losses of the rows.

*compared* is the number of sets with a finite optimum; sets are drawn until this number is reached. Sets with an optimum at a
boundary (for example with an absent class) use the documented pseudo-count instead, which other tests check. Heads of kind
*none* have no bias to compare, and a mixture density has many local minima.

| head | kind | compared | loss | output | expected |
|---|---|---:|---:|---:|---:|
${lines.join("\n")}
`;
  writeFileSync(join(import.meta.dirname, "..", "..", "docs", "verification.md"), text);
}
