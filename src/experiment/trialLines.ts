import { z } from "zod";
import { InputError } from "../errors.ts";
import type { Trial } from "./record.ts";

/** Any number: zod's own refuses NaN and infinities, which diverged losses are. */
const number = z.custom<number>((value) => typeof value === "number");
const evaluationSchema = z.strictObject({
  loss: number,
  accuracy: number.optional(),
  balancedAccuracy: number.optional(),
  recall: z.array(number).optional(),
  rocAuc: number.optional(),
  averagePrecision: number.optional(),
  absoluteError: number.optional(),
  squaredError: number.optional(),
  deviance: number.optional(),
});
const evaluation = evaluationSchema.extend({ outputs: z.record(z.string(), evaluationSchema).optional() });

const trialSchema: z.ZodType<Trial> = z.strictObject({
  plan: z.string(),
  seed: z.number(),
  arm: z.string(),
  outputBias: z.array(number),
  expectedLoss: number,
  initialLoss: number,
  band: z.strictObject({ low: number, high: number }),
  inBand: z.boolean(),
  outputs: z.record(z.string(), z.strictObject({ expectedLoss: number, initialLoss: number })).optional(),
  stepsPerEntry: z.number().int().min(2).optional(),
  epochs: z.array(z.number()),
  batchLosses: z.array(number),
  runningLosses: z.array(number),
  runningAccuracies: z.array(number),
  test: evaluation,
  testTrainingMix: evaluation.optional(),
  epochTestLosses: z.array(number).optional(),
  stopped: z.boolean(),
});

/** A trial as one line of JSON. Equal trials have equal lines. */
export function trialLine(trial: Trial): string {
  return JSON.stringify(trialSchema.parse(trial), writeNonFinite);
}

/**
 * Reads a trial.
 *
 * @param where the line is from, for the message
 * @throws InputError where it is not a trial, or of another version
 */
export function parseTrial(line: string, where: string): Trial {
  try {
    return trialSchema.parse(JSON.parse(line, readNonFinite));
  } catch (error) {
    throw new InputError(`${where}: not a trial of this version`, { cause: error });
  }
}

/**
 * Reads one trial per line.
 *
 * @param file its name, for messages
 * @returns the trials, and the text of their lines: a last line that is incomplete is left out
 * @throws InputError as `parseTrial` does
 */
export function parseTrials(
  text: string,
  file: string,
): { readonly trials: Trial[]; readonly whole: string } {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const lines = whole.split("\n").slice(0, -1);
  return { trials: lines.map((line, i) => parseTrial(line, `${file}, line ${i + 1}`)), whole };
}

/** JSON has no NaN and no infinity: a diverged loss is written as a string. */
const writeNonFinite = (_: string, value: unknown) =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;

const readNonFinite = (_: string, value: unknown) =>
  value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : value;
