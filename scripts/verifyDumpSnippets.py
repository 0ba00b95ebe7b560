"""Runs the lines that `baserate check --for FRAMEWORK` prints in the real frameworks, and `baserate check` on what they save.

    python scripts/verifyDumpSnippets.py [framework ...]

For each framework and loss, an untrained network with one hidden layer is dumped by the lines as they are printed, labels
drawn as the network's head wants them. baserate's loss must be the framework's own for these rows, to 1e-5 of it. Prints
a table with the versions. tfjs needs Node and @tensorflow/tfjs in the folder that TFJS names (npm install @tensorflow/tfjs).
"""
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
cli = str(pathlib.Path(__file__).parents[1] / "dist" / "cli.js")
rows, width, classes = 1500, 12, 4
random = np.random.default_rng(7)
x = random.normal(size=(rows, width)).astype("float32")
labels = {
    "softmax": random.choice(classes, rows, p=[0.4, 0.3, 0.2, 0.1]),
    "sigmoid": (random.random(rows) < 0.4).astype("float32")[:, None],
    "squared-error": random.normal(size=(rows, 1)).astype("float32"),
}
units = {"softmax": classes, "sigmoid": 1, "squared-error": 1}


def lines(framework):
    return subprocess.run(["node", cli, "check", "--for", framework], capture_output=True, text=True, check=True).stdout


def checked(folder, loss, given, kind="npy"):
    """The measured loss, as `baserate check` gives it for the saved files."""
    files = ["--outputs", f"outputs.{kind}", "--labels", f"labels.{kind}"]
    command = ["node", cli, "check", *files, "--loss", loss, "--given", given, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if done.returncode == 2:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout)["measuredLoss"]


def run(framework, loss, given, names):
    with tempfile.TemporaryDirectory() as folder:
        before = os.getcwd()
        os.chdir(folder)
        try:
            exec(compile(lines(framework), "snippet", "exec"), names)
        finally:
            os.chdir(before)
        return checked(folder, loss, given)


def keras():
    import keras

    for loss, y in labels.items():
        for given in ["outputs", "predictions"] if loss != "squared-error" else ["outputs"]:
            logits = given == "outputs"
            own = {
                "softmax": keras.losses.SparseCategoricalCrossentropy(from_logits=logits),
                "sigmoid": keras.losses.BinaryCrossentropy(from_logits=logits),
                "squared-error": keras.losses.MeanSquaredError(),
            }[loss]
            last = keras.layers.Dense(units[loss], activation=None if logits else loss)
            model = keras.Sequential([keras.Input((width,)), keras.layers.Dense(32, "relu"), last])
            ours = run("keras", loss, given, {"model": model, "x": x, "y": y})
            yield loss, given, ours, float(own(y[:1024], model(x[:1024])))


def pytorch():
    import torch

    own = {"softmax": torch.nn.CrossEntropyLoss(), "sigmoid": torch.nn.BCEWithLogitsLoss(), "squared-error": torch.nn.MSELoss()}
    for loss, y in labels.items():
        model = torch.nn.Sequential(torch.nn.Linear(width, 32), torch.nn.ReLU(), torch.nn.Linear(32, units[loss]))
        tx, ty = torch.tensor(x), torch.tensor(y)
        ours = run("pytorch", loss, "outputs", {"model": model, "x": tx, "y": ty})
        yield loss, "outputs", ours, own[loss](model(tx[:1024]), ty[:1024]).item()


def jax():
    import jax
    import optax
    from flax import linen

    own = {
        "softmax": optax.softmax_cross_entropy_with_integer_labels,
        "sigmoid": optax.sigmoid_binary_cross_entropy,
        "squared-error": optax.squared_error,
    }
    for loss, y in labels.items():
        model = linen.Sequential([linen.Dense(32), linen.relu, linen.Dense(units[loss])])
        params = model.init(jax.random.key(0), x[:1])
        ours = run("jax", loss, "outputs", {"model": model, "params": params, "x": jax.numpy.asarray(x), "y": jax.numpy.asarray(y)})
        yield loss, "outputs", ours, float(own[loss](model.apply(params, x[:1024]), y[:1024]).mean())


tfjs_program = """
const tf = require("@tensorflow/tfjs"), fs = require("fs");
const { rows, labels, units, activation, loss } = JSON.parse(fs.readFileSync("case.json", "utf8"));
const model = tf.sequential({ layers: [
  tf.layers.dense({ units: 32, activation: "relu", inputShape: [rows[0].length] }), tf.layers.dense({ units, activation }),
] });
model.compile({ optimizer: "sgd", loss });
const x = tf.tensor2d(rows), y = loss === "sparseCategoricalCrossentropy" ? tf.tensor1d(labels) : tf.tensor2d(labels);
{ SNIPPET }
console.log(model.evaluate(x.slice(0, 1024), y.slice(0, 1024), { batchSize: 1024 }).dataSync()[0]);
"""


def tfjs():
    activations = {"softmax": ("softmax", "sparseCategoricalCrossentropy"), "sigmoid": ("sigmoid", "binaryCrossentropy"), "squared-error": ("linear", "meanSquaredError")}
    for loss, y in labels.items():
        activation, own = activations[loss]
        given = "outputs" if activation == "linear" else "predictions"
        with tempfile.TemporaryDirectory() as folder:
            case = {"rows": x.tolist(), "labels": y.tolist(), "units": units[loss], "activation": activation, "loss": own}
            pathlib.Path(folder, "case.json").write_text(json.dumps(case))
            pathlib.Path(folder, "dump.cjs").write_text(tfjs_program.replace("SNIPPET", lines("tfjs")))
            pathlib.Path(folder, "node_modules").symlink_to(pathlib.Path(os.environ["TFJS"], "node_modules"))
            done = subprocess.run(["node", "dump.cjs"], capture_output=True, text=True, cwd=folder)
            if done.returncode != 0:
                raise SystemExit(done.stderr)
            yield loss, given, checked(folder, loss, given, "json"), float(done.stdout.splitlines()[-1])


def version(framework):
    if framework == "tfjs":
        return f"tfjs {json.loads(pathlib.Path(os.environ['TFJS'], 'node_modules/@tensorflow/tfjs/package.json').read_text())['version']}"
    packages = {"keras": ["keras", "tensorflow-cpu"], "pytorch": ["torch"], "jax": ["jax", "flax", "optax"]}[framework]
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)


frameworks = {"keras": keras, "pytorch": pytorch, "jax": jax, "tfjs": tfjs}
chosen = sys.argv[1:] or [name for name in frameworks if name != "tfjs" or "TFJS" in os.environ]
print("| framework | versions | loss | given | baserate check | framework |\n|---|---|---|---|---:|---:|")
is_right = True
for framework in chosen:
    for loss, given, ours, theirs in frameworks[framework]():
        is_right = is_right and abs(ours - theirs) <= 1e-5 * abs(theirs)
        print(f"| {framework} | {version(framework)} | {loss} | {given} | {ours:.6f} | {theirs:.6f} |", flush=True)
sys.exit(0 if is_right else 1)
