"""Untrained networks of many libraries' families on real data, sound and broken, for `baserate check`.

    python scripts/checkFamilies.py look|held|fresh [family] && node scripts/checkFamilies.mjs look|held|fresh

Writes the outputs to bench/results/families/GROUP. Needs timm, torchvision, transformers, torch-geometric and Keras.
Nothing is downloaded: every network has the initialisers that its library gives it.
"""
import json
import os
import pathlib
import sys
import time
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.simplefilter("ignore")
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import numpy as np
import torch
from families import zoo
from families.bugs import BUGS, Setting, losses, sound
from families.tasks import TASKS

SEED = 11
group, only = sys.argv[1], sys.argv[2:]
folder = pathlib.Path(__file__).parents[1] / "bench" / "results" / "families" / group
folder.mkdir(parents=True, exist_ok=True)
made_tasks = {}


def size_of(x):
    x = np.asarray(x, np.float64)
    return {"low": x.min(), "high": x.max(), "size": float(np.sqrt((x**2).mean()))}


def flat(outputs, task):
    """Rows of outputs with labels, one per place, padding included."""
    if task.name in ["three classes of pixels", "stroke or not"]:
        outputs = outputs[:, 4::8, 4::8]
    rows = outputs.reshape(-1, outputs.shape[-1]).astype(np.float32)
    labels = np.asarray(task.labels)
    labels = labels if labels.ndim == 2 and task.places == 1 else labels.ravel()
    return rows, labels


def setting_of(run, task, seed):
    made = run(task.inputs)
    rows, labels = flat(made.outputs, task)
    without = lambda inputs: None if inputs is None else flat(run(inputs).outputs, task)[0] - made.bias
    return Setting(task, rows, rows - made.bias, labels, np.random.default_rng(seed), made.features,
                   without(task.raw), without(task.twice))


def write(file, network, task, setting, outputs, more, number, bug=None, causes=(), setup=None):
    labels = more.get("labels", setting.labels)
    given = more.get("given", "outputs" if number % 2 or bug else "predictions")
    if given == "predictions" and "given" not in more:
        e = np.exp(outputs - outputs.max(1, keepdims=True)) if task.loss == "softmax" else np.exp(outputs)
        outputs = e / e.sum(1, keepdims=True) if task.loss == "softmax" else (1 / (1 + np.exp(-outputs)) if task.loss == "sigmoid" else outputs)
        given = "outputs" if task.loss not in ["softmax", "sigmoid"] else given
    told = {key: more[key] for key in ["options", "accumulate", "ignoreIndex"] if key in more}
    counts = more.get("counts", task.counts if number % 5 < 2 or setting.z.shape[1] > 100 else None)
    if task.pad is not None:
        told.setdefault("ignoreIndex", task.pad)
    if "reported" in more:
        told["reportedLoss"] = float(f"{more['reported']:.4f}")
    elif bug is None and number % 3 == 0 and "options" not in more and given == "outputs":
        told["reportedLoss"] = float(f"{losses(task.loss, outputs, labels)[setting.kept].mean():.4f}")
    if not isinstance(task.inputs, dict) and np.asarray(task.inputs).dtype.kind == "f" and (number % 4 < 2 or "data" in more):
        told["data"] = size_of({"raw": task.raw, "twice": task.twice}.get(more.get("data"), task.inputs))
    start = file.tell()
    file.write(np.asarray(outputs, "<f4").tobytes())
    file.write(np.asarray(labels, "<f8").tobytes())
    return {
        "group": network.group, "library": network.library, "family": network.family, "network": network.name,
        "task": task.name, "bug": bug, "setup": setup, "causes": causes, "head": task.loss, "given": given, "rows": len(outputs),
        "start": start, "outputs": int(np.size(outputs)), "labels": int(np.size(labels)), "rowsPerInput": task.places,
        **({"counts": [int(n) for n in counts]} if counts is not None else {}), **told,
    }


def cases(file, network):
    if network.kind not in made_tasks:
        made_tasks[network.kind] = TASKS[network.kind](SEED)
    built = {}
    for index, task in enumerate(made_tasks[network.kind]):
        torch.manual_seed(SEED + index)
        shape = np.asarray(task.inputs["x"] if isinstance(task.inputs, dict) else task.inputs).shape
        run = built.setdefault(task.units, network.make(task.units, shape)) if task.units == 10 else network.make(task.units, shape)
        setting = setting_of(run, task, SEED + index)
        number = index
        for setup, outputs, more in sound(setting):
            number += 1
            yield write(file, network, task, setting, outputs, more, number, setup=setup)
        for name, causes, heads, wide, make in BUGS:
            if task.loss not in heads or (setting.z.shape[1] > 100 and not wide):
                continue
            case = make(setting)
            if case is not None:
                number += 1
                yield write(file, network, task, setting, *case, number, bug=name, causes=causes)


for family in dict.fromkeys(n.family for n in zoo.NETWORKS if n.group == group):
    if only and family not in only:
        continue
    name = family.replace(" ", "-").replace(":", "")
    if (folder / f"{name}.json").exists() and not only:
        continue
    rows, started = [], time.time()
    with open(folder / f"{name}.f", "wb") as file:
        for network in [n for n in zoo.NETWORKS if n.family == family and n.group == group]:
            try:
                torch.manual_seed(SEED)
                rows += list(cases(file, network))
            except Exception as error:  # a network that this version of its library does not build is named, not hidden
                print(f"left out: {network.library} {network.name}: {type(error).__name__}: {str(error)[:200]}", flush=True)
    (folder / f"{name}.json").write_text(json.dumps(rows))
    networks = len({row["network"] for row in rows})
    print(f"{family}: {networks} networks, {len(rows)} set-ups, {sum(row['bug'] is None for row in rows)} of them sound, {time.time() - started:.0f} s", flush=True)
