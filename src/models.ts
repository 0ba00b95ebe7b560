/** `baserate/models`: saved model files, in memory: find the output bias, read it, and say which bytes change it. */
export { type ByteSource, bytesInMemory } from "./files/byteSource.ts";
export type { Patch } from "./files/patch.ts";
export {
  type AppliedBias,
  type BiasChange,
  type BiasEdit,
  type BiasLayout,
  type EditOptions,
  editBias,
} from "./models/editBias.ts";
export type { FloatType } from "./models/floats.ts";
export type * from "./models/model.ts";
export { openModel } from "./models/openModel.ts";
export { predictionAtBias } from "./models/predictionAtBias.ts";
