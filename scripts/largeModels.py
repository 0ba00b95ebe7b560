#!/usr/bin/env python3
"""Makes models of 3 GB (1.9 GB where the format ends at 2 GiB, over 4 GiB where that takes Zip64), applies a bias with
`baserate apply`, and prints a table: time beside that of `cp`, both until the files are on the disk and in turns, as the
median (lowest to highest); peak memory; and how many bytes differ. Each result is opened with its framework's
reader, which must see the new bias. Needs 20 GB in the folder given, and 12 GB of memory.
Usage: scripts/largeModels.py FOLDER [RUNS [TITLE ...]] (after `npm run build`; Python with keras, numpy, onnx, safetensors, torch)."""
import io
import json
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from statistics import median

import h5py
import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from onnx.external_data_helper import set_external_data
from safetensors import safe_open
from safetensors.numpy import save_file

cli = Path(__file__).parents[1] / "dist/cli.js"
folder = Path(sys.argv[1]) / "baserate-large-models"
runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
classes = 1000


def run(*command):
    """Seconds and peak resident memory (MB) of a command, until its files are on the disk."""
    subprocess.run(["sync"])
    times = folder / "times"
    line = shlex.join(str(part) for part in command)
    subprocess.run(["/usr/bin/time", "-o", times, "-f", "%e %M", "sh", "-c", f"{line} > /dev/null && sync -f {folder}"], check=True)
    seconds, kilobytes = times.read_text().split()
    times.unlink()
    return float(seconds), int(kilobytes) / 1024


def weights(gigabytes):
    features = int(gigabytes * 1e9 / 4 / classes)
    return np.ones((features, classes), np.float32), np.zeros(classes, np.float32)


def onnx_model(gigabytes, external):
    w, b = weights(gigabytes)
    with open(folder / "model.data", "wb") as data:
        def tensor(name, array):
            if not external: return helper.make_tensor(name, onnx.TensorProto.FLOAT, array.shape, array.tobytes(), raw=True)
            stored = onnx.TensorProto(name=name, dims=array.shape, data_type=onnx.TensorProto.FLOAT, raw_data=b"-")
            set_external_data(stored, "model.data", data.tell(), array.nbytes)
            stored.ClearField("raw_data")
            array.tofile(data)
            return stored
        tensors = [tensor("w", w), tensor("b", b)]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w", "b"], ["z"]), helper.make_node("Softmax", ["z"], ["y"])], "graph",
        [value("x", onnx.TensorProto.FLOAT, [None, w.shape[0]])], [value("y", onnx.TensorProto.FLOAT, [None, classes])], tensors)
    (folder / "model.onnx").write_bytes(helper.make_model(graph, ir_version=10).SerializeToString())
    return "model.onnx"


def onnx_bias(path):
    graph = onnx.load(path, load_external_data=False).graph
    stored = next(tensor for tensor in graph.initializer if tensor.name == "b")
    return numpy_helper.to_array(stored, str(path.parent))


def torch_model(gigabytes):
    w, b = weights(gigabytes)
    torch.save({"body.weight": torch.zeros(2, 2), "fc.weight": torch.from_numpy(w).T, "fc.bias": torch.from_numpy(b), "last": torch.ones(3)}, folder / "model.pt")
    return "model.pt"


def safetensors_model():
    w, b = weights(3)
    save_file({"fc.weight": w, "fc.bias": b}, folder / "model.safetensors")
    return "model.safetensors"


def safetensors_bias(path):
    with safe_open(path, "np") as file:
        return file.get_tensor("fc.bias")


def numpy_model():
    w, b = weights(5)
    np.savez(folder / "model.npz", **{"fc.weight": w.T, "fc.bias": b, "last": np.ones(3)})
    return "model.npz"


def keras_model():
    import keras
    from keras.src.saving import saving_lib
    saving_lib.psutil = None  # As on a machine with little memory: the weights go to the disk, and from there into the zip file.
    wide = [keras.layers.Dense(units, use_bias=False, kernel_initializer="ones") for units in (550_000, 1000)]
    keras.Sequential([keras.Input((1000,)), *wide, keras.layers.Dense(classes, activation="softmax", name="head")]).save(folder / "model.keras")
    return "model.keras"


def keras_bias(path):
    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as weights:
        return h5py.File(io.BufferedReader(weights))["layers/dense_2/vars/1"][()]


def differing(old, new):
    """Number of bytes that differ between two files; a dash where the new one is longer."""
    if old.stat().st_size != new.stat().st_size: return "-"
    count = 0
    with open(old, "rb") as a, open(new, "rb") as b:
        while block := a.read(2**26):
            other = b.read(2**26)
            if block != other: count += int(np.sum(np.frombuffer(block, np.uint8) != np.frombuffer(other, np.uint8)))
    return count


# How each is made, the new file, and how its framework reads the bias.
models = {
    "ONNX, external data, result beside it": (lambda: onnx_model(3, True), "result.onnx", onnx_bias),
    "ONNX, external data, result elsewhere": (lambda: onnx_model(3, True), "elsewhere/result.onnx", onnx_bias),
    "ONNX, one file": (lambda: onnx_model(1.9, False), "result.onnx", onnx_bias),
    "safetensors": (safetensors_model, "result.safetensors", safetensors_bias),
    "PyTorch": (lambda: torch_model(3), "result.pt", lambda path: torch.load(path, mmap=True)["fc.bias"].numpy()),
    "PyTorch, Zip64": (lambda: torch_model(5), "result.pt", lambda path: torch.load(path, mmap=True)["fc.bias"].numpy()),
    "NumPy, Zip64": (numpy_model, "result.npz", lambda path: np.load(path)["fc.bias"]),
    "Keras, Zip64": (keras_model, "result.keras", keras_bias),
}
bias = np.log(np.arange(1, classes + 1) / (classes * (classes + 1) / 2))


def text(seconds):
    return f"{median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"


print("| model | GB | cp, s | apply, s | written, GB | bytes changed | inspect, s | apply, MB |\n|---|---|---|---|---|---|---|---|")
for title, (make, result, read_bias) in models.items():
    if sys.argv[3:] and title not in sys.argv[3:]: continue
    folder.mkdir(parents=True)
    try:
        name = make()
        files = list(folder.iterdir())
        (folder / "bias.json").write_text(json.dumps(bias.tolist()))
        size = sum(file.stat().st_size for file in files)
        copied, applied, looked, memory = [], [], [], 0
        for _ in range(runs):
            for file in files: subprocess.run(["cat", file], stdout=subprocess.DEVNULL)
            (folder / "copy").mkdir()
            copied.append(run("cp", *files, folder / "copy")[0])
            shutil.rmtree(folder / "copy")
            looked.append(run("node", cli, "inspect", folder / name)[0])
            kept = set(folder.rglob("*"))
            seconds, peak = run("node", cli, "apply", folder / name, "--bias", folder / "bias.json", "--out", folder / result)
            applied.append(seconds)
            memory = max(memory, peak)
            made = [file for file in set(folder.rglob("*")) - kept if file.is_file()]
            written = sum(file.stat().st_size for file in made)
            if len(applied) < runs:
                for file in made: file.unlink()
        assert np.array_equal(read_bias(folder / result), bias.astype(np.float32))
        old = {file.name: file for file in files}
        main = folder / result
        changed = differing(folder / name, main)
        others = sum(differing(old[file.name], file) for file in made if file != main)
        changed = changed if others == 0 else f"{changed}, {others}"
        print(f"| {title} | {size / 1e9:.2f} | {text(copied)} | {text(applied)} | {written / 1e9:.2f} | {changed} | {text(looked)} | {memory:.0f} |", flush=True)
    finally:
        shutil.rmtree(folder)
