/** `baserate/train`: graphs, layers, optimizers, imported ONNX networks, and training them, in Node and in browsers. */
export {
  type InputRows,
  type ModelOutputOptions,
  type ModelOutputs,
  modelOutputs,
} from "./check/modelOutputs.ts";
export { epochBatches } from "./data/batches.ts";
export type { Dataset, ImageSet } from "./data/dataset.ts";
export type { RowChoice } from "./data/datasetFile.ts";
export { imbalancedSubset } from "./data/imbalancedSubset.ts";
export { type SyntheticOptions, syntheticDataset } from "./data/synthetic.ts";
export type { Activation } from "./graph/activations.ts";
export { evaluateGraph } from "./graph/evaluateGraph.ts";
export { gradients } from "./graph/gradient.ts";
export type {
  BuildIteration,
  Carried,
  CustomGradient,
  GraphNode,
  Iteration,
  Loop,
  TapeEntry,
} from "./graph/graph.ts";
export { Graph } from "./graph/graph.ts";
export type { GraphLoss } from "./graph/headLoss.ts";
export type {
  BoundNetwork,
  BuildOptions,
  BuiltNetwork,
  ImportedNetwork,
  ImportOptions,
  NetworkValue,
} from "./graph/import/importedNetwork.ts";
export { importOnnx } from "./graph/import/importOnnx.ts";
export {
  type DataInput,
  type LabelledOutput,
  type NetworkOfParts,
  type NetworkOnDataOptions,
  type NetworkPart,
  networkOnData,
} from "./graph/import/networkOnData.ts";
export type { NetworkParameter, NetworkState } from "./graph/import/networkTensors.ts";
export type { ReadExternal } from "./graph/import/protoTensor.ts";
export {
  type ParameterRedraw,
  type RedrawnParameters,
  redrawParameters,
} from "./graph/import/redrawParameters.ts";
export { initialWeights, type Weights } from "./graph/initialWeights.ts";
export type { Initializer, Layer, LayerContext, LayerParameter, PooledLayer } from "./graph/layer.ts";
export {
  activation,
  averagePool2d,
  type Conv2dOptions,
  conv2d,
  dense,
  flatten,
  globalAveragePool,
  maxPool2d,
  rescaling,
} from "./graph/layers.ts";
export type { LearningRate, Schedule } from "./graph/learningRate.ts";
export { functional, type Model, type ModelValue, sequential } from "./graph/model.ts";
export type * from "./graph/network.ts";
export type { NetworkNoise, NoiseKind } from "./graph/noise.ts";
export { type BatchNormOptions, batchNorm, dropout, layerNorm } from "./graph/normalizationLayers.ts";
export type { GraphBuilder, NumberArray, Operand, Value } from "./graph/op.ts";
export type * from "./graph/opAttributes.ts";
export type {
  AdamOptions,
  FrameworkOptions,
  OptimizerOptions,
  OptimizerStep,
  RmspropOptions,
  SgdOptions,
  StepSchedule,
} from "./graph/optimizers.ts";
export { adam, adamW, type Optimizer, rmsprop, sgd } from "./graph/optimizers.ts";
export type { OutputPart } from "./graph/outputParts.ts";
export { gru, lstm, type RecurrentOptions } from "./graph/recurrentLayers.ts";
export { type Conv1dOptions, conv1d, embedding } from "./graph/sequenceLayers.ts";
export type { DType, TensorData } from "./graph/tensor.ts";
export { type RowValues, type StoredValues, type Tensor, tensor } from "./graph/tensor.ts";
export { toOnnx } from "./graph/toOnnx.ts";
export type { ExampleTypes, ForwardOptions } from "./graph/trainStep.ts";
export { forwardWith } from "./graph/trainStep.ts";
export { type SeededRandom, seededRandom } from "./math/seededRandom.ts";
export type { ExampleInputs, Examples } from "./runtime/examples.ts";
export type {
  OrtModule,
  OrtSession,
  OrtTensor,
  OrtTensorConstructor,
  OrtTensors,
  OrtValueInfo,
} from "./runtime/ortSession.ts";
export type { PredictorOptions } from "./runtime/predictor.ts";
export { createPredictor, type Predictor } from "./runtime/predictor.ts";
export type * from "./runtime/runtime.ts";
export type { StepResult } from "./runtime/stepRunner.ts";
export type { TrainerOptions } from "./runtime/trainer.ts";
export { createTrainer, type Trainer } from "./runtime/trainer.ts";
export type { BatchLoss, LossChoice } from "./runtime/trainingLoss.ts";
export { webRuntime } from "./runtime/web.ts";
