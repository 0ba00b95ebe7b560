import type { CauseName } from "../../../src/check/cause.ts";
import type { CheckInput } from "../../../src/check/checkInput.ts";
import { rowLoss } from "../../../src/heads/bind.ts";
import { sigmoid } from "../../../src/math/logit.ts";
import { softmax } from "../../../src/math/logSumExp.ts";
import { type Initialiser, rows } from "./networks.ts";
import { type BiasChoice, dataOf, rescaled, type Task, withBias } from "./programs.ts";

/** Runs the program's network: on other inputs, or from other weights, where a bug asks for it. */
export type Run = (change?: {
  scale?: number;
  shift?: number;
  initialiser?: Initialiser;
}) => Promise<Float64Array>;

export interface Bug {
  readonly name: string;
  /** Causes of which one must be named first. */
  readonly causes: readonly CauseName[];
  /** Which tasks have it; all if left out. */
  applies?(task: Task): boolean;
  /** What the broken program shows. */
  show(task: Task, bias: BiasChoice, run: Run, seed: number): Promise<Partial<CheckInput>>;
}

const isClasses = ({ head }: Task) => head === "softmax";
const isNumbers = ({ head }: Task) => head === "squared-error";

/** The sound program's outputs, bias included. */
const sound = async (task: Task, bias: BiasChoice, run: Run) => withBias(task, await run(), bias);

const eachRow = (outputs: Float64Array, units: number, f: (z: number[]) => number[]) =>
  Float64Array.from({ length: rows }, (_, i) => i).reduce((result, i) => {
    result.set(f(Array.from(outputs.subarray(i * units, (i + 1) * units))), i * units);
    return result;
  }, new Float64Array(outputs.length));

const probabilities = (outputs: Float64Array, { head, units }: Task) =>
  head === "softmax" ? eachRow(outputs, units, softmax) : outputs.map(sigmoid);

/** What a framework prints: float32, four decimals. */
export const printed = (loss: number) => Number(Math.fround(loss).toFixed(4));

export function meanLoss(
  head: string,
  outputs: Float64Array,
  { labels, units }: Task,
  found: (name: string) => Parameters<typeof rowLoss>[0],
) {
  return (
    labels.reduce(
      (total, y, i) => total + rowLoss(found(head), outputs.subarray(i * units, (i + 1) * units), y),
      0,
    ) / labels.length
  );
}

export function makeBugs(find: (name: string) => Parameters<typeof rowLoss>[0]): readonly Bug[] {
  const loss = (task: Task, outputs: Float64Array) => meanLoss(task.head, outputs, task, find);
  return [
    {
      name: "missing softmax",
      causes: ["softmax missing"],
      applies: isClasses,
      show: async (task, bias, run) => ({ outputs: await sound(task, bias, run), given: "predictions" }),
    },
    {
      name: "redundant softmax",
      causes: ["softmax applied twice"],
      applies: isClasses,
      show: async (task, bias, run) => ({ outputs: probabilities(await sound(task, bias, run), task) }),
    },
    {
      name: "wrong softmax: over the batch",
      causes: ["wrong link"],
      applies: isClasses,
      async show(task, bias, run) {
        const z = await sound(task, bias, run);
        const outputs = new Float64Array(z.length);
        for (let k = 0; k < task.units; k++) {
          const column = softmax(Array.from({ length: rows }, (_, i) => z[i * task.units + k]));
          for (let i = 0; i < rows; i++) outputs[i * task.units + k] = column[i];
        }
        return { outputs, given: "predictions" };
      },
    },
    {
      name: "wrong softmax: sigmoids",
      causes: ["wrong link"],
      applies: isClasses,
      show: async (task, bias, run) => ({
        outputs: (await sound(task, bias, run)).map(sigmoid),
        given: "predictions",
      }),
    },
    {
      name: "wrong loss",
      causes: ["wrong loss", "wrong link"],
      async show(task, bias, run, seed) {
        const outputs = await sound(task, bias, run);
        if (isNumbers(task)) {
          return { outputs, reportedLoss: printed(meanLoss("absolute-error", outputs, task, find)) };
        }
        const p = probabilities(outputs, task);
        const cells = Array.from(p, (v, i) => [v, +(task.labels[Math.floor(i / 10)] === i % 10)]);
        const squared = cells.reduce((t, [v, y]) => t + (v - y) ** 2, 0) / p.length;
        const binary = cells.reduce((t, [v, y]) => t - Math.log(y ? v : 1 - v), 0) / p.length;
        return { outputs, reportedLoss: printed(seed % 2 ? squared : binary) };
      },
    },
    {
      name: "flipped sign of the loss",
      causes: ["wrong sign"],
      async show(task, bias, run) {
        const outputs = await sound(task, bias, run);
        return { outputs, reportedLoss: printed(-loss(task, outputs)) };
      },
    },
    {
      name: "sum in place of mean",
      causes: ["wrong reduction"],
      async show(task, bias, run) {
        const outputs = await sound(task, bias, run);
        return { outputs, reportedLoss: printed(rows * loss(task, outputs)) };
      },
    },
    {
      name: "missing normalisation",
      causes: ["inputs not scaled", "outputs too large"],
      async show(task, bias, run) {
        // bytes as they are; or features of a table in units of 100 around 300
        const change = isNumbers(task) ? { scale: 100, shift: 300 } : { scale: 255 };
        return {
          outputs: withBias(task, await run(change), bias === "calibrated" ? "prior" : bias),
          data: dataOf(rescaled(task.inputs, change.scale, change.shift)),
        };
      },
    },
    {
      name: "double normalisation",
      causes: ["inputs scaled twice"],
      async show(task, bias, run) {
        const scale = 1 / 255;
        return {
          outputs: withBias(task, await run({ scale }), bias),
          data: dataOf(rescaled(task.inputs, scale)),
        };
      },
    },
    {
      name: "constant initialisation",
      causes: ["identical units"],
      show: async (task, bias, run) => ({
        outputs: withBias(
          task,
          await run({ initialiser: "constant" }),
          bias === "calibrated" ? "prior" : bias,
        ),
      }),
    },
    {
      name: "too large initialisation",
      causes: ["outputs too large"],
      show: async (task, bias, run) => ({
        outputs: withBias(
          task,
          await run({ initialiser: "normal 1" }),
          bias === "calibrated" ? "prior" : bias,
        ),
        data: dataOf(task.inputs),
      }),
    },
    {
      name: "over-scaled outputs (times 100)",
      causes: ["outputs too large"],
      show: async (task, bias, run) => ({
        outputs: (await sound(task, bias, run)).map((z) => 100 * z),
        data: dataOf(task.inputs),
      }),
    },
    {
      name: "wrong activation: ReLU on the outputs",
      causes: ["wrong activation", "dead or saturated outputs", "input-independent outputs"],
      // of outputs near 5 a ReLU changes nothing, as long as they stay there
      applies: (task) => !isNumbers(task) || task.isBalanced,
      show: async (task, bias, run) => ({
        outputs: (await sound(task, bias === "prior" && isClasses(task) ? "zero" : bias, run)).map((z) =>
          Math.max(0, z),
        ),
      }),
    },
    {
      name: "wrong activation: sigmoid on the outputs",
      causes: ["wrong activation"],
      show: async (task, bias, run) => ({ outputs: (await sound(task, bias, run)).map(sigmoid) }),
    },
    {
      name: "wrong labels: counted from 1",
      causes: ["labels shifted or permuted"],
      applies: isClasses,
      show: async (task, bias, run) => ({
        outputs: await sound(task, bias, run),
        labels: [...task.labels.slice(0, -2).map((y) => y + 1), 1, 10],
      }),
    },
    {
      name: "wrong labels: classes in another order than the bias",
      causes: ["labels shifted or permuted"],
      applies: (task) => isClasses(task) && !task.isBalanced,
      async show(task, _, run, seed) {
        const outputs = withBias(task, await run(), "prior");
        const order = [3, 7, 1, 9, 0, 5, 2, 8, 6, 4].map((k) => (k + seed) % 10);
        return { outputs: eachRow(outputs, 10, (z) => order.map((k) => z[k])) };
      },
    },
    {
      name: "unbalanced data without the bias",
      causes: ["bias not set"],
      applies: (task) => isClasses(task) && !task.isBalanced,
      show: async (_, __, run) => ({ outputs: await run() }),
    },
    {
      name: "regression without the bias (mean 5, deviation 1)",
      causes: ["bias not set"],
      applies: (task) => isNumbers(task) && !task.isBalanced,
      show: async (_, __, run) => ({ outputs: await run() }),
    },
    {
      name: "target not standardised (mean 200, deviation 80)",
      causes: ["target not standardised"],
      applies: isNumbers,
      show: async (task, _, run) => ({
        outputs: await run(),
        labels: task.labels.map((y) => 200 + 80 * y),
        training: undefined,
      }),
    },
  ];
}
