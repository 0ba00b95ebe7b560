import { significant } from "../math/significant.ts";
import type { Cause } from "./cause.ts";
import type { Situation } from "./situation.ts";
import { isSmallSample } from "./smallSample.ts";
import { areConstant, type ValuePattern } from "./valuePattern.ts";

/** What else is worth knowing: what the first step will do, and which fact would decide between the causes. */
export function notesOf(pattern: ValuePattern, situation: Situation, causes: readonly Cause[]): string[] {
  const { sample, parts, moments, hasBias } = situation;
  const { labelRows, width } = sample;
  const excess = parts.measured - parts.expected;
  const isBias = hasBias && causes.some(({ share }) => share !== undefined);
  const offsetFix = hasBias
    ? "which --fix bias removes"
    : "which an output layer without a bias cannot remove";
  return [
    areConstant(pattern) &&
      causes.length === 0 &&
      "All rows have the same outputs, as with an output layer that starts at zero: the first step will wake it. If that is not on purpose, look for a dead layer; with batch normalisation, save the outputs in training mode.",
    causes.every(({ isHonest }) => isHonest) &&
      excess > 0.1 * Math.abs(parts.expected) + 2 * parts.standardError &&
      `Of the ${significant(excess)} above the expected loss, ${significant(Math.max(0, parts.atMean - parts.expected))} is the offset of the mean output, ${offsetFix}, and ${significant(Math.max(0, parts.independent - parts.atMean))} the variance of the outputs (deviation ${significant(Math.sqrt(moments.between))}), which a smaller kernel in the output layer removes.`,
    isBias &&
      "Several biases explain the outputs. The output layer's own bias tells them apart: give it as --bias, or check an ONNX model, whose bias is read.",
    isBias &&
      causes.some(({ name }) => name === "labels shifted or permuted") &&
      "Another prior, or labels in another order? Print the classes in the order of the outputs and the labels of your first ten rows.",
    isSmallSample(labelRows, width) &&
      `${labelRows} labels are few for ${width} classes: give all training labels (--training-labels, or --counts).`,
  ].filter((note) => note !== false);
}
