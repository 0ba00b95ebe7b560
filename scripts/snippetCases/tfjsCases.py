"""TensorFlow.js's losses, in Node. A case: the kind of labels, the loss that the model is compiled with, the last activation, labels."""
import json
import os
import pathlib
import subprocess
import tempfile

folder = pathlib.Path(os.environ["TFJS"])
framework = "tfjs"
one_hot = "tf.oneHot(tf.tensor1d(labels, 'int32'), outputs).toFloat()"
column = "tf.tensor2d(labels.map((y) => [y].flat()))"
cases = {
    "softmax": ("classes", '"categoricalCrossentropy"', '"softmax"', one_hot),
    "tf.losses.softmaxCrossEntropy": ("classes", "(y, z) => tf.losses.softmaxCrossEntropy(y, z)", "undefined", one_hot),
    "sigmoid": ("binary", '"binaryCrossentropy"', '"sigmoid"', column),
    "tf.losses.sigmoidCrossEntropy": ("binary", "(y, z) => tf.losses.sigmoidCrossEntropy(y, z)", "undefined", column),
    "tf.losses.meanSquaredError": ("numbers", '"meanSquaredError"', "undefined", column),
    "tf.losses.absoluteDifference": ("numbers", '"meanAbsoluteError"', "undefined", column),
    "tf.losses.huberLoss": ("numbers", "(y, z) => tf.losses.huberLoss(y, z)", "undefined", column),
    "tf.losses.cosineDistance": ("directions", "(y, z) => tf.losses.cosineDistance(y, z.div(z.norm(2, -1, true)), -1)", "undefined", column),
}
program = """
const tf = require("@tensorflow/tfjs");
const cases = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
const results = cases.map(({ seed, rows, labels, outputs }) => {
  const initializer = (n) => tf.initializers.glorotUniform({ seed: 1000 * n + seed });
  const dense = (units, activation, n, more = {}) => tf.layers.dense({ units, activation, kernelInitializer: initializer(n), ...more });
  const model = tf.sequential({ layers: [
    dense(64, "relu", 1, { inputShape: [rows[0].length] }), dense(64, "relu", 2), dense(outputs, ACTIVATION, 3),
  ] });
  model.compile({ optimizer: "sgd", loss: LOSS });
  const x = tf.tensor2d(rows), y = LABELS;
  try { ((console) => { SNIPPET })({ log() {} }); } catch (error) {
    if (!error.message.includes("what the labels imply")) throw error;
    return false;
  }
  return true;
});
console.log(JSON.stringify(results));
"""


def versions():
    return f"tfjs {json.loads((folder / 'node_modules/@tensorflow/tfjs/package.json').read_text())['version']}"


def run_all(case, text, batches, outputs):
    """Whether the check passes, for each (x, y): with the bias, and with zeros."""
    _, loss, activation, labels = case
    found = []
    for lines in [text, text.replace("layer.setWeights([kernel, bias]);", "layer.setWeights([kernel, bias.mul(0)]);")]:
        rows = [{"seed": seed, "rows": x.tolist(), "labels": y.tolist(), "outputs": outputs} for seed, (x, y) in enumerate(batches)]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file, tempfile.NamedTemporaryFile("w", suffix=".cjs", dir=folder) as script:
            json.dump(rows, file)
            file.flush()
            parts = {"ACTIVATION": activation, "LOSS": loss, "LABELS": labels, "SNIPPET": lines}
            code = program
            for name, value in parts.items():
                code = code.replace(name, value)
            script.write(code)
            script.flush()
            done = subprocess.run(["node", script.name, file.name], capture_output=True, text=True, cwd=folder)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return found
