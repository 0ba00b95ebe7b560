import { expect, test } from "vitest";
import { rowLoss } from "../../src/heads/bind.ts";
import { calibrate } from "../../src/heads/calibrate.ts";
import type { Head } from "../../src/heads/head.ts";
import { findHead, heads } from "../../src/heads/index.ts";
import { logSoftmax } from "../../src/math/logSumExp.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { minimumOnLine } from "./minimiser.ts";

const source = seededRandom(7);
const rows = 200;
const classes = 3;
const outputs = Float64Array.from(
  { length: rows * classes },
  (_, i) => source.normal() + [2, 0, -1][i % classes],
);
const labels = Array.from({ length: rows }, () => Math.floor(classes * source.uniform() ** 2));

test("calibrate(softmax, outputs, labels) makes the mean prediction equal the class shares", () => {
  const { bias, slope, loss, lossAtZero } = calibrate("softmax", { outputs, labels, rows });
  const mean = [0, 0, 0];
  for (let i = 0; i < rows; i++) {
    const z = bias.map((b, k) => b + outputs[i * classes + k]);
    logSoftmax(z).forEach((l, k) => {
      mean[k] += Math.exp(l) / rows;
    });
  }
  const share = [0, 1, 2].map((k) => labels.filter((y) => y === k).length / rows);
  expect(mean).toEqual(share.map((s) => expect.closeTo(s, 9)));
  expect(slope).toBeLessThan(1e-9);
  expect(loss).toBeLessThan(lossAtZero);
});

test.each([1, 3, 4])(
  "calibrate takes few passes over nearly separable rows, whose loss is mostly rounding (seed %i)",
  (seed) => {
    const [many, width] = [100, 30];
    const seeded = seededRandom(seed);
    const y = Array.from({ length: many }, () => Math.floor(width * seeded.uniform() ** 2));
    const z = Float64Array.from(
      { length: many * width },
      (_, i) => seeded.normal() + (y[Math.floor(i / width)] === i % width ? 12 : 0),
    );
    const { head } = findHead("softmax");
    let gradients = 0;
    const counted: Head = {
      ...head,
      gradient: (...row) => {
        gradients++;
        return head.gradient!(...row);
      },
    };
    const { slope } = calibrate(counted, { outputs: z, labels: y, rows: many });
    expect(gradients / many).toBeLessThan(200);
    expect(slope).toBeLessThan(1e-10);
  },
);

const ofOneNumber = heads.filter(({ reads, loss, width }) => reads === "numbers" && loss && !width);

test.each(ofOneNumber.map((head) => [head.name, head] as const))(
  "calibrate(%s, outputs, labels) finds no worse a bias than golden sections",
  (_name, head) => {
    const z = Array.from({ length: 40 }, () => source.normal());
    const y = z.map(() => 1 + source.integer(5));
    const { loss } = calibrate(head, { outputs: z, labels: y, rows: z.length });
    const mean = (b: number) => z.reduce((total, v, i) => total + rowLoss(head, [v + b], y[i]) / z.length, 0);
    expect(loss).toBeLessThan(minimumOnLine(mean, [0]).value * (1 + 1e-10));
  },
);

test("calibrate counts a class that the batch lacks as half a row, and says so", () => {
  const { bias, warnings } = calibrate("softmax", { outputs: [0, 0, 0, 0, 0, 0], labels: [0, 1], rows: 2 });
  expect(bias[2] - bias[0]).toBeCloseTo(Math.log(0.5), 8);
  expect(warnings).toEqual(["no row of class 2 in the batch: counted as 0.5 of a row"]);
  expect(calibrate("sigmoid", { outputs: [0, 0], labels: [1, 1], rows: 2 }).bias[0]).toBeCloseTo(
    Math.log(2 / 0.5),
    8,
  );
});

test("calibrate(sigmoid, outputs of two columns, labels) calibrates each column by itself", () => {
  const z = [0.5, -1, 2, 0, 1, 3];
  const y = [1, 0, 0, 1, 1, 0];
  const both = calibrate("sigmoid", { outputs: z, labels: y, rows: 3 });
  const first = calibrate("sigmoid", { outputs: [0.5, 2, 1], labels: [1, 0, 1], rows: 3 });
  expect(both.bias[0]).toBeCloseTo(first.bias[0], 8);
});

test("calibrate refuses losses without a bias and sizes that do not match", () => {
  expect(() => calibrate("cox", { outputs: [1], labels: [[1, 1]], rows: 1 })).toThrow(
    "no calibration for cox",
  );
  expect(() => calibrate(findHead("softmax").head, { outputs: [1, 2, 3], labels: [0, 1], rows: 2 })).toThrow(
    "invalid sizes: 3 outputs and 2 labels for 2 rows",
  );
});
