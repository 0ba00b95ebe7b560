export { epochBatches } from "./data/batches.ts";
export type { Dataset, ImageSet } from "./data/dataset.ts";
export { sample } from "./data/sample.ts";
export { type SyntheticOptions, syntheticDataset } from "./data/synthetic.ts";
export { InputError } from "./errors.ts";
export { type Random, random } from "./math/random.ts";
export { version } from "./version.ts";
