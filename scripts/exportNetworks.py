"""Exports untrained networks, as their frameworks write them, with what the framework computes for each.

Usage: python scripts/exportNetworks.py FOLDER [NAME ...]

Each network NAME becomes NAME.onnx, NAME.json and NAME.bin: the inputs, a target, the loss (mean squared difference of the
first output from the target), the gradient of every parameter, the parameters after three steps of gradient descent, and
the outputs of the network then, in inference mode. Computed in float64 from float32 weights.
Dropout is computed with probability 0, but exported as it is.
"""
import copy
import json
import pathlib
import sys
import traceback
import warnings

import numpy as np
import torch
from torch import nn

warnings.filterwarnings("ignore")
RATE = 0.001
REGISTRY = {}


def network(exporter="legacy", **options):
    """Registers a function that returns (module, inputs)."""

    def register(make):
        REGISTRY[make.__name__] = (make, exporter, options)
        return make

    return register


def first(output):
    if isinstance(output, torch.Tensor):
        return output
    if isinstance(output, dict):
        return first(next(iter(output.values())))
    return first(output[0])


def export(module, inputs, path, exporter):
    names = [f"x{i}" for i in range(len(inputs))]
    if exporter == "legacy":
        # From torch 2 on, the legacy exporter must be asked for.
        legacy = {} if torch.__version__.startswith("1.") else {"dynamo": False}
        torch.onnx.export(
            module.train(), tuple(inputs), path, input_names=names, opset_version=17,
            training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False, **legacy,
        )
    else:
        program = torch.onnx.export(
            module.train(), tuple(inputs), dynamo=True, input_names=names, optimize=exporter == "dynamo", verbose=False,
        )
        program.save(path, external_data=False)
    return names


def aliases(module):
    """Parameters that two layers share have two names, of which a file may keep either."""
    names = {}
    for prefix, part in module.named_modules(remove_duplicate=False):
        for name, value in part.named_parameters(prefix, recurse=False):
            names.setdefault(id(value), []).append(name)
    return {group[0]: group[1] for group in names.values() if len(group) > 1}


def without_dropout(module):
    module = copy.deepcopy(module)
    for part in module.modules():
        for name in ("p", "dropout", "drop_prob", "dropout_p", "attention_dropout"):
            if isinstance(getattr(part, name, None), float):
                setattr(part, name, 0.0)
    return module.train()


def three_steps(exact, inputs, target):
    """The first loss and gradients, and the parameters, running statistics and outputs after three steps."""
    arrays = {}
    parameters = {name: value for name, value in exact.named_parameters() if value.requires_grad}
    for step in range(3):
        loss = ((first(exact(*inputs)) - target) ** 2).mean()
        gradients = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
        with torch.no_grad():
            for (name, value), gradient in zip(parameters.items(), gradients):
                gradient = torch.zeros_like(value) if gradient is None else gradient
                if step == 0:
                    arrays[f"gradient {name}"] = gradient.numpy().copy()
                value -= RATE * gradient
        if step == 0:
            arrays["loss"] = loss.detach().numpy().reshape(1)
    for name, value in exact.state_dict().items():
        if value.is_floating_point():
            arrays[f"after {name}"] = value.numpy().copy()
    with torch.no_grad():
        arrays["output after"] = first(exact.eval()(*inputs)).numpy()
    return arrays


def reference(module, inputs, names):
    """In float64; in float32 (keys "own ..."); and in float64 with weights moved by float32's rounding ("moved ...")."""
    arrays = {f"input {name}": value.detach().numpy() for name, value in zip(names, inputs)}
    wide = [value.double() if value.is_floating_point() else value for value in inputs]
    exact, own = without_dropout(module).double(), without_dropout(module)
    shape = first(copy.deepcopy(exact)(*wide)).shape
    target = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    arrays["target"] = target
    arrays |= three_steps(exact, wide, torch.from_numpy(target).double())
    moved = without_dropout(module).double()
    with torch.no_grad():
        for value in moved.parameters():
            value *= 1 + 2.0**-23 * torch.randn_like(value)
    arrays |= {f"moved {k}": v for k, v in three_steps(moved, wide, torch.from_numpy(target).double()).items()}
    arrays |= {f"own {k}": v for k, v in three_steps(own, inputs, torch.from_numpy(target)).items()}
    return arrays


def save(path, arrays, **extra):
    index, offset = [], 0
    with open(path.with_suffix(".bin"), "wb") as file:
        for key, value in arrays.items():
            value = np.ascontiguousarray(value)
            file.write(value.tobytes())
            index.append({"key": key, "dtype": str(value.dtype), "shape": list(np.shape(value)), "offset": offset,
                          "length": value.nbytes})
            offset += value.nbytes
    path.with_suffix(".json").write_text(json.dumps({"arrays": index, "rate": RATE, **extra}))


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    import exportedNetworks  # noqa: F401  (registers the networks)
    import exportedRecent  # noqa: F401
    import exportedSequences  # noqa: F401
    import exportedVision  # noqa: F401

    for name, (make, exporter, options) in REGISTRY.items():
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        if exporter != "legacy" and torch.__version__.startswith("1."):
            continue  # torch 1 has no exporter but the legacy one
        path = folder / f"{name}.onnx"
        try:
            torch.manual_seed(0)
            module, inputs = make()
            names = export(module, inputs, str(path), exporter)
            save(path, reference(module, inputs, names), exporter=exporter, torch=torch.__version__,
                 aliases=aliases(module), **options)
            print("exported", name, path.stat().st_size, flush=True)
        except Exception as error:  # a network that its own framework cannot export is reported and left out
            path.unlink(missing_ok=True)
            print("FAILED", name, repr(error)[:300], flush=True)
            if sys.argv[2:]:
                traceback.print_exc()


if __name__ == "__main__":
    sys.modules["exportNetworks"] = sys.modules["__main__"]
    main()
