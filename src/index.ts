/** `baserate`: labels, losses, the bias, the expected loss, and the check of outputs. Nothing here loads a further package. */
export type { Cause, CauseName, Finding } from "./check/cause.ts";
export type { CheckInput, TrainingLabels, ValueRange } from "./check/checkInput.ts";
export type { MeanPrediction, Verdict } from "./check/checkOutputs.ts";
export { type CheckReport, checkOutputs } from "./check/checkOutputs.ts";
export { explainLoss, type LossExplanation, type LossVerdict } from "./check/explainLoss.ts";
export type { Reduction } from "./check/lossReductions.ts";
export type { ExplanationName, LossFacts } from "./check/lossTerm.ts";
export {
  type PlaceArray,
  type PlaceOptions,
  type PlaceRows,
  placesAsRows,
  withoutLabel,
} from "./check/placesAsRows.ts";
export { InputError } from "./errors.ts";
export type { Algebra, OutputVector } from "./heads/algebra.ts";
export { type Band, type BandOptions, band } from "./heads/band.ts";
export { type Calibration, type CalibrationBatch, calibrate } from "./heads/calibrate.ts";
export type {
  ExcessLoss,
  Expression,
  Formula,
  Framework,
  FrameworkName,
  Head,
  HeadDescription,
  HeadFamily,
  HeadFunctions,
  Label,
  LabelColumn,
  LabelForm,
  LabelIn,
  LinkOfOptions,
  LossIn,
  Optimum,
  OptimumKind,
  ResolvedOptions,
  RowLoss,
} from "./heads/head.ts";
export { type FoundHead, findHead, heads } from "./heads/index.ts";
export type { Link } from "./heads/links.ts";
export type {
  ChoiceOption,
  Interval,
  ListOption,
  NumberOption,
  OptionSpec,
  OptionSpecs,
  Options,
  OptionValue,
} from "./heads/options.ts";
export { frameworks, type SnippetFramework } from "./heads/snippetFrameworks.ts";
export { snippet } from "./heads/snippets.ts";
export { type Solution, solve } from "./heads/solve.ts";
export {
  type CombinedSolution,
  solveHeads,
  type WeightedHead,
} from "./heads/solveHeads.ts";
export type { Accumulator } from "./labels/accumulator.ts";
export type { BinaryOptions } from "./labels/binaryAccumulator.ts";
export { BinaryAccumulator } from "./labels/binaryAccumulator.ts";
export type { ClassOptions } from "./labels/classAccumulator.ts";
export { ClassAccumulator } from "./labels/classAccumulator.ts";
export type { IntegerArray } from "./labels/countIntegers.ts";
export { DistributionAccumulator } from "./labels/distributionAccumulator.ts";
export { fromCounts } from "./labels/fromCounts.ts";
export { fromHistogram } from "./labels/fromHistogram.ts";
export { mergeSummaries } from "./labels/mergeSummaries.ts";
export type { NameOptions } from "./labels/nameAccumulator.ts";
export { NameAccumulator } from "./labels/nameAccumulator.ts";
export type { NumberOptions } from "./labels/numberAccumulator.ts";
export { NumberAccumulator } from "./labels/numberAccumulator.ts";
export type { ClassOrder } from "./labels/orderClasses.ts";
export {
  summarizeBinary,
  summarizeClasses,
  summarizeDistributions,
  summarizeNames,
  summarizeNumbers,
  summarizeRows,
  summarizeStream,
  summarizeSurvival,
  type Weighted,
} from "./labels/summarize.ts";
export type * from "./labels/summary.ts";
export { SurvivalAccumulator, type SurvivalRow } from "./labels/survivalAccumulator.ts";
export { version } from "./version.ts";
