// Prints what a TensorFlow.js model predicts for a fixed input, as JSON: {output: [numbers]}. Used by verifyModels.py.
//   node scripts/predictTfjs.mjs FOLDER_WITH_TFJS model.json
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const [, , library, path] = process.argv;
console.warn = () => {};
const tf = createRequire(join(library, "index.js"))("@tensorflow/tfjs");
await tf.setBackend("cpu");

const { modelTopology, weightsManifest, ...rest } = JSON.parse(readFileSync(path, "utf8"));
const bytes = Buffer.concat(
  weightsManifest.flatMap(({ paths }) => paths).map((shard) => readFileSync(join(dirname(path), shard))),
);
const artifacts = {
  ...rest,
  modelTopology,
  weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
  weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
};
const handler = tf.io.fromMemory(artifacts);
const isGraph = "node" in modelTopology;
const model = isGraph ? await tf.loadGraphModel(handler) : await tf.loadLayersModel(handler);

const shape = model.inputs[0].shape.map((size) => (size === null || size < 0 ? 2 : size));
const input = tf.tensor(
  Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
  shape,
);
const names = isGraph
  ? Object.keys(rest.signature.outputs).map((name) => rest.signature.outputs[name].name)
  : model.outputNames;
const outputs = [isGraph ? model.execute(input, names) : model.predict(input)].flat();
const zero = [
  isGraph ? model.execute(tf.zerosLike(input), names) : model.predict(tf.zerosLike(input)),
].flat();
const weights = isGraph
  ? Object.entries(model.weights).map(([name, [tensor]]) => [name, tensor])
  : model.weights.map((weight) => [weight.name, weight.read()]);
const numbers = (tensors) => tensors.map((tensor) => [...tensor.dataSync()]);
console.log(
  JSON.stringify({
    names,
    outputs: numbers(outputs),
    zero: numbers(zero),
    weights: Object.fromEntries(weights.map(([name, tensor]) => [name, [...tensor.dataSync()]])),
  }),
);
