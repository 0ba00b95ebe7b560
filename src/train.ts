/** `baserate/train`: graphs, layers, optimizers, imported ONNX networks, and training them, in Node and in browsers. */
export {
  type InputRows,
  type ModelOutputOptions,
  type ModelOutputs,
  modelOutputs,
} from "./check/modelOutputs.ts";
export { epochBatches } from "./data/batches.ts";
export type { Dataset, ImageSet } from "./data/dataset.ts";
export { imbalancedSubset } from "./data/imbalancedSubset.ts";
export { type SyntheticOptions, syntheticDataset } from "./data/synthetic.ts";
export { evaluateGraph } from "./graph/evaluateGraph.ts";
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
export {
  type ParameterRedraw,
  type RedrawnParameters,
  redrawParameters,
} from "./graph/import/redrawParameters.ts";
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
export { type SeededRandom, seededRandom } from "./math/seededRandom.ts";
export type { Runtime, Session } from "./runtime/runtime.ts";
export { createPredictor, createTrainer, type Predictor, type Trainer } from "./runtime/trainer.ts";
export { webRuntime } from "./runtime/web.ts";
