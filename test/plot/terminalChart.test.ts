import fc from "fast-check";
import { expect, test } from "vitest";
import { terminalChart } from "../../src/plot/terminalChart.ts";
import { makeTrial } from "./trials.ts";

const zero = { name: "zero", values: makeTrial().runningLosses };
const prior = { name: "prior", values: makeTrial({ arm: "prior" }).runningLosses };
const isDot = (letter: string) => letter > "\u2800" && letter <= "\u28ff";

test("terminalChart(curves) is drawn as in the snapshot", () => {
  expect(`\n${terminalChart([zero, prior])}\n`).toMatchInlineSnapshot(`
    "
         │⢆
     2.2 ┤⠈⢆
         │ ⠈⢆
         │  ⠘⢄
         │    ⠱⡀
     2.0 ┤     ⠑⠒⢄
         │        ⠑⢄
         │          ⠑⠢⡀
     1.8 ┤            ⠈⠢⠤⣀
         │                ⠉⠢⢄⡀
         │                   ⠈⠉⠒⠢⠤⣀
         │ ⡠                       ⠉⠉⠉⠉⠒⠒⠒⠢⠤⠤⠤⢄⣀⣀⣀
     1.6 ┤⠉ ⠠⠒⠂ ⠊⠑ ⢀⣀⡀                            ⠉⠉⠉⠒⠒⠒⠒⠢⠤⠤⠤⠤⣀⣀⣀⣀⣀
         │             ⠑⠉ ⠐⠒⠂ ⠒⠤ ⠠⠤⠄ ⠤⣀ ⢀⣀⡀ ⣀⣀ ⢀⣀⡀                 ⠉⠉⠉⠉⠉⠉⠉⠉⠉⠑⠒⠒⠒⠒⠤⠤⠤
         │                                         ⠉⠉ ⠈⠉⠁ ⠉⠉ ⠐⠒⠂ ⠒⠒ ⠐⠒⠂ ⠒⠒ ⠠⠔⠂ ⠤⠤ ⠠⠤
         └┬───────────┬─────────────┬────────────┬─────────────┬────────────┬───────
          step 1     10            20           30            40           50
      ⠒⠒⠒⠒⠒ zero 1.5196   ⠒⠒ ⠐⠒ prior 1.4586
    "
  `);
});

test("terminalChart(curves) keeps to its width and height, whatever the values", () => {
  const value = fc.oneof(
    fc.double({ min: 0, max: 1e9 }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0),
  );
  const curve = fc.record({ name: fc.constantFrom("zero", "prior", "calibrated"), values: fc.array(value) });
  const sizes = fc.record({
    width: fc.integer({ min: 50, max: 200 }),
    height: fc.integer({ min: 10, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(curve, { minLength: 1, maxLength: 3 }), sizes, (curves, { width, height }) => {
      const lines = terminalChart(curves, { width, height }).split("\n");
      expect(lines).toHaveLength(height);
      expect(lines.every((line) => line.length <= width)).toBe(true);
    }),
  );
});

test("terminalChart tells curves apart without colour: the first is solid, the second has gaps", () => {
  const flat = [1, 2].map((value) => ({
    name: `at ${value}`,
    values: Array.from({ length: 60 }, () => value),
  }));
  const rows = terminalChart(flat)
    .split("\n")
    .filter((line) => /^[\s\d.]*[│┤]/.test(line) && [...line].some(isDot))
    .map((line) => line.replace(/^.*?[│┤]/, ""));
  expect(rows).toHaveLength(2);
  expect(rows[0]).toContain(" ");
  expect(rows[1]).not.toContain(" ");
});

test("terminalChart colours only if asked, and colour changes no letter", () => {
  const plain = terminalChart([zero, prior]);
  const colored = terminalChart([zero, prior], { color: true });
  expect(plain).not.toContain("\u001b");
  expect(colored).toContain("\u001b[33m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an ANSI code starts with one
  expect(colored.replace(/\u001b\[\d+m/g, "")).toBe(plain);
});

test("terminalChart with steps leaves the rest of the axis empty, for a chart that grows", () => {
  const begun = { name: "zero", values: zero.values.slice(0, 20) };
  const lines = terminalChart([begun], { steps: 55 }).split("\n").slice(0, -3);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(6 + 74 * (21 / 55));
});

test("terminalChart says which curve diverged, and which is off the scale", () => {
  const gone = { name: "zero", values: makeTrial({ divergesAt: 30 }).runningLosses };
  expect(terminalChart([gone, prior])).toContain("zero not finite from step 30 on");
  const runaway = { name: "zero", values: makeTrial({ growth: 1.5 }).runningLosses };
  expect(terminalChart([runaway, prior])).toMatch(/zero \d+ \(off the scale\)/);
  expect(terminalChart([{ name: "zero", values: [] }])).toContain("zero -");
});
