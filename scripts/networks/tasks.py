"""Real data that can be had offline, as tasks: inputs, labels, a loss, and the bias that is best for these labels.

CIFAR-10 comes from baserate's own cache (`baserate data` fetches it; the layout is in src/data/datasetFile.ts), tables and
texts from scikit-learn. Each task draws its rows with a seed; `training` holds the labels of all rows it is drawn from.
"""
import dataclasses
import os
import pathlib

import numpy as np
import sklearn.datasets

ROWS = 256
HEADER, TRAIN = 4096, 50_000


@dataclasses.dataclass
class Task:
    name: str
    kind: str  # image, table or text
    loss: str  # baserate's name
    inputs: np.ndarray  # as the network is fed
    raw: np.ndarray | None  # as they are on disk: bytes, or a table's own units
    labels: np.ndarray
    units: int
    bias: np.ndarray  # best constant output for all labels
    is_even: bool  # whether a bias of 0 is as good
    counts: list[int] | None = None  # labels of each class of all rows, for `--counts`


def cifar10():
    folder = os.environ.get("BASERATE_CACHE", pathlib.Path.home() / ".cache" / "baserate")
    data = np.memmap(pathlib.Path(folder) / "cifar10.v1.images", np.uint8, "r", HEADER)
    pixels = TRAIN * 3072
    return data[:pixels].reshape(TRAIN, 32, 32, 3), data[pixels : pixels + TRAIN]


def logit(p):
    return np.log(p) - np.log1p(-p)


def class_task(name, kind, scale, inputs, labels, seed, loss="softmax"):
    """`inputs` and `labels` of all rows; as many as ROWS are drawn."""
    counts = np.bincount(labels)
    rows = np.random.default_rng(seed).permutation(len(labels))[:ROWS]
    shares = counts / counts.sum()
    bias = np.log(shares) if loss == "softmax" else logit(shares[1:])
    raw = np.asarray(inputs[rows])
    is_even = bool(counts.max() < 1.3 * counts.min())
    return Task(name, kind, loss, scale(raw), raw, labels[rows], len(bias), bias, is_even, counts.tolist())


def image_rows(quotas, seed):
    """Rows of CIFAR-10 with so many of each class."""
    _, labels = cifar10()
    order = np.random.default_rng(seed).permutation(TRAIN)
    return np.concatenate([order[labels[order] == k][:quota] for k, quota in enumerate(quotas)])


def images(name, quotas, seed, scale, relabel=None):
    pixels, labels = cifar10()
    rows = np.sort(image_rows(quotas, seed))
    named = labels[rows].astype(np.int64)
    if relabel is not None:
        named = np.asarray(relabel)[named]
        return class_task(name, "image", scale, pixels[rows], named, seed, "sigmoid")
    return class_task(name, "image", scale, pixels[rows], named, seed)


def long_tail(seed):
    """Cui et al. 2019: n_k = 5000 * 0.01^(k / 9), classes in an order of the seed's."""
    quotas = (5000 * 0.01 ** (np.arange(10) / 9)).astype(int)
    return np.random.default_rng(seed + 77).permutation(quotas)


# attributes of CIFAR-10's classes: animal, has wheels, flies, mammal, swims
ATTRIBUTES = np.array(
    [[0, 1, 1, 0, 0], [0, 1, 0, 0, 0], [1, 0, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 0, 1, 0],
     [1, 0, 0, 1, 0], [1, 0, 0, 0, 1], [1, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 1, 0, 0, 0]]
)


def attributes(seed, scale):
    task = images("CIFAR-10 attributes", [500] * 10, seed, scale)
    bias = logit(ATTRIBUTES.mean(0))
    return dataclasses.replace(task, loss="sigmoid", labels=ATTRIBUTES[task.labels], units=5, bias=bias, is_even=False, counts=None)


def image_tasks(seed, scale):
    even = [500] * 10
    return [
        images("CIFAR-10", even, seed, scale),
        images("CIFAR-10, long tail", long_tail(seed), seed, scale),
        images("CIFAR-10, five classes of ten", even, seed, scale, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]),
        images("CIFAR-10, one class of ten", even, seed, scale, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]),
        attributes(seed, scale),
    ]


def standardised(x):
    x = np.asarray(x, np.float64)
    return ((x - x.mean(0)) / np.maximum(x.std(0), 1e-9)).astype(np.float32)


def number_task(name, loss, x, y, seed, bias):
    rows = np.random.default_rng(seed).permutation(len(y))[:ROWS]
    y = np.asarray(y, np.float64).reshape(len(y), -1)
    best = {"mean": y.mean(0), "median": np.median(y, 0), "log mean": np.log(np.maximum(y.mean(0), 1e-9))}[bias]
    is_even = bool(np.all(np.abs(best) < 0.25 * y.std(0))) and loss != "poisson"
    labels = y[rows] if y.shape[1] > 1 else y[rows, 0]
    return Task(name, "table", loss, standardised(x)[rows], np.asarray(x, np.float32)[rows], labels, y.shape[1], best, is_even)


def table_tasks(seed):
    digits, iris, wine = sklearn.datasets.load_digits(), sklearn.datasets.load_iris(), sklearn.datasets.load_wine()
    cancer, diabetes = sklearn.datasets.load_breast_cancer(), sklearn.datasets.load_diabetes(scaled=False)
    linnerud = sklearn.datasets.load_linnerud()
    y = diabetes.target

    def classes(name, data, loss="softmax"):
        task = class_task(name, "table", lambda x: x, data.data, data.target, seed, loss)
        rows = np.random.default_rng(seed).permutation(len(data.target))[:ROWS]
        return dataclasses.replace(task, inputs=standardised(data.data)[rows], raw=task.raw.astype(np.float32))

    z = (y - y.mean()) / y.std()
    tasks = [
        classes("digits", digits),
        classes("iris", iris),
        classes("wine", wine),
        classes("breast cancer", cancer, "sigmoid"),
        number_task("diabetes, standardised", "squared-error", diabetes.data, z, seed, "mean"),
        number_task("diabetes, standardised, MAE", "absolute-error", diabetes.data, z, seed, "median"),
        number_task("diabetes, standardised, Huber", "huber", diabetes.data, z, seed, "mean"),
        number_task("diabetes / 100", "squared-error", diabetes.data, y / 100, seed, "mean"),
        number_task("diabetes as a count", "poisson", diabetes.data, np.round(y / 20), seed, "log mean"),
        number_task("linnerud, standardised", "squared-error", linnerud.data, standardised(linnerud.target), seed, "mean"),
    ]
    return tasks


def raw_targets(seed):
    """Targets in their own units: mean 152 and deviation 77; kilograms, centimetres and beats a minute."""
    diabetes, linnerud = sklearn.datasets.load_diabetes(scaled=False), sklearn.datasets.load_linnerud()
    return [
        number_task("diabetes, raw target", "squared-error", diabetes.data, diabetes.target, seed, "mean"),
        number_task("linnerud, raw targets", "squared-error", linnerud.data, linnerud.target, seed, "mean"),
    ]


LETTERS = " abcdefghijklmnopqrstuvwxyz0123456789.,:-_*"
WINDOW = 24


def text_tasks(seed):
    """Windows of characters from the descriptions that come with scikit-learn's data sets."""
    folder = pathlib.Path(sklearn.datasets.__file__).parent / "descr"
    files = sorted(folder.glob("*.rst"))
    codes = {letter: i for i, letter in enumerate(LETTERS)}
    windows, source, following = [], [], []
    for k, file in enumerate(files):
        letters = [codes[c] for c in " ".join(file.read_text().lower().split()) if c in codes]
        for start in range(0, len(letters) - WINDOW - 1, 6):
            windows.append(letters[start : start + WINDOW])
            following.append(letters[start + WINDOW])
            source.append(k)
    x = np.array(windows, np.int32)
    words = (x == 0).sum(1)
    log_mean = np.log(words.mean())
    which = class_task("which description", "text", lambda x: x, x, np.array(source), seed)
    rows = np.random.default_rng(seed).permutation(len(x))[:ROWS]
    count = Task("words in a window", "text", "poisson", x[rows], None, words[rows].astype(float), 1, np.array([log_mean]), False)
    return [which, class_task("next letter", "text", lambda x: x, x, np.array(following), seed), count]
