/** `baserate/node`: what needs a disk or native code: model files and datasets on disk, the native runtime, experiments, PNG. */
export type { FetchProgress, LoadOptions } from "./data/cachedDataset.ts";
export { cacheFolder } from "./data/cacheFolder.ts";
export { loadCifar10 } from "./data/cifar10.ts";
export type { ExampleSet, ExperimentData } from "./data/exampleSet.ts";
export type { ArmInputs, ArmName } from "./experiment/arms.ts";
export type { Comparison } from "./experiment/comparison.ts";
export { comparisons } from "./experiment/comparison.ts";
export type { DataFacts } from "./experiment/dataFacts.ts";
export type { LayerKeys, LayerPlan, PlainLayer } from "./experiment/layerPlan.ts";
export type {
  ComparedMeasure,
  ComparedName,
  Measure,
  MeasureName,
  NamedMeasure,
  TableName,
} from "./experiment/measures.ts";
export type { Plan } from "./experiment/plan.ts";
export { type PlanInput, resolvePlan } from "./experiment/plan.ts";
export type { KeyName } from "./experiment/planError.ts";
export type { TrialNetwork, TrialPart } from "./experiment/plannedModel.ts";
export type {
  Difference,
  Evaluation,
  InitialLoss,
  StepsSaved,
  TrainingResult,
  Trial,
  TrialKey,
} from "./experiment/record.ts";
export type { ExperimentOptions, StartedRun } from "./experiment/runExperiment.ts";
export { type RunObserver, runExperiment } from "./experiment/runExperiment.ts";
export type { SeedTask, Shard } from "./experiment/settings.ts";
export type { BatchResult, TrainedArm, TrialContext } from "./experiment/trial.ts";
export { runTrial, type TrialObserver } from "./experiment/trial.ts";
export type { TrialMaterials } from "./experiment/trialNetwork.ts";
export type { TrialPoolObserver } from "./experiment/trialPool.ts";
export type { TrialSetting } from "./experiment/trialSettings.ts";
export { type ModelOnDisk, openModelFile } from "./models/openModelFile.ts";
export { type WriteOptions, type WrittenModel, writeModel } from "./models/writeModel.ts";
export { type PngOptions, svgToPng } from "./plot/svgToPng.ts";
export type { RunDescription } from "./report/htmlPage.ts";
export { htmlReport, type ReportInput } from "./report/htmlReport.ts";
export { nodeRuntime } from "./runtime/node.ts";
