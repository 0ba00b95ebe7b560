import { describe, expect, test } from "vitest";
import { band } from "../../src/heads/band.ts";
import { bind } from "../../src/heads/bind.ts";
import { findHead } from "../../src/heads/index.ts";
import { noisyLoss } from "../../src/heads/noise.ts";
import { solve } from "../../src/heads/solve.ts";
import { solveHeads } from "../../src/heads/solveHeads.ts";
import { logSumExp } from "../../src/math/logSumExp.ts";
import { seededRandom } from "../../src/math/seededRandom.ts";
import { binaryRows, classRows, numberRows, survivalRows, yesNo } from "./rows.ts";

const ones = (n: number) => new Array<number>(n).fill(1);
const classes = (counts: readonly number[]) =>
  ({
    ...classRows([0], [1], counts.length).summary,
    counts: Float64Array.from(counts),
    rows: counts.reduce((a, b) => a + b),
    labelSquares: counts.reduce((a, b) => a + b),
  }) as const;
const numbers = (values: readonly number[]) =>
  numberRows(
    values.map((v) => [v]),
    ones(values.length),
  ).summary;
const bernoulliEntropy = (q: number) => -q * Math.log(q) - (1 - q) * Math.log1p(-q);

describe("equivalences", () => {
  test("softmax of two classes = sigmoid", () => {
    const two = solve("softmax", classes([70, 30]));
    const one = solve("sigmoid", yesNo(30, 70));
    expect(two.bias[1] - two.bias[0]).toBeCloseTo(one.bias[0], 14);
    expect(two.expectedLoss).toBeCloseTo(one.expectedLoss!, 14);
    expect(solve("sigmoid", classes([70, 30])).bias).toEqual(one.bias);
  });

  test("balanced class weights give bias 0 and loss log K", () => {
    const { centredBias, expectedLoss } = solve("softmax", classes([70, 20, 10]), {
      classWeights: "balanced",
    });
    expect(centredBias).toEqual([0, 0, 0].map((x) => expect.closeTo(x, 14)));
    expect(expectedLoss).toBeCloseTo(Math.log(3), 14);
    expect(solve("sigmoid", yesNo(3, 97), { classWeights: "balanced" }).bias[0]).toBeCloseTo(0, 14);
  });

  test("sample weights = class weights = repetition", () => {
    const repeated = solve("softmax", classes([7, 6, 1]));
    expect(solve("softmax", classes([7, 2, 1]), { classWeights: [1, 3, 1] }).bias).toEqual(
      repeated.bias.map((b) => expect.closeTo(b, 14)),
    );
  });

  test("categorical focal at gamma 0 = softmax; binary focal at gamma 0 = sigmoid", () => {
    const counts = classes([50, 30, 20]);
    expect(solve("categorical-focal", counts, { gamma: 0 }).bias).toEqual(
      solve("softmax", counts).bias.map((b) => expect.closeTo(b, 12)),
    );
    expect(solve("binary-focal", yesNo(1, 9), { gamma: 0 }).bias[0]).toBeCloseTo(Math.log(1 / 9), 12);
  });

  test("poly-1 at epsilon 0 = softmax; Huber at a wide delta = half the squared error; expectile at 1/2 = mean", () => {
    const counts = classes([50, 30, 20]);
    expect(solve("poly-1", counts, { epsilon: 0 }).bias).toEqual(
      solve("softmax", counts).bias.map((b) => expect.closeTo(b, 12)),
    );
    const y = numbers([1, 2, 2, 7, 40]);
    expect(solve("huber", y, { delta: 1e3 }).expectedLoss).toBeCloseTo(
      solve("optax.l2_loss", y).expectedLoss!,
      10,
    );
    expect(solve("expectile", y).bias[0]).toBeCloseTo(10.4, 12);
  });

  test("CORN and cumulative link expect the entropy of the classes; PMF and MTLR the loss of the hazards", () => {
    const counts = classes([5, 9, 4, 2]);
    const entropy = solve("softmax", counts).expectedLoss!;
    expect(solve("corn", counts).expectedLoss).toBeCloseTo(entropy, 13);
    expect(solve("cumulative-link", counts).expectedLoss).toBeCloseTo(entropy, 13);
    const times = survivalRows(
      [
        [1, 1],
        [1, 0],
        [2, 1],
        [2, 0],
        [3, 1],
        [3, 0],
        [1, 0],
      ],
      ones(7),
    ).summary;
    const hazards = solve("logistic-hazard", times).expectedLoss!;
    expect(solve("pmf", times).expectedLoss).toBeCloseTo(hazards, 13);
    expect(solve("mtlr", times).expectedLoss).toBeCloseTo(hazards, 13);
  });

  test("KL divergence of soft labels = cross-entropy less the labels' own entropy", () => {
    const soft = {
      kind: "classes",
      counts: Float64Array.of(1.5, 0.5),
      rows: 2,
      ignored: 0,
      labelEntropy: Math.LN2,
      labelSquares: 1.5,
    } as const;
    expect(solve("kl-divergence", soft).expectedLoss).toBeCloseTo(bernoulliEntropy(0.25) - Math.LN2 / 2, 14);
  });
});

describe("what others get wrong", () => {
  test("LightGBM ignores scale_pos_weight: log(2/98) = -3.892, where 7 to 1 needs -1.946", () => {
    const solution = solve("lightgbm binary", yesNo(2, 98), { posWeight: [7] });
    expect(Math.log(2 / 98)).toBeCloseTo(-3.892, 3);
    expect(solution.bias[0]).toBeCloseTo(Math.log(14 / 98), 14);
    expect(solution.bias[0]).toBeCloseTo(-1.946, 3);
  });

  test("LightGBM starts huber and fair from the mean, scikit-learn huber one step from the median: both lose more", () => {
    const y = [0.2, 0.5, 1, 1.2, 2, 2.5, 3, 9, 14, 30];
    const bound = bind(findHead("huber").head, numbers(y), { delta: 2 });
    const best = solve("huber", numbers(y), { delta: 2 });
    const mean = y.reduce((a, b) => a + b) / y.length;
    const median = 2.25;
    // Friedman (2001), algorithm 4: the median plus the mean of the clipped residuals
    const friedman =
      median +
      y.reduce((total, v) => total + Math.sign(v - median) * Math.min(2, Math.abs(v - median)), 0) / y.length;
    expect(bound.expectedLoss([mean])).toBeGreaterThan(best.expectedLoss! + 0.1);
    expect(bound.expectedLoss([friedman])).toBeGreaterThan(best.expectedLoss! + 1e-4);
    expect(solve("fair", numbers(y)).bias[0]).toBeLessThan(mean - 2);
  });

  test("TensorFlow's imbalanced-data tutorial: log(pos/neg) under balanced weights starts at 3.181, not at log 2", () => {
    const fraud = yesNo(492, 284_315);
    const plain = solve("keras.losses.BinaryCrossentropy", fraud);
    expect(plain.bias[0]).toBeCloseTo(Math.log(492 / 284_315), 12);
    expect(plain.expectedLoss).toBeCloseTo(0.01271, 5);
    const weighted = bind(findHead("sigmoid").head, fraud, { classWeights: "balanced" });
    expect(weighted.expectedLoss(plain.bias)).toBeCloseTo(3.181, 3);
    const right = solve("sigmoid", fraud, { classWeights: "balanced" });
    expect(right.bias[0]).toBeCloseTo(0, 12);
    expect(right.expectedLoss).toBeCloseTo(Math.LN2, 12);
  });

  test("one Newton step on pseudo-Huber explodes (XGBoost: 2.9e6); the root lies among the labels", () => {
    expect(solve("pseudo-huber", numbers([100, 300, 1000])).bias[0]).toBeCloseTo(300, 0);
  });

  test("focal's optimum is not the log-odds: q = .01 at gamma 2, alpha .25 predicts .108", () => {
    const options = { gamma: 2, alpha: 0.25 };
    const at = (yes: number, no: number) => solve("binary-focal", yesNo(yes, no), options);
    expect(at(1, 999).prediction[0]).toBeCloseTo(0.0503, 4);
    expect(at(10, 990).prediction[0]).toBeCloseTo(0.108, 3);
    expect(at(100, 900).bias[0]).toBeCloseTo(-1.23, 2);
  });
});

describe("edges", () => {
  test("absent classes and one-class labels are finite, and named", () => {
    const { bias, kind, warnings } = solve("softmax", classes([8, 0, 2]));
    expect(bias[1]).toBeCloseTo(Math.log(0.5 / 10.5), 14);
    expect(kind).toBe("boundary");
    expect(warnings[0]).toMatch(/^no row of class 1: counted as 0.5 of a row/);
    expect(solve("sigmoid", yesNo(0, 100)).bias[0]).toBeCloseTo(Math.log(0.5 / 100), 14);
    expect(solve("poisson", numbers([0, 0, 0, 0])).prediction[0]).toBeCloseTo(0.5 / 4, 14);
  });

  test("smoothing gives absent classes their share: no pseudo-count", () => {
    expect(solve("softmax", classes([8, 0, 2]), { labelSmoothing: 0.1 })).toMatchObject({
      kind: "closed form",
      warnings: [],
    });
  });

  test("labels outside the domain, of another kind, or without weight are refused by name", () => {
    expect(() => solve("gamma", numbers([1, 0]))).toThrow(
      "invalid label in column 0: 0; gamma expects a number above 0",
    );
    expect(() => solve("softmax", numbers([1, 2]))).toThrow(
      "invalid labels for softmax: numbers; expected one class per row",
    );
    expect(() => solve("softmax", classes([0, 0]))).toThrow("invalid total weight of class: 0");
    expect(() => solve("softmax", classes([1, 1]), { labelSmoothing: 2 })).toThrow(
      "invalid labelSmoothing of softmax: 2; allowed: a number from 0 to 1",
    );
    expect(() => solve("huber", numbers([1]), { delat: 1 })).toThrow(
      "unknown option of huber: delat; did you mean delta?",
    );
    expect(() => solve("softmax", classes([1, 1]), { classWeights: [1, 2, 3] })).toThrow(
      "3 numbers; allowed: 2 (one per class), or one for all",
    );
  });

  test("dice, Cox and the contrastive losses have no bias, and say what they start at", () => {
    expect(solve("dice", yesNo(10, 90))).toMatchObject({
      kind: "none",
      bias: [],
      expectedLoss: expect.closeTo(1 - 0.1 / 0.6, 14),
    });
    expect(solve("info-nce", undefined, { candidates: 64 }).expectedLoss).toBeCloseTo(Math.log(64), 14);
    const times = survivalRows(
      [
        [1, 1],
        [2, 0],
        [3, 1],
      ],
      ones(3),
    ).summary;
    expect(solve("cox", times).expectedLoss).toBeCloseTo((Math.log(3) + Math.log(1)) / 2, 14);
    expect(solve("siglip", undefined, { pairs: 32_768 }).bias[0]).toBeCloseTo(-10.397, 3);
    expect(solve("siglip", undefined, { pairs: 32_768 }).expectedLoss).toBeCloseTo(11.397, 3);
  });

  test("50,000 classes, a language model's tokens, are no more than a longer list", () => {
    const { expectedLoss, lossAtZero } = solve("softmax", classes(new Array<number>(50_000).fill(3)));
    expect(expectedLoss).toBeCloseTo(Math.log(50_000), 10);
    expect(lossAtZero).toBeCloseTo(Math.log(50_000), 10);
  });
});

describe("band", () => {
  test("the Jensen gaps, by simulation here", () => {
    const uniform = bind(findHead("softmax").head, classes(ones(10)));
    for (const [s, gap] of [
      [0.577, 0.1473],
      [1, 0.4249],
      [Math.SQRT2, 0.8072],
    ]) {
      const { value } = noisyLoss(uniform, ones(10), { shape: "normal", size: s });
      expect(value - Math.log(10)).toSatisfy((x: number) => Math.abs(x - gap) < 0.01);
    }
    const sigmoid = bind(findHead("sigmoid").head, yesNo(1, 99));
    const rare = noisyLoss(sigmoid, [Math.log(1 / 99)], { shape: "normal", size: 1 });
    expect(rare.value - bernoulliEntropy(0.01)).toBeCloseTo(0.0063, 3);
  });

  test("batches of a sound network fall into it, at the rate that z says", () => {
    const counts = [50, 30, 15, 5];
    const source = seededRandom(1);
    const [batch, variance] = [128, 0.5];
    const { low, high } = band("softmax", classes(counts), {
      batchSize: batch,
      outputVariance: variance,
      z: 2,
    });
    const draws = 300;
    let inside = 0;
    for (let d = 0; d < draws; d++) {
      let loss = 0;
      for (let i = 0; i < batch; i++) {
        const u = 100 * source.uniform();
        const label = u < 50 ? 0 : u < 80 ? 1 : u < 95 ? 2 : 3;
        const z = counts.map((n) => Math.log(n / 100) + Math.sqrt(variance) * source.normal());
        loss += (logSumExp(z) - z[label]) / batch;
      }
      if (loss >= low && loss <= high) inside++;
    }
    expect(inside / draws).toBeGreaterThan(0.95);
  });

  test("squared error and Poisson add s² and m (exp(s²/2) - 1) of noise", () => {
    const y = numbers([1, 2, 6]);
    expect(band("squared-error", y, { batchSize: Infinity, outputVariance: 0.3 }).gap).toBeCloseTo(0.3, 10);
    expect(band("poisson", y, { batchSize: Infinity, outputVariance: 0.3 }).gap).toBeCloseTo(
      3 * Math.expm1(0.15),
      8,
    );
  });
});

describe("mixture-density", () => {
  const gaussian = (y: readonly number[]) =>
    solve("gaussian-nll", numbers(y), { scale: "log-sd", constant: "kept" });

  test("one component = the Gaussian of the labels' mean and variance", () => {
    const y = [1, 2, 4, 9];
    const one = solve("mixture-density", numbers(y), { components: 1 });
    expect(one.bias.slice(1)).toEqual(gaussian(y).bias.map((b) => expect.closeTo(b, 10)));
    expect(one.expectedLoss).toBeCloseTo(gaussian(y).expectedLoss!, 12);
  });

  test("two far clusters are found, with their shares, and no small step from there lowers the loss", () => {
    const y = [-1, 0, 1, 99, 100, 100, 100, 101, 102];
    const options = { components: 2 };
    const { prediction, bias, expectedLoss } = solve("mixture-density", numbers(y), options);
    expect(prediction.slice(0, 4)).toEqual([1 / 3, 2 / 3, 0, 602 / 6].map((x) => expect.closeTo(x, 6)));
    expect(expectedLoss).toBeLessThan(gaussian(y).expectedLoss! - 1);
    const bound = bind(findHead("mixture-density").head, numbers(y), options);
    bias.forEach((_, k) => {
      for (const step of [-1e-3, 1e-3]) {
        expect(bound.expectedLoss(bias.map((b, i) => (i === k ? b + step : b)))).toBeGreaterThan(
          expectedLoss! - 1e-12,
        );
      }
    });
  });
});

test("combine adds weighted losses, and prefixes warnings", () => {
  const box = numbers([1, 2, 6]);
  const { expectedLoss, warnings, parts } = solveHeads([
    { name: "class", head: "softmax", labels: classes([5, 0, 5]) },
    { name: "box", head: "smooth-l1", labels: box, weight: 2 },
  ]);
  expect(expectedLoss).toBeCloseTo(parts.class.expectedLoss! + 2 * parts.box.expectedLoss!, 14);
  expect(warnings[0]).toMatch(/^class: no row of class 1/);
  expect(() =>
    solveHeads([{ name: "a", head: "hinge", labels: binaryRows([[1]], [1]).summary, weight: -1 }]),
  ).toThrow("invalid weight of a: -1");
});
