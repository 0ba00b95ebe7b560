"""Real data as tasks of each kind of network: CIFAR-10 from baserate's cache, and scikit-learn's tables, digits and texts."""
import dataclasses
import pathlib

import numpy as np
import sklearn.datasets
import sklearn.neighbors
from networks import tasks as base

MEAN, DEVIATION = np.array([0.4914, 0.4822, 0.4465]), np.array([0.247, 0.2435, 0.2616])
NORMALISED = lambda x: ((x / 255 - MEAN) / DEVIATION).astype(np.float32)
RAW = lambda x: x.astype(np.float32)


@dataclasses.dataclass
class FamilyTask:
    name: str
    loss: str
    inputs: object
    labels: np.ndarray
    units: int
    bias: np.ndarray  # best constant output for all labels
    is_even: bool
    counts: list | None = None
    raw: object = None  # inputs that were not scaled
    twice: object = None  # inputs scaled twice
    places: int = 1  # rows of one input
    pad: int | None = None


def of(task, **more):
    inputs = task.inputs
    return FamilyTask(task.name, task.loss, inputs, task.labels, task.units, task.bias, task.is_even, task.counts, **more)


def image_tasks(seed):
    found = [task for task in base.image_tasks(seed, NORMALISED) if task.name != "CIFAR-10, five classes of ten"]
    return [
        of(task, raw=RAW(task.raw), twice=(task.raw / 255 / 255).astype(np.float32)) if task.name == "CIFAR-10, long tail" else of(task)
        for task in found
    ]


def table_tasks(seed):
    kept = ["digits", "wine", "breast cancer", "diabetes, standardised", "diabetes / 100", "diabetes as a count", "diabetes, raw target"]
    found = base.table_tasks(seed) + base.raw_targets(seed)
    return [of(task, raw=task.raw if task.name == "wine" else None) for task in found if task.name in kept]


def text_tasks(seed):
    which, following, count = base.text_tasks(seed)
    labels = (which.labels == np.bincount(which.labels).argmax()).astype(int)
    share = max(which.counts) / sum(which.counts)
    one = FamilyTask("one description or another", "sigmoid", which.inputs, labels, 1, base.logit(np.array([share])), False,
                     [sum(which.counts) - max(which.counts), max(which.counts)])
    return [of(which), one, of(count)]


def token_tasks(seed, vocabulary=2000, sequences=24, length=33):
    """The next word: the most frequent words and one token for the rest, sequences padded at their end."""
    folder = pathlib.Path(sklearn.datasets.__file__).parent / "descr"
    words = " ".join(file.read_text() for file in sorted(folder.glob("*.rst"))).lower().split()
    named, numbers = np.unique(words, return_counts=True)
    codes = {word: k + 2 for k, word in enumerate(named[np.argsort(-numbers)][: vocabulary - 2])}
    stream = np.array([codes.get(word, 1) for word in words])
    random = np.random.default_rng(seed)
    rows = np.stack([stream[s : s + length] for s in random.integers(0, len(stream) - length, sequences)])
    lengths = random.integers(length // 2, length + 1, sequences)
    rows[np.arange(length)[None] >= lengths[:, None]] = 0
    counts = np.bincount(stream, minlength=vocabulary)
    bias = np.log((counts + 0.5) / (counts + 0.5).sum())
    return [FamilyTask("next word", "softmax", rows[:, :-1], rows[:, 1:], vocabulary, bias, False, counts.tolist(), places=length - 1, pad=0)]


def graph_tasks(seed):
    digits = sklearn.datasets.load_digits()
    x = ((digits.data - digits.data.mean(0)) / np.maximum(digits.data.std(0), 1)).astype(np.float32)
    found = []
    for name, quotas in [("digits as nodes", [60] * 10), ("digits as nodes, long tail", [170, 90, 60, 40, 30, 20, 10, 8, 6, 6])]:
        order = np.random.default_rng(seed).permutation(len(x))
        rows = np.concatenate([order[digits.target[order] == k][:quota] for k, quota in enumerate(quotas)])
        graph = sklearn.neighbors.kneighbors_graph(x[rows], 6).tocoo()
        counts = np.bincount(digits.target[rows])
        inputs = {"x": x[rows], "edges": np.stack([graph.row, graph.col]).astype(np.int64)}
        found.append(FamilyTask(name, "softmax", inputs, digits.target[rows], 10, np.log(counts / counts.sum()), counts.max() < 1.3 * counts.min(), counts.tolist()))
    return found


def pixel_tasks(seed):
    """Digits enlarged to 64 x 64: background, stroke's edge, stroke; and stroke or not."""
    digits = sklearn.datasets.load_digits()
    rows = np.random.default_rng(seed).permutation(len(digits.images))[:16]
    images = digits.images[rows].repeat(8, 1).repeat(8, 2)
    inputs = np.repeat(((images - 4.9) / 6.0)[..., None], 3, -1).astype(np.float32)
    classes = np.digitize(images, [1, 10])[:, 4::8, 4::8]
    counts = np.bincount(np.digitize(digits.images.ravel(), [1, 10]))
    share = counts[2] / counts.sum()
    three = FamilyTask("three classes of pixels", "softmax", inputs, classes, 3, np.log(counts / counts.sum()), False, counts.tolist(), places=64)
    one = FamilyTask("stroke or not", "sigmoid", inputs, (classes == 2).astype(int), 1, base.logit(np.array([share])), False, [int(counts[:2].sum()), int(counts[2])], places=64)
    return [three, one]


TASKS = {"image": image_tasks, "table": table_tasks, "text": text_tasks, "tokens": token_tasks, "graph": graph_tasks, "pixels": pixel_tasks}
