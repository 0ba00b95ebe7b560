#!/usr/bin/env python3
"""Applies a bias to every ONNX and PyTorch fixture with `baserate apply`, opens the result with onnx, onnxruntime and
torch, and prints a table: whether all else is equal, whether the bias is, and how far the prediction at kernel 0 is from
activation(bias). Usage: scripts/verifyOnnxTorch.py (after `npm run build`; Python with onnx, onnxruntime, torch)."""
import copy
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import nn

root = Path(__file__).parents[1]
fixtures = root / "test/files/models"
work = Path(tempfile.mkdtemp())
random = np.random.default_rng(1)
failed = False


class Net(nn.Module):
    """As in fixtures/torchModels.py: whole-module files name it."""
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(self.body(x))


def apply(source, target, units, *options):
    values = np.log(np.arange(1, units + 1) / sum(range(1, units + 1)))
    (work / "bias.json").write_text(json.dumps(values.tolist()))
    command = ["node", root / "dist/cli.js", "apply", source, "--bias", work / "bias.json", "--out", target, *options]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode: raise RuntimeError(done.stderr.strip())
    return values


def row(format, file, output, others, bias, distance, by):
    global failed
    failed |= not (others and bias and (distance is None or distance < 4e-3))
    print(f"| {format} | {file} | {output} | {'yes' if others else 'NO'} | {'yes' if bias else 'NO'} | "
          f"{'-' if distance is None else f'{distance:.1e}'} | {by} |")


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


# ONNX.
def stored(model):
    """All stored tensors, Constant nodes' included, and the model without their numbers."""
    model = copy.deepcopy(model)
    tensors = list(model.graph.initializer) + [a.t for n in model.graph.node if n.op_type == "Constant" for a in n.attribute if a.name == "value"]
    names = [t.name for t in model.graph.initializer] + [n.output[0] for n in model.graph.node if n.op_type == "Constant"]
    arrays = {name: numpy_helper.to_array(tensor) for name, tensor in zip(names, tensors)}
    for tensor in tensors:
        for field in ("raw_data", "float_data", "double_data", "int32_data", "external_data", "data_location"): tensor.ClearField(field)
    return arrays, model


def at_kernel_zero(model, bias, output):
    """The output where every float tensor but the bias is 0; by onnxruntime, or by onnx's reference where that has no kernel."""
    model = copy.deepcopy(model)
    tensors = {t.name: t for t in model.graph.initializer} | {n.output[0]: a.t for n in model.graph.node if n.op_type == "Constant" for a in n.attribute if a.name == "value"}
    for name, tensor in tensors.items():
        array = numpy_helper.to_array(tensor)
        if name != bias and array.dtype.kind not in "iub":
            tensor.CopyFrom(numpy_helper.from_array(np.zeros_like(array), tensor.name))
    declared = model.graph.input[0].type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(declared.elem_type)
    x = random.normal(size=[d.dim_value or 2 for d in declared.shape.dim]).astype(dtype)
    try:
        session, by = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]), f"onnxruntime {onnxruntime.__version__}"
    except (onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented, onnxruntime.capi.onnxruntime_pybind11_state.Fail, onnxruntime.capi.onnxruntime_pybind11_state.InvalidGraph):
        session, by = ReferenceEvaluator(model), f"onnx {onnx.__version__} reference"
    return session.run([output], {model.graph.input[0].name: x})[0].astype(np.float64), by


def activated(bias, activation):
    bias = bias.astype(np.float64)
    softmax = np.exp(bias) / np.exp(bias).sum()
    return {None: bias, "Sigmoid": 1 / (1 + np.exp(-bias)), "Softmax": softmax, "LogSoftmax": np.log(softmax)}[activation]


print("| format | file | output | all else equal | bias equal | prediction, distance | by |\n|---|---|---|---|---|---|---|")
expected = json.loads((fixtures / "onnx/expected.json").read_text())["models"]
for file, outputs in expected.items():
    for output, what in outputs.items():
        add = what.get("add")
        if "reason" in what and not add: continue
        units = add or len(what["values"])
        target = work / file
        options = ["--output", output] + (["--add-bias"] if add else [])
        values = apply(fixtures / "onnx" / file, target, units, *options)
        before, after = onnx.load(fixtures / "onnx" / file), onnx.load(target)
        onnx.checker.check_model(after)
        (arrays, rest), (new_arrays, new_rest) = stored(before), stored(after)
        name = (set(new_arrays) - set(arrays)).pop() if add else what["bias"]
        bias = new_arrays.pop(name)
        wanted = values.astype(bias.dtype)
        others = new_arrays.keys() == arrays.keys() - {name} and all(same(array, arrays[key]) for key, array in new_arrays.items())
        others &= add is not None or rest.SerializeToString() == new_rest.SerializeToString()
        activation = what.get("activation") or ({n.op_type for n in after.graph.node} & {"Softmax"} or {None}).pop() if add else what["activation"]
        if add and output == "z": activation = None
        graph_output = output.split(".")[0]
        predictions, by = at_kernel_zero(after, name, graph_output)
        channels_first = predictions.ndim == 4
        predictions = (np.moveaxis(predictions, 1, -1) if channels_first else predictions)
        predictions = predictions.reshape(-1, predictions.shape[-1])
        if output.endswith(".1"): predictions = predictions[-8:]
        if output.endswith(".0"): predictions = predictions[:32]
        target_rows = activated(wanted.ravel(), activation).reshape(-1, predictions.shape[-1])
        target_rows = np.tile(target_rows, (len(predictions) // len(target_rows), 1))
        row("ONNX" + (", bias added" if add else ""), file, output, others, same(bias.ravel(), wanted.ravel()), np.abs(predictions - target_rows).max(), by)
        target.unlink()


# PyTorch.
def flatten(value, prefix=""):
    if isinstance(value, torch.Tensor): return {prefix: value.detach()}
    if isinstance(value, nn.Module): value = value.state_dict()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    return {key: tensor for name, child in items for key, tensor in flatten(child, f"{prefix}.{name}" if prefix else str(name)).items()}


def load(path):
    if path.name == "script.pt": return torch.jit.load(path)
    return torch.load(path, weights_only=path.name not in ("module.pt", "protocol5.pt", "attribute.pt", "evil.pt"))


class Inert:
    """In the place of os.system, which evil.pt names."""
    def __init__(self, *_): pass


expected = json.loads((fixtures / "torch/expected.json").read_text())["models"]
for file, what in expected.items():
    if "reason" in what: continue
    target = work / file
    values = torch.tensor(apply(fixtures / "torch" / file, target, 3), dtype=getattr(torch, what["type"]))
    if zipfile.ZipFile(target).testzip(): raise RuntimeError(f"{file}: wrong checksum")
    if file == "evil.pt":
        import os
        os.system = Inert
    before, after = load(fixtures / "torch" / file), load(target)
    tensors, new_tensors = flatten(before), flatten(after)
    bias = new_tensors.pop(what["bias"])
    others = new_tensors.keys() == tensors.keys() - {what["bias"]} and all(
        tensor.dtype == tensors[key].dtype and torch.equal(tensor, tensors[key]) for key, tensor in new_tensors.items())
    distance = None
    if isinstance(after, nn.Module):
        with torch.no_grad():
            after.eval().fc.weight.zero_()
            distance = (after(torch.randn(2, 2, 3, 3)) - values).abs().max().item()
    row("PyTorch", file, what["bias"], others, torch.equal(bias, values), distance, f"torch {torch.__version__}")

sys.exit(failed)
