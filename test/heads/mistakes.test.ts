import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bind } from "../../src/heads/bind.ts";
import { findHead } from "../../src/heads/index.ts";
import { solve } from "../../src/heads/solve.ts";
import { logit, sigmoid } from "../../src/math/logit.ts";
import { yesNo } from "./rows.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "common-mistakes.md"), "utf8");

test("every figure of docs/common-mistakes.md is what the catalogue computes", () => {
  const fraud = yesNo(492, 284_315);
  const weighted = bind(findHead("sigmoid").head, fraud, { classWeights: "balanced" });
  const focal = solve("binary-focal", yesNo(1, 99), { alpha: 0.25 });
  const figures = [
    `that is ${Math.log(0.1).toFixed(3)}, which predicts ${(100 * sigmoid(Math.log(0.1))).toFixed(1)} % instead of 10 %`,
    `= ${solve("sigmoid", yesNo(1, 9)).bias[0].toFixed(3)} |`,
    `the logit is ${solve("sigmoid", yesNo(1, 10)).bias[0].toFixed(3)} |`,
    `= ${solve("sigmoid", fraud).bias[0].toFixed(3)} in models`,
    `Their initial loss is ${weighted.expectedLoss(solve("sigmoid", fraud).bias).toFixed(3)}.`,
    `bias 0, initial loss ${solve("sigmoid", fraud, { classWeights: "balanced" }).expectedLoss!.toFixed(3)} |`,
    `starts from ${solve("sigmoid", yesNo(2, 98)).bias[0].toFixed(3)}.`,
    `= ${solve("sigmoid", yesNo(2, 98), { posWeight: [7] }).bias[0].toFixed(3)} |`,
    `RetinaNet's ${logit(0.01).toFixed(3)} as`,
    `$p$ = ${focal.prediction[0].toFixed(3)}.`,
    `$\\alpha$: ${focal.bias[0].toFixed(2)} |`,
    `never exceeds ${(-Math.log(1e-7)).toFixed(3)}.`,
  ];
  expect(figures.filter((figure) => !page.includes(figure))).toEqual([]);
});
