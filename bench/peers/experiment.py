"""The original experiment, step by step, for any Python framework: what `notebook_*.py` share.

A framework is an object with
    versions                         {"tensorflow": "2.21.0", ...}
    build(output_bias, side=32, depth=0)
                                     a fresh network (see `Network` below) and its optimizer; output_bias (K,) float32, for
                                     images of side x side, with `depth` more convolutions after the second
    predict(network, images)         class probabilities (N, 10) of images (N, 32, 32, 3) float32 in [0, 1]
    fit(network, images, labels, on_batch)
                                     one shuffled epoch, batch 256, last short batch kept; calls
                                     on_batch(running mean loss) once a step is done
    restart(network)                 initial weights and optimizer state again, keeping what was compiled

Network: Conv2D 32 3x3 relu, MaxPooling 2x2, Conv2D 64 3x3 relu, MaxPooling 2x2, Conv2D 64 3x3 relu, Flatten,
Dense 64 relu, Dense 10 softmax; VALID convolutions, glorot uniform kernels. RMSprop: learning rate 1e-3, rho 0.9.

Every choice the notebook leaves open is made in the framework's favour: pixels as float32, a vectorized sampling, a
raw data file, no progress bar.
"""

import argparse
import json
import os
import resource
import sys
import time

import numpy as np

COUNTS = (4000, 3700, 100, 4000, 400, 100, 50, 700, 700, 100)
BATCH_SIZE = 256
# Steps left out of steady-state timings: tracing, compilation, first touch of memory.
WARM_UP_STEPS = 5


HEADER_LENGTH = 4096


def read_cifar10(path):
    """Training images (50000, 32, 32, 3) and labels (50000,), uint8, in dataset order, from baserate's cache file."""
    with open(path, "rb") as file:
        kind, layout = file.read(HEADER_LENGTH).decode().splitlines()[:2]
        if kind != "baserate dataset 1":
            sys.exit(f"not a dataset file of baserate: {path}")
        count = json.loads(layout)["trainCount"]
        images = np.fromfile(file, np.uint8, count * 32 * 32 * 3).reshape(count, 32, 32, 3)
        return images, np.fromfile(file, np.uint8, count)


def class_quotas(images, labels, counts):
    """The first counts[c] images of each class c, in dataset order; pixels as float32 in [0, 1]."""
    kept = np.sort(np.concatenate([np.flatnonzero(labels == c)[:n] for c, n in enumerate(counts)]))
    return images[kept].astype(np.float32) / 255, labels[kept].astype(np.int64)


def cross_entropy(probabilities, labels):
    """Mean over rows of -log of the label's probability."""
    return float(-np.log(probabilities[np.arange(len(labels)), labels]).mean())


class Stopwatch:
    """Seconds of each named phase, from one lap to the next."""

    def __init__(self):
        self.phases = {}
        self.started = self.last = time.perf_counter()

    def lap(self, name):
        now = time.perf_counter()
        self.phases[name] = self.phases.get(name, 0) + now - self.last
        self.last = now

    def total(self):
        return self.last - self.started


def save_figure(path, curves):
    """The notebook's figure. Returns the file, or the reason why there is none."""
    try:
        import matplotlib
    except ImportError:
        return "left out: matplotlib is not installed"
    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 8))
    axes.plot(curves["prior"], "k--", label="optimal initial bias")
    axes.plot(curves["zero"], "k-", label="non-optimal initial bias")
    axes.set(xlabel="Step", ylabel="Loss")
    axes.legend()
    figure.savefig(path, transparent=True, bbox_inches="tight")
    return path


def whole_run(framework, watch, options):
    """The notebook from data to figure: two networks, expected and actual initial loss, one epoch each."""
    images, labels = class_quotas(*read_cifar10(options.data), COUNTS)
    frequencies = np.bincount(labels, minlength=len(COUNTS)) / len(labels)
    biases = {"zero": np.zeros(len(COUNTS)), "prior": np.log(frequencies)}
    watch.lap("data")
    networks = {arm: framework.build(bias.astype(np.float32)) for arm, bias in biases.items()}
    watch.lap("build")
    arms = {}
    for arm, bias in biases.items():
        expected = -(frequencies * (bias - np.log(np.exp(bias).sum()))).sum()
        initial = cross_entropy(framework.predict(networks[arm], images), labels)
        arms[arm] = {"expectedLoss": float(expected), "initialLoss": initial, "losses": []}
        watch.lap("predict")
    for arm, network in networks.items():
        framework.fit(network, images, labels, arms[arm]["losses"].append)
        arms[arm]["finalLoss"] = arms[arm]["losses"][-1]
        watch.lap("fit")
    figure = save_figure(options.figure, {arm: result["losses"] for arm, result in arms.items()})
    watch.lap("figure")
    return {"arms": arms, "figure": figure}


def steps(framework, watch, options):
    """Milliseconds of each of options.steps training steps once warm, and how many cores they kept busy."""
    rows = (options.steps + WARM_UP_STEPS) * BATCH_SIZE
    images, labels = class_quotas(*read_cifar10(options.data), COUNTS)
    repeats = -(-rows // len(images))
    images, labels = np.concatenate([images] * repeats)[:rows], np.concatenate([labels] * repeats)[:rows]
    network = framework.build(np.zeros(len(COUNTS), np.float32))
    ends, processor = [], []

    def on_batch(_):
        ends.append(time.perf_counter())
        processor.append(time.process_time())

    framework.fit(network, images, labels, on_batch)
    watch.lap("steps")
    ends, processor = np.array(ends[WARM_UP_STEPS - 1 :]), processor[WARM_UP_STEPS - 1 :]
    return {
        "stepMs": (np.diff(ends) * 1e3).round(3).tolist(),
        "coresBusy": round((processor[-1] - processor[0]) / (ends[-1] - ends[0]), 2),
    }


def trainings(framework, watch, options):
    """Seconds of each of options.trainings one-epoch trainings, after one more in which everything is compiled."""
    images, labels = class_quotas(*read_cifar10(options.data), COUNTS)
    network = framework.build(np.zeros(len(COUNTS), np.float32))
    seconds = []
    for _ in range(1 + options.trainings):
        framework.restart(network)
        start = time.perf_counter()
        framework.fit(network, images, labels, lambda _: None)
        seconds.append(round(time.perf_counter() - start, 4))
    watch.lap("trainings")
    return {"trainingSeconds": seconds[1:]}


def run(load_framework, description):
    """Does what the command line asks with the framework and prints one JSON document on stdout."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", required=True, help="CIFAR-10 as `baserate data cifar10` keeps it")
    parser.add_argument("--threads", type=int, help="threads of one operation (default: the framework's own)")
    parser.add_argument("--figure", default=os.devnull, help="where the whole run writes its figure")
    parser.add_argument("--json", action="store_true", help="accepted for uniformity: output is always JSON")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--steps", type=int, help="time this many training steps instead of the whole run")
    what.add_argument("--trainings", type=int, help="time this many one-epoch trainings instead of the whole run")
    options = parser.parse_args()
    job = steps if options.steps else trainings if options.trainings else whole_run

    watch = Stopwatch()
    framework = load_framework(options.threads)
    watch.lap("import")
    result = job(framework, watch, options)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    document = {
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__, **framework.versions},
        "threads": options.threads,
        **result,
        "seconds": {name: round(value, 3) for name, value in watch.phases.items()},
        "totalSeconds": round(watch.total(), 3),
        # Linux counts ru_maxrss in KiB, macOS in bytes.
        "peakBytes": peak if sys.platform == "darwin" else peak * 1024,
    }
    print(json.dumps(document))
