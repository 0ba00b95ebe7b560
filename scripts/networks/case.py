"""One network on one task: what it gives, and what `baserate check` is told of it."""
import dataclasses

import numpy as np

from . import tasks
from .tasks import Task


def best_bias(task: Task):
    return task.bias.astype(np.float32)


@dataclasses.dataclass
class Case:
    framework: str
    network: str
    task: Task
    outputs: np.ndarray
    training: bool
    seed: int
    given: str = "outputs"
    bug: str | None = None
    causes: tuple[str, ...] = ()
    labels: np.ndarray | None = None
    tells_counts: bool = True
    more: dict = dataclasses.field(default_factory=dict)

    def report(self, loss):
        if loss is not None:
            # as a program prints it
            self.more["reportedLoss"] = float(f"{loss:.4f}")

    def show_inputs(self, x):
        x = np.asarray(x, np.float64)
        if np.isfinite(x).all():
            self.more["data"] = {"low": x.min(), "high": x.max(), "size": float(np.sqrt((x**2).mean()))}

    def write(self, file):
        """Appends the numbers to a file, and gives what there is to know of them."""
        labels = self.task.labels if self.labels is None else self.labels
        start = file.tell()
        file.write(np.asarray(self.outputs, "<f4").tobytes())
        file.write(np.asarray(labels, "<f8").tobytes())
        return {
            "framework": self.framework, "network": self.network, "task": self.task.name, "kind": self.task.kind,
            "training": self.training, "seed": self.seed, "bug": self.bug, "causes": self.causes,
            "head": self.task.loss, "given": self.given, "rows": len(self.outputs), "start": start,
            "outputs": int(np.size(self.outputs)), "labels": int(np.size(labels)),
            **({"counts": self.task.counts} if self.tells_counts and self.task.counts else {}),
            **self.more,
        }


class Networks:
    """The networks of a framework, each run once for the same inputs."""

    def __init__(self, framework):
        self.framework = framework
        self.bodies = framework.BODIES
        self.kept = {}
        self.made_tasks = {}
        self.number = 0

    def count(self):
        self.number += 1
        return self.number

    def tasks(self, name, seed) -> list[Task]:
        kind, scale, *_ = self.bodies[name]
        key = kind, scale, seed
        if key not in self.made_tasks:
            make = {
                "image": lambda: tasks.image_tasks(seed, scale),
                "table": lambda: tasks.table_tasks(seed) + tasks.raw_targets(seed),
                "text": lambda: tasks.text_tasks(seed),
            }[kind]
            self.made_tasks[key] = make()
        return self.made_tasks[key]

    def features(self, name, task, seed, training):
        key = name, task.name, seed, training
        if key not in self.kept:
            self.kept[key] = self.framework.features(name, task.inputs, seed, training)
        return self.kept[key]

    def modes(self, name, task, seed):
        """Inference, and training where that makes a difference."""
        one, other = (self.features(name, task, seed, training) for training in [False, True])
        return [False] if np.allclose(one, other) else [False, True]
