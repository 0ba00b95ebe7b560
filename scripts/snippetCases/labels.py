"""Labels of each kind: the whole set that `baserate solve` reads, and batches drawn from it."""
import json

import numpy as np

size = 10_000
random = np.random.default_rng(1)
counts = [4000, 3700, 100, 4000, 400, 100, 50, 700, 700, 100]
directions = random.normal(size=(size, 3)) + [2, -1, 1]

# The arguments of `baserate solve` for each kind, and how many outputs a head with one output per label has.
sets = {
    "classes": np.repeat(np.arange(len(counts)), counts),
    "binary": np.repeat([0, 1], [9700, 300]),
    "even": np.repeat([0, 1], [7000, 3000]),
    "majority": np.repeat(np.arange(4), [8000, 1000, 600, 400]),
    "numbers": np.round(random.normal(7, 2, size=size), 3),
    "positive": np.round(random.gamma(2, 3, size=size) + 0.1, 3),
    "amounts": np.round(random.gamma(2, 3, size=size) * (random.random(size) < 0.7), 3),
    "counted": random.negative_binomial(2, 0.2, size=size),
    "directions": directions / np.linalg.norm(directions, axis=1, keepdims=True),
}
whole = {"numbers", "positive", "amounts", "counted"}


def arguments(kind, folder):
    """What tells `baserate solve` of these labels: counts of classes, or a file."""
    labels = sets[kind]
    if labels.ndim == 1 and kind not in whole:
        return ["--counts", ",".join(map(str, np.bincount(labels)))]
    np.save(folder / f"{kind}.npy", labels)
    return [str(folder / f"{kind}.npy"), *(["--as", "numbers"] if kind == "counted" else [])]


def outputs(kind):
    labels = sets[kind]
    return labels.shape[1] if labels.ndim == 2 else len(np.bincount(labels)) if kind in ("classes", "majority") else 1


def batch(kind, seed, rows, width):
    """Rows that say a little about their labels, and the labels: class indices, or one column per number."""
    draw = np.random.default_rng(seed)
    labels = sets[kind][draw.integers(size, size=rows) if kind != "classes" else draw.integers(len(sets[kind]), size=rows)]
    told = np.eye(outputs(kind))[labels] if kind in ("classes", "majority") else labels.reshape(rows, -1) * 1.0
    told = (told - told.mean(0)) / (told.std(0) + 1e-9)
    x = draw.normal(size=(rows, width)) + 0.1 * told @ draw.normal(size=(told.shape[1], width))
    return x.astype("float32"), labels


def one_hot(labels, classes):
    return np.eye(classes, dtype="float32")[labels]
