/** `baserate/node`: what needs a disk or native code: model files and datasets on disk, the native runtime, experiments, PNG. */
export type { FetchProgress, LoadOptions } from "./data/cachedDataset.ts";
export { cacheFolder } from "./data/cacheFolder.ts";
export { loadCifar10 } from "./data/cifar10.ts";
export { comparisons } from "./experiment/comparison.ts";
export { type PlanInput, resolvePlan } from "./experiment/plan.ts";
export type { Trial } from "./experiment/record.ts";
export { type RunObserver, runExperiment } from "./experiment/runExperiment.ts";
export { runTrial, type TrialObserver } from "./experiment/trial.ts";
export { type ModelOnDisk, openModelFile } from "./models/openModelFile.ts";
export { type WriteOptions, type WrittenModel, writeModel } from "./models/writeModel.ts";
export { type PngOptions, svgToPng } from "./plot/svgToPng.ts";
export { nodeRuntime } from "./runtime/node.ts";
