"""Runs the lines that `baserate solve --for FRAMEWORK` prints, in the real frameworks.

    python scripts/verifySnippets.py [framework ...]

For each framework and loss, an untrained network with two hidden layers gets a batch of 256 rows: with the bias set by the
lines, the check in them must pass; with a bias of zeros it must fail (in nine of ten: a
kernel of large values widens the band). Over several seeds. Prints a table with the versions.
The lines for tfjs need Node and the package @tensorflow/tfjs, in the folder that TFJS names (npm install @tensorflow/tfjs).
"""
import importlib.metadata
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
root = pathlib.Path(__file__).parents[1]
seeds, batch, width = 20, 256, 32
counts = [4000, 3700, 100, 4000, 400, 100, 50, 700, 700, 100]
positives = [9700, 300]


def lines(framework, args):
    command = ["node", str(root / "dist" / "cli.js"), "solve", *args, "--for", framework]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def without_bias(text):
    """The same lines with zeros where the bias was, which the check must notice."""
    return text.replace("# x, y: the first batch", "bias = bias * 0\nSET_ZERO\n# x, y: the first batch")


def data(seed, labels):
    """Rows that tell a little of their labels, which are drawn as the counts say."""
    random = np.random.default_rng(seed)
    shares = np.array(labels) / sum(labels)
    y = random.choice(len(labels), batch, p=shares)
    centres = random.normal(size=(len(labels), width)) * 0.3
    return (random.normal(size=(batch, width)) + centres[y]).astype("float32"), y


def run(text, names, zero=None):
    """Whether the check passes."""
    text = without_bias(text).replace("SET_ZERO", zero) if zero else text
    try:
        exec(compile(text.replace("print(", "quiet("), "snippet", "exec"), {**names, "quiet": lambda *_: None})
    except AssertionError as error:
        assert "what the labels imply" in str(error), error
        return False
    return True


def keras(loss, labels):
    import keras

    outputs = 1 if loss == "sigmoid" else len(labels)
    wide = keras.losses.BinaryCrossentropy() if loss == "sigmoid" else keras.losses.SparseCategoricalCrossentropy()
    name = f"keras.losses.{type(wide).__name__}"
    text = lines("keras", arguments(name, labels))

    def trial(seed, zero):
        keras.utils.set_random_seed(seed)
        hidden = [keras.layers.Dense(64, "relu") for _ in range(2)]
        last = keras.layers.Dense(outputs, activation="sigmoid" if loss == "sigmoid" else "softmax")
        model = keras.Sequential([keras.Input((width,)), *hidden, last])
        model.compile(loss=wide)
        x, y = data(seed, labels)
        return run(text, {"model": model, "x": x, "y": y}, "layer.bias.assign(bias)" if zero else None)

    return name, trial


def pytorch(loss, labels):
    import torch

    outputs = 1 if loss == "sigmoid" else len(labels)
    criterion = torch.nn.BCEWithLogitsLoss() if loss == "sigmoid" else torch.nn.CrossEntropyLoss()
    name = f"torch.nn.{type(criterion).__name__}"
    text = lines("pytorch", arguments(name, labels))

    def trial(seed, zero):
        torch.manual_seed(seed)
        layers = [torch.nn.Linear(width, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, outputs)]
        x, y = data(seed, labels)
        y = torch.tensor(y).float()[:, None] if loss == "sigmoid" else torch.tensor(y)
        names = {"model": torch.nn.Sequential(*layers), "x": torch.tensor(x), "y": y, "criterion": criterion}
        return run(text, names, "with torch.no_grad(): layer.bias.copy_(bias)" if zero else None)

    return name, trial


def optax_loss(loss):
    import optax

    if loss == "sigmoid":
        return "optax.sigmoid_binary_cross_entropy", lambda z, y: optax.sigmoid_binary_cross_entropy(z, y[:, None]).mean()
    name = "optax.softmax_cross_entropy_with_integer_labels"
    return name, lambda z, y: optax.softmax_cross_entropy_with_integer_labels(z, y).mean()


def dense(random, fan_in, fan_out):
    """Kernel and bias by the Glorot uniform rule."""
    limit = (6 / (fan_in + fan_out)) ** 0.5
    return {"kernel": random.uniform(-limit, limit, (fan_in, fan_out)).astype("float32"), "bias": np.zeros(fan_out, "float32")}


def jax(loss, labels):
    import jax.nn

    outputs = 1 if loss == "sigmoid" else len(labels)
    name, loss_fn = optax_loss(loss)
    text = lines("jax", arguments(loss, labels))

    def apply(params, x):
        for layer in ["hidden", "hidden2"]:
            x = jax.nn.relu(x @ params[layer]["kernel"] + params[layer]["bias"])
        return x @ params["output"]["kernel"] + params["output"]["bias"]

    def trial(seed, zero):
        random = np.random.default_rng(seed)
        params = {"hidden": dense(random, width, 64), "hidden2": dense(random, 64, 64), "output": dense(random, 64, outputs)}
        x, y = data(seed, labels)
        names = {"params": params, "apply": apply, "loss_fn": loss_fn, "x": x, "y": y}
        return run(text, names, 'params["output"]["bias"] = bias' if zero else None)

    return name, trial


def flax(loss, labels):
    import jax.nn
    from flax import nnx

    outputs = 1 if loss == "sigmoid" else len(labels)
    name, loss_fn = optax_loss(loss)
    text = lines("flax", arguments(loss, labels))

    class Model(nnx.Module):
        def __init__(self, rngs):
            self.hidden = nnx.Linear(width, 64, rngs=rngs)
            self.hidden2 = nnx.Linear(64, 64, rngs=rngs)
            self.output = nnx.Linear(64, outputs, rngs=rngs)

        def __call__(self, x):
            return self.output(jax.nn.relu(self.hidden2(jax.nn.relu(self.hidden(x)))))

    def trial(seed, zero):
        x, y = data(seed, labels)
        names = {"model": Model(nnx.Rngs(seed)), "loss_fn": loss_fn, "x": x, "y": y}
        return run(text, names, "model.output.bias[...] = bias" if zero else None)

    return name, trial


def numpy(loss, labels):
    outputs = 1 if loss == "sigmoid" else len(labels)
    text = lines("numpy", arguments(loss, labels))

    def loss_fn(z, y):
        if loss == "sigmoid":
            return np.mean(np.logaddexp(0, z[:, 0]) - y * z[:, 0])
        return np.mean(np.log(np.exp(z).sum(-1)) - z[np.arange(len(y)), y])

    def trial(seed, zero):
        random = np.random.default_rng(seed)
        hidden, hidden2 = dense(random, width, 64)["kernel"], dense(random, 64, 64)["kernel"]
        x, y = data(seed, labels)
        features = lambda x: np.maximum(np.maximum(x @ hidden, 0) @ hidden2, 0)
        names = {"features": features, "kernel": dense(random, 64, outputs)["kernel"], "loss_fn": loss_fn, "x": x, "y": y}
        return run(text, names, "pass" if zero else None)

    return f"{loss}, by hand", trial


tfjs_program = """
const tf = require("@tensorflow/tfjs");
const cases = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
const results = cases.map(({ seed, rows, labels, classes }) => {
  const initializer = (n) => tf.initializers.glorotUniform({ seed: 1000 * n + seed });
  const dense = (units, activation, n, more = {}) => tf.layers.dense({ units, activation, kernelInitializer: initializer(n), ...more });
  const model = tf.sequential({ layers: [
    dense(64, "relu", 1, { inputShape: [rows[0].length] }), dense(64, "relu", 2),
    classes === 1 ? dense(1, "sigmoid", 3) : dense(classes, "softmax", 3),
  ] });
  model.compile({ optimizer: "sgd", loss: classes === 1 ? "binaryCrossentropy" : "categoricalCrossentropy" });
  const x = tf.tensor2d(rows);
  const y = classes === 1 ? tf.tensor2d(labels.map((y) => [y])) : tf.oneHot(tf.tensor1d(labels, "int32"), classes).toFloat();
  try { ((console) => { SNIPPET })({ log() {} }); } catch (error) {
    if (!error.message.includes("what the labels imply")) throw error;
    return false;
  }
  return true;
});
console.log(JSON.stringify(results));
"""


def tfjs(loss, labels):
    import json

    text = lines("tfjs", arguments(loss, labels))
    folder = pathlib.Path(os.environ["TFJS"])

    def trials(zero):
        snippet = text.replace("layer.setWeights([kernel, bias]);", "layer.setWeights([kernel, bias.mul(0)]);") if zero else text
        cases = []
        for seed in range(seeds):
            x, y = data(seed, labels)
            cases.append({"seed": seed, "rows": x.tolist(), "labels": y.tolist(), "classes": 1 if loss == "sigmoid" else len(labels)})
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file, tempfile.NamedTemporaryFile("w", suffix=".cjs", dir=folder) as program:
            json.dump(cases, file)
            file.flush()
            program.write(tfjs_program.replace("SNIPPET", snippet))
            program.flush()
            done = subprocess.run(["node", program.name, file.name], capture_output=True, text=True, cwd=folder)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    found = {zero: trials(zero) for zero in [False, True]}
    return "binaryCrossentropy" if loss == "sigmoid" else "categoricalCrossentropy", lambda seed, zero: found[zero][seed]


def arguments(loss, labels):
    return ["--counts", ",".join(map(str, labels)), "--loss", loss]


def tfjs_version():
    import json

    return json.loads((pathlib.Path(os.environ["TFJS"]) / "node_modules/@tensorflow/tfjs/package.json").read_text())["version"]


packages = {"keras": ["keras", "tensorflow-cpu"], "pytorch": ["torch"], "jax": ["jax", "optax"], "flax": ["flax"], "numpy": ["numpy"]}
frameworks = {"keras": keras, "pytorch": pytorch, "jax": jax, "flax": flax, "numpy": numpy, "tfjs": tfjs}
chosen = sys.argv[1:] or [name for name in frameworks if name != "tfjs" or "TFJS" in os.environ]
print("| framework | versions | loss | with the bias: check passes | with zeros: check fails |\n|---|---|---|---|---|")
is_sound = True
for framework in chosen:
    for loss, labels in [("softmax", counts), ("sigmoid", positives)]:
        name, trial = frameworks[framework](loss, labels)
        passed = sum(trial(seed, False) for seed in range(seeds))
        failed = sum(not trial(seed, True) for seed in range(seeds))
        is_sound = is_sound and passed == seeds and failed >= 0.9 * seeds
        versions = [f"tfjs {tfjs_version()}"] if framework == "tfjs" else [f"{p} {importlib.metadata.version(p)}" for p in packages[framework]]
        print(f"| {framework} | {', '.join(versions)} | {name} | {passed} of {seeds} | {failed} of {seeds} |", flush=True)
sys.exit(0 if is_sound else 1)
