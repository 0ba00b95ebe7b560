export type { Cause, CauseName } from "./check/cause.ts";
export type { CheckInput, TrainingLabels, ValueRange } from "./check/checkInput.ts";
export { type CheckReport, checkOutputs } from "./check/checkOutputs.ts";
export {
  type InputRows,
  type ModelOutputOptions,
  type ModelOutputs,
  modelOutputs,
} from "./check/modelOutputs.ts";
export {
  type PlaceArray,
  type PlaceRows,
  placesAsRows,
  withoutLabel,
} from "./check/placesAsRows.ts";
export { epochBatches } from "./data/batches.ts";
export type { Dataset, ImageSet } from "./data/dataset.ts";
export { imbalancedSubset } from "./data/imbalancedSubset.ts";
export { type SyntheticOptions, syntheticDataset } from "./data/synthetic.ts";
export { InputError } from "./errors.ts";
export { type ByteSource, bytesInMemory } from "./files/byteSource.ts";
export type { Patch } from "./files/patch.ts";
export { evaluate } from "./graph/evaluate.ts";
export { gradients } from "./graph/gradient.ts";
export { Graph } from "./graph/graph.ts";
export type {
  BoundNetwork,
  BuildOptions,
  BuiltNetwork,
  ImportedNetwork,
  ImportOptions,
  NetworkNoise,
  NetworkValue,
} from "./graph/import/importedNetwork.ts";
export { importOnnx } from "./graph/import/importOnnx.ts";
export type { NetworkParameter, NetworkState } from "./graph/import/networkTensors.ts";
export type { NoiseKind } from "./graph/import/nodeContext.ts";
export { type Redraw, type Redrawn, redraw } from "./graph/import/redraw.ts";
export {
  type Activation,
  averagePool2d,
  type Conv2dOptions,
  conv2d,
  dense,
  flatten,
  type Layer,
  maxPool2d,
  rescaling,
} from "./graph/layers.ts";
export { initialWeights, type Model, sequential, type Weights } from "./graph/model.ts";
export type { Value } from "./graph/op.ts";
export { adam, type Optimizer, rmsprop, sgd } from "./graph/optimizers.ts";
export { type Tensor, tensor } from "./graph/tensor.ts";
export { toOnnx } from "./graph/toOnnx.ts";
export { forwardWith } from "./graph/trainStep.ts";
export { type Band, type BandOptions, band } from "./heads/band.ts";
export { type Calibration, calibrate } from "./heads/calibrate.ts";
export { type CombinedSolution, combine, type Part } from "./heads/combine.ts";
export type { Head } from "./heads/head.ts";
export { type FoundHead, findHead, heads } from "./heads/index.ts";
export { type Solution, solve } from "./heads/solve.ts";
export type { Accumulator } from "./labels/accumulator.ts";
export { BinaryAccumulator } from "./labels/binaryAccumulator.ts";
export { ClassAccumulator } from "./labels/classAccumulator.ts";
export { DistributionAccumulator } from "./labels/distributionAccumulator.ts";
export { fromCounts } from "./labels/fromCounts.ts";
export { fromHistogram } from "./labels/fromHistogram.ts";
export { merge } from "./labels/merge.ts";
export { NameAccumulator } from "./labels/nameAccumulator.ts";
export { NumberAccumulator } from "./labels/numberAccumulator.ts";
export type { ClassOrder } from "./labels/orderClasses.ts";
export {
  summarize,
  summarizeBinary,
  summarizeClasses,
  summarizeDistributions,
  summarizeNames,
  summarizeNumbers,
  summarizeStream,
  summarizeSurvival,
} from "./labels/summarize.ts";
export type * from "./labels/summary.ts";
export { SurvivalAccumulator, type SurvivalRow } from "./labels/survivalAccumulator.ts";
export { type Random, random } from "./math/random.ts";
export {
  type AppliedBias,
  type BiasChange,
  type BiasEdit,
  type BiasLayout,
  editBias,
} from "./models/editBias.ts";
export type { FloatType } from "./models/floats.ts";
export type * from "./models/model.ts";
export { openModel } from "./models/openModel.ts";
export { prediction } from "./models/prediction.ts";
export { drawFigure } from "./plot/drawFigure.ts";
export { type InitialLossTrial, initialLoss } from "./plot/figures/initialLoss.ts";
export { type LossCurvesTrial, lossCurves } from "./plot/figures/lossCurves.ts";
export { type OriginalLossCurvesData, originalLossCurves } from "./plot/figures/originalLossCurves.ts";
export { type PeerRatio, peerRatios } from "./plot/figures/peerRatios.ts";
export { type RecallByArmData, recallByArm } from "./plot/figures/recallByArm.ts";
export type { Figure, FigureOptions } from "./plot/svg.ts";
export {
  type TerminalChartOptions,
  type TerminalCurve,
  terminalChart,
} from "./plot/terminalChart.ts";
export { htmlReport, type ReportInput } from "./report/htmlReport.ts";
export type { Runtime, Session } from "./runtime/runtime.ts";
export { createPredictor, createTrainer, type Predictor, type Trainer } from "./runtime/trainer.ts";
export { webRuntime } from "./runtime/web.ts";
export { version } from "./version.ts";
