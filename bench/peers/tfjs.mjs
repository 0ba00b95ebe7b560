// One training step of the experiment's network in TensorFlow.js on its `cpu` backend, the only one of its
// backends that npm alone installs and that can train this network (wasm has no Conv2DBackpropFilter; tfjs-node
// downloads a native library). Pixels and labels are random: no operation of this backend depends on their values.
//
//   node bench/peers/tfjs.mjs --steps 2 --from DIR      DIR holds node_modules/@tensorflow/tfjs
//
// Prints one JSON document.
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: { steps: { type: "string", default: "1" }, from: { type: "string", default: "." } },
});

console.warn = () => {}; // tfjs advertises its native package there
const require = createRequire(resolve(options.from, "package.json"));
// Three times as fast as the ES5 build that the package's `main` names.
const tf = require(join(dirname(require.resolve("@tensorflow/tfjs/package.json")), "dist/tf.es2017.js"));
await tf.setBackend("cpu");

const relu = { activation: "relu", kernelInitializer: "glorotUniform" };
const network = tf.sequential({
  layers: [
    tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 32, kernelSize: 3, ...relu }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.conv2d({ filters: 64, kernelSize: 3, ...relu }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.conv2d({ filters: 64, kernelSize: 3, ...relu }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 64, ...relu }),
    tf.layers.dense({ units: 10, activation: "softmax" }),
  ],
});
network.compile({ optimizer: tf.train.rmsprop(1e-3, 0.9, 0, 1e-7), loss: "categoricalCrossentropy" });

const batchSize = 256;
const images = tf.randomUniform([batchSize, 32, 32, 3]);
const labels = tf.oneHot(tf.randomUniform([batchSize], 0, 10, "int32"), 10);
const stepMs = [];
for (let step = 0; step < Number(options.steps); step++) {
  const start = performance.now();
  await network.trainOnBatch(images, labels);
  stepMs.push(performance.now() - start);
}
console.log(
  JSON.stringify({
    versions: { node: process.versions.node, tfjs: tf.version.tfjs },
    threads: 1,
    stepMs: stepMs,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  }),
);
