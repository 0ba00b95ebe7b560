export type { FetchProgress, LoadOptions } from "./data/cachedDataset.ts";
export { cacheFolder } from "./data/cacheFolder.ts";
export { loadCifar10 } from "./data/cifar10.ts";
export * from "./index.ts";
export { svgToPng } from "./plot/svgToPng.ts";
