// One training step of the experiment's network in TensorFlow.js on its `cpu` backend, the only one of its
// backends that npm alone installs and that can train this network in Node.js (wasm has no Conv2DBackpropFilter; tfjs-node
// downloads a native library).
//
//   node bench/peers/tfjs.mjs --steps 2 --from DIR      DIR holds node_modules/@tensorflow/tfjs
//
// Prints one JSON document.
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { stepTimes } from "./tfjsSteps.mjs";

const { values: options } = parseArgs({
  options: { steps: { type: "string", default: "1" }, from: { type: "string", default: "." } },
});

console.warn = () => {}; // tfjs advertises its native package there
const require = createRequire(resolve(options.from, "package.json"));
// Three times as fast as the ES5 build that the package's `main` names.
const tf = require(join(dirname(require.resolve("@tensorflow/tfjs/package.json")), "dist/tf.es2017.js"));
await tf.setBackend("cpu");

const stepMs = await stepTimes(tf, { steps: Number(options.steps) });
console.log(
  JSON.stringify({
    versions: { node: process.versions.node, tfjs: tf.version.tfjs },
    threads: 1,
    stepMs,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  }),
);
