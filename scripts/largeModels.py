#!/usr/bin/env python3
"""Makes models of 3 GB (1.9 GB where the format ends at 2 GiB), applies a bias with `baserate apply`, and prints a table:
time and peak memory beside those of `cp`, both until the files are on the disk. Needs 10 GB in the folder given.
Usage: scripts/largeModels.py FOLDER (after `npm run build`; Python with numpy, onnx, safetensors, torch)."""
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper
from onnx.external_data_helper import set_external_data
from safetensors.numpy import save_file

cli = Path(__file__).parents[1] / "dist/cli.js"
folder = Path(sys.argv[1]) / "baserate-large-models"
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


def torch_model():
    w, b = weights(3)
    torch.save({"body.weight": torch.zeros(2, 2), "fc.weight": torch.from_numpy(w).T, "fc.bias": torch.from_numpy(b)}, folder / "model.pt")
    return "model.pt"


def safetensors_model():
    w, b = weights(3)
    save_file({"fc.weight": w, "fc.bias": b}, folder / "model.safetensors")
    return "model.safetensors"


models = {
    "ONNX, external data, result beside it": (lambda: onnx_model(3, True), "result.onnx"),
    "ONNX, external data, result elsewhere": (lambda: onnx_model(3, True), "elsewhere/result.onnx"),
    "ONNX, one file": (lambda: onnx_model(1.9, False), "result.onnx"),
    "PyTorch": (torch_model, "result.pt"),
    "safetensors": (safetensors_model, "result.safetensors"),
}
bias = np.log(np.arange(1, classes + 1) / (classes * (classes + 1) / 2))
print("| model | GB | cp, s | apply, s | written, GB | inspect, s | cp, MB | apply, MB |\n|---|---|---|---|---|---|---|---|")
for title, (make, result) in models.items():
    folder.mkdir(parents=True)
    try:
        name = make()
        (folder / "bias.json").write_text(json.dumps(bias.tolist()))
        files = [file for file in folder.iterdir() if file.name != "bias.json"]
        size = sum(file.stat().st_size for file in files)
        for file in files: subprocess.run(["cat", file], stdout=subprocess.DEVNULL)
        (folder / "copy").mkdir()
        copied, copy_memory = run("cp", *files, folder / "copy")
        shutil.rmtree(folder / "copy")
        looked, _ = run("node", cli, "inspect", folder / name)
        kept = set(folder.rglob("*"))
        applied, memory = run("node", cli, "apply", folder / name, "--bias", folder / "bias.json", "--out", folder / result)
        written = sum(file.stat().st_size for file in set(folder.rglob("*")) - kept if file.is_file())
        print(f"| {title} | {size / 1e9:.2f} | {copied:.2f} | {applied:.2f} | {written / 1e9:.2f} | {looked:.2f} | {copy_memory:.0f} | {memory:.0f} |", flush=True)
    finally:
        shutil.rmtree(folder)
