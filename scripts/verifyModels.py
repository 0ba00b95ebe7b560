"""Does a model changed by `baserate apply` open in the framework it came from, with the bias set and all else as it was?

    npm run build && KERAS_BACKEND=tensorflow python scripts/verifyModels.py [FOLDER_WITH_TFJS] > docs/model-files.md

Every fixture is copied, all outputs that can be set get new biases through the built command line, and the real
framework opens the old and the new file. `tensors` are all that the framework sees; those that differ must be the
biases, and hold the values that baserate reports, bit for bit. `prediction` is compared with the old model whose
biases the framework itself has set: the largest difference. Exits with 1 if anything is not as it should be.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import flax.serialization
import keras
import ml_dtypes  # noqa: F401  (teaches NumPy bfloat16)
import numpy as np
import onnx
import onnxruntime
import safetensors
import tensorflow
import torch
from safetensors.numpy import load_file
from tensorflow.python import keras as tf_keras
from tensorflow.python.keras.saving import hdf5_format

root = Path(__file__).parents[1]
fixtures = root / "test/files/models"
tfjs = sys.argv[1] if len(sys.argv) > 1 else None
tf_keras.__version__ = "2.6.0"


def baserate(*arguments):
    run = subprocess.run(["node", root / "dist/cli.js", *arguments], capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.strip())
    return json.loads(run.stdout)


class Opened:
    """A model in its framework: its tensors by name, and what it predicts once some of them are set."""
    def __init__(self, tensors, predict=None):
        self.tensors, self.predict = tensors, predict


def numbers(shape):
    return np.sin(np.arange(np.prod(shape))).reshape(shape)


def keras_model(load):
    def opened(path):
        model = load(path)
        names = [f"{i} {variable.name}" for i, variable in enumerate(model.weights)]

        def predict(changes):
            for name, value in changes.items():
                model.weights[names.index(name)].assign(value)
            shape = model.inputs[0].shape[1:] if hasattr(model, "inputs") and model.inputs else (4,)
            outputs = model(numbers((2, *shape)).astype(np.float32), training=False)
            outputs = list(outputs.values()) if isinstance(outputs, dict) else outputs if isinstance(outputs, list) else [outputs]
            return [np.asarray(output) for output in outputs]
        return Opened(dict(zip(names, (np.asarray(value) for value in model.get_weights()))), predict)
    return opened


def keras_weights(build):
    def load(path):
        model = build()
        model.load_weights(path)
        return model
    return keras_model(load)


def mlp(name="mlp"):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="relu"),
                             keras.layers.Dense(3, activation="softmax", name="probabilities")], name=name)


@keras.saving.register_keras_serializable(package="fixtures")
class OwnClass(keras.Model):
    """The class whose weights scripts/fixtures/kerasModels.py saves."""
    def __init__(self, **options):
        super().__init__(**options)
        self.hidden, self.head = keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3)

    def call(self, x):
        return self.head(self.hidden(x))


def multi():
    old = keras.models.load_model(fixtures / "multi.keras")
    return keras.models.clone_model(old)


def arrays(path):
    return Opened({name: value for name, value in np.load(path).items()})


def tensors(path):
    return Opened(load_file(path))


def sharded(path):
    index = json.loads(Path(path).read_text())["weight_map"]
    files = {name: load_file(Path(path).parent / name) for name in set(index.values())}
    return Opened({name: files[file][name] for name, file in index.items()})


def onnx_model(path):
    model = onnx.load(path)
    stored = {value.name: value for value in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            stored[node.output[0]] = node.attribute[0].t
    values = {name: onnx.numpy_helper.to_array(tensor) for name, tensor in stored.items()}

    def predict(changes):
        for name, value in changes.items():
            stored[name].CopyFrom(onnx.numpy_helper.from_array(value, stored[name].name))
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        types = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(double)": np.float64, "tensor(float16)": np.float16}
        feeds = {i.name: numbers([2 if isinstance(d, str) or d is None else d for d in i.shape]).astype(types[i.type])
                 for i in session.get_inputs()}
        return session.run(None, feeds)
    # ONNX Runtime's CPU kernels don't take bfloat16.
    return Opened(values, None if "bfloat16" in str(path) else predict)


def flax_file(path):
    def leaves(prefix, value):
        if isinstance(value, dict):
            return {name: leaf for key, child in value.items() for name, leaf in leaves(f"{prefix}/{key}", child).items()}
        return {prefix: np.asarray(value)}
    return Opened(leaves("", flax.serialization.msgpack_restore(path.read_bytes())))


class Net(torch.nn.Module):
    """The class whose instances scripts/fixtures/torchModels.py pickles; only their weights are looked at."""


# Files that run code when PyTorch opens them: our own, and harmless. evil.pt is not opened.
whole_modules = {"attribute.pt", "module.pt", "protocol5.pt", "script.pt"}


def torch_file(path):
    loaded = torch.load(path, weights_only=path.name not in whole_modules)
    while isinstance(loaded, dict) and not any(torch.is_tensor(value) for value in loaded.values()):
        loaded = next(value for value in loaded.values() if isinstance(value, dict) or hasattr(value, "state_dict"))
    state = loaded.state_dict() if hasattr(loaded, "state_dict") else loaded
    return Opened({name: value.detach().to(torch.float64).numpy() for name, value in state.items() if torch.is_tensor(value)})


def tfjs_model(path):
    def run():
        result = subprocess.run(["node", root / "scripts/predictTfjs.mjs", tfjs, path], capture_output=True, text=True, check=True)
        return json.loads(result.stdout.strip().splitlines()[-1])
    result = run()
    return Opened({name: np.float32(value) for name, value in result["weights"].items()}, lambda changes: [np.array(value) for value in run()["outputs"]])


sys.path.insert(0, str(fixtures / "torch"))
load = keras.models.load_model
cases = [
    *((name, "Keras", keras_model(load)) for name in [
        "mlp.keras", "mlp-deflated.keras", "multi.keras", "detector.keras", "odd.keras", "float16.keras", "bfloat16.keras", "float64.keras",
        "own-class.keras",
        "mlp.h5", "mlp-chunk.h5", "mlp-wide-chunk.h5", "mlp-chunks.h5", "mlp-compressed.h5", "mlp-shuffled.h5", "multi.h5", "detector.h5", "odd.h5", "float16.h5", "float64.h5"]),
    ("mlp.weights.h5", "Keras", keras_weights(mlp)),
    ("multi.weights.h5", "Keras", keras_weights(multi)),
    ("mlp-weights-only.h5", "Keras", keras_weights(mlp)),
    ("tf-keras.h5", "TF-Keras", keras_model(lambda path: hdf5_format.load_model_from_hdf5(str(path)))),
    ("mlp.safetensors", "safetensors", tensors),
    ("half.safetensors", "safetensors", tensors),
    ("brain.safetensors", "safetensors", tensors),
    ("sharded/model.safetensors.index.json", "safetensors", sharded),
    *((name, "NumPy", arrays) for name in ["mlp.npz", "mlp-deflated.npz", "big-endian.npz", "streamed.npz"]),
    *((f"{name}/model.json", "TensorFlow.js", tfjs_model) for name in ["tfjs-layers", "tfjs-detector", "tfjs-graph", "tfjs-graph-fused"] if tfjs),
    *((f"onnx/{path.name}", "ONNX", onnx_model) for path in sorted((fixtures / "onnx").glob("*.onnx"))),
    *((f"torch/{path.name}", "PyTorch", torch_file) for path in sorted((fixtures / "torch").glob("*.pt")) if path.name != "evil.pt"),
    *((f"flax/{path.name}", "Flax", flax_file) for path in sorted((fixtures / "flax").iterdir()) if path.name != "expected.json"),
]


# Files whose bias can be told, but not set where it stands.
refused = {"chunked.msgpack", "expanded.pt", "legacy.pt", "mlp-chunks.h5", "mlp-compressed.h5", "mlp-shuffled.h5"}


def check(name, opened):
    """(outputs set, tensors, largest difference of a prediction or None), or a text for a file with nothing to set."""
    path = fixtures / name
    try:
        inspected = baserate("inspect", path, "--json")
    except RuntimeError as error:
        if path.name in refused:
            return f"refused: {str(error).split(': ', 2)[-1]}"
        raise
    outputs = [output for output in inspected["outputs"] if output["tensor"]]
    if not inspected["outputs"] and inspected["candidates"]:
        outputs = inspected["candidates"][-1:]
    unique = {output["tensor"]["name"]: output for output in outputs}
    if not unique:
        reasons = [output["reason"] for output in inspected["outputs"]] or [inspected["reason"]]
        return f"refused: {reasons[0]}"
    biases = {output["name"]: [round(0.3 * i - 0.7, 3) for i in range(output["units"])] for output in unique.values()}
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "bias.json"
        given.write_text(json.dumps(biases))
        target = Path(folder) / "new" / path.name
        try:
            applied = baserate("apply", path, "--bias", given, "--out", target, "--json")
        except RuntimeError as error:
            if path.name in refused:
                return f"refused: {str(error).removeprefix('baserate: ')}"
            raise
        old, new = opened(path), opened(target)
        assert old.tensors.keys() == new.tensors.keys(), "other tensors"
        changed = {key: new.tensors[key] for key in old.tensors if old.tensors[key].tobytes() != new.tensors[key].tobytes()}
        wanted = sorted(tuple(output["after"]) for output in applied["outputs"])
        assert sorted(tuple(value.astype(np.float64).ravel().tolist()) for value in changed.values()) == wanted, (changed, wanted)
        for key in old.tensors:
            assert old.tensors[key].shape == new.tensors[key].shape and old.tensors[key].dtype == new.tensors[key].dtype
        difference = None
        if new.predict:
            ours, theirs = new.predict({}), (opened(path).predict(changed) if name[:4] != "tfjs" else old.predict({}))
            difference = max(float(np.max(np.abs(np.float64(a) - np.float64(b)))) for a, b in zip(ours, theirs))
            if name.startswith("tfjs"):
                # TensorFlow.js runs in another process, where the old model's biases aren't set: they must have an effect.
                assert difference > 0
                difference = None
        return len(changed), len(old.tensors), difference


versions = {
    "Keras": keras.__version__, "TF-Keras": f"in TensorFlow {tensorflow.__version__}", "safetensors": safetensors.__version__, "NumPy": np.__version__,
    "ONNX": f"{onnx.__version__}, ONNX Runtime {onnxruntime.__version__}", "PyTorch": torch.__version__, "Flax": flax.__version__,
    "TensorFlow.js": "4.22.0",
}
rows, failed = [], 0
for name, framework, opened in cases:
    try:
        result = check(name, opened)
        if isinstance(result, str):
            rows.append(f"| {name} | {framework} | - | - | {result} |")
        else:
            set_count, total, difference = result
            predicted = "-" if difference is None else f"{difference:.2g}"
            if difference:
                failed += 1
            rows.append(f"| {name} | {framework} | {set_count} of {total} | {total - set_count} | {predicted} |")
    except Exception as error:
        failed += 1
        rows.append(f"| {name} | {framework} | FAILED | | {type(error).__name__}: {str(error).splitlines()[0][:150]} |")
    print(rows[-1], file=sys.stderr)
print((root / "scripts/modelFiles.md").read_text().replace("{versions}", "; ".join(f"{key} {value}" for key, value in versions.items())).replace("{rows}", "\n".join(rows)), end="")
print(f"{failed} failed", file=sys.stderr)
sys.exit(1 if failed else 0)
