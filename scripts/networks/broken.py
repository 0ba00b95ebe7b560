"""Broken set-ups: the bugs that can be seen before the first step, put in as a person would in each framework.

Which causes are right for a bug was written down before `baserate check` was first run on these networks. A wrong bias is
only put in where it costs more than 5 % of the best loss, as documented.
"""
import dataclasses

import numpy as np

from .case import Case, Networks, best_bias
from .tasks import Task, logit

EACH = 3  # networks a bug, task and seed
SOFTMAX, SIGMOID, NUMBERS = ["softmax"], ["sigmoid"], ["squared-error", "absolute-error", "huber"]


def probabilities(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def constant_loss(task: Task, bias):
    """Mean loss of a constant output; None where it is not worked out here."""
    z = np.broadcast_to(bias, (len(task.labels), task.units)).astype(float)
    if task.loss == "softmax":
        shares = np.array(task.counts) / sum(task.counts)
        return float(-(shares * np.log(probabilities(z)[0])).sum())
    p = np.exp(best_bias(task)) if task.loss == "poisson" else best_bias(task)
    if task.loss == "sigmoid":
        p = 1 / (1 + np.exp(-p))
        return float(np.mean(np.logaddexp(0, z[0]) - p * z[0]))
    if task.loss == "poisson":
        return None
    return float(np.mean((z[0] - p) ** 2 + np.var(task.labels, 0)))


def is_material(task, bias):
    loss, best = constant_loss(task, bias), constant_loss(task, best_bias(task))
    return loss is None or loss > 1.1 * best


def broken_cases(networks: Networks, seed: int):
    random = np.random.default_rng(seed)
    for make in BUGS:
        for task_name in task_names(networks, seed):
            for name in random.permutation(bodies(networks, make, task_name, seed))[:EACH]:
                task = next(t for t in networks.tasks(name, seed) if t.name == task_name)
                case = make(Setting(networks, str(name), task, seed))
                if case is not None:
                    yield case


def task_names(networks, seed):
    names = [task.name for kind in networks.framework.SIMPLE.values() for task in networks.tasks(kind[0], seed)]
    return list(dict.fromkeys(names))


def bodies(networks, make, task_name, seed):
    simple = [name for names in networks.framework.SIMPLE.values() for name in names]
    names = simple if getattr(make, "is_deep", False) else networks.bodies
    return [name for name in names if any(t.name == task_name for t in networks.tasks(name, seed))]


class Setting:
    """A sound set-up that a bug is put into."""

    def __init__(self, networks, name, task, seed):
        self.networks, self.name, self.task, self.seed = networks, name, task, seed
        self.framework = networks.framework
        self.is_torch = self.framework.NAME == "PyTorch"
        # as the first step of training sees it, where the network normalises over a batch
        self.training = bool(networks.bodies[name][2])
        self.bias = None if task.is_even else best_bias(task)

    def head(self, activation=None, initialiser=None, bias="sound", features=None, units=None):
        made = self.networks.features(self.name, self.task, self.seed, self.training) if features is None else features
        chosen = self.bias if isinstance(bias, str) else bias
        return self.framework.head(made, units or self.task.units, self.seed + self.networks.count(), chosen, activation, initialiser)

    def run(self, inputs=None, initialiser=None):
        return self.framework.features(self.name, self.task.inputs if inputs is None else inputs, self.seed, self.training, initialiser)

    def loss(self, outputs, name=None, labels=None, **more):
        return self.framework.loss(name or self.task.loss, "outputs", outputs, self.task.labels if labels is None else labels, **more)

    def case(self, bug, outputs, *causes, **fields):
        return Case(self.framework.NAME, self.name, self.task, outputs, self.training, self.seed, bug=bug, causes=causes, **fields)


BUGS = []


def bug(*losses, deep=False):
    """A bug of set-ups with these losses; a deep one touches the whole network."""

    def add(make):
        def checked(setting):
            return make(setting) if not losses or setting.task.loss in losses else None

        checked.is_deep = deep
        BUGS.append(checked)
        return make

    return add


@bug(*SOFTMAX)
def missing_softmax(s):
    outputs = s.head()
    if not s.is_torch:
        return s.case("missing softmax", outputs, "softmax missing", given="predictions")
    # NLLLoss without the log_softmax that it needs
    case = s.case("missing softmax", outputs, "softmax missing")
    case.report(float(-outputs[np.arange(len(outputs)), s.task.labels].mean()))
    return case


@bug(*SOFTMAX)
def redundant_softmax(s):
    return s.case("redundant softmax", s.head("softmax"), "softmax applied twice")


@bug(*SOFTMAX)
def softmax_over_batch(s):
    # in PyTorch Softmax(dim=0) before CrossEntropyLoss, elsewhere before a loss of probabilities
    causes = ["wrong link", *(["softmax applied twice", "wrong activation"] if s.is_torch else [])]
    given = "outputs" if s.is_torch else "predictions"
    return s.case("softmax over the batch", s.head("softmax over the batch"), *causes, given=given)


@bug(*SOFTMAX)
def sigmoids_for_softmax(s):
    if s.is_torch:
        return None
    return s.case("sigmoids in place of softmax", s.head("sigmoid"), "wrong link", given="predictions")


@bug(*SIGMOID)
def softmax_for_sigmoids(s):
    if s.task.units == 1:
        causes = ["wrong link", "input-independent outputs", "dead or saturated outputs"]
        return s.case("softmax on a single output", s.head("softmax"), *causes, given="predictions")
    return s.case("softmax in place of sigmoids", s.head("softmax"), "wrong link", given="predictions")


@bug(*SIGMOID)
def redundant_sigmoid(s):
    return s.case("redundant sigmoid", s.head("sigmoid"), "sigmoid applied twice")


@bug(*SIGMOID)
def missing_sigmoid(s):
    return s.case("missing sigmoid", s.head(), "sigmoid missing", given="predictions")


@bug(*SOFTMAX, *SIGMOID, *NUMBERS)
def wrong_loss(s):
    outputs = s.head()
    if s.task.loss == "softmax":
        labels = np.eye(s.task.units)[s.task.labels]
        reported = s.loss(probabilities(outputs), "squared-error", labels)
    elif s.task.loss == "sigmoid":
        reported = s.loss(1 / (1 + np.exp(-outputs)), "squared-error", s.task.labels.reshape(outputs.shape))
    else:
        reported = s.loss(outputs, "huber" if s.task.loss == "squared-error" else "squared-error")
    case = s.case("wrong loss", outputs, "wrong loss", "wrong link")
    case.report(reported)
    return case


@bug(*SOFTMAX, *SIGMOID, *NUMBERS)
def flipped_sign(s):
    outputs = s.head()
    loss = s.loss(outputs)
    case = s.case("flipped sign of the loss", outputs, "wrong sign")
    case.report(loss and -loss)
    return case if loss else None


@bug(*SOFTMAX, *SIGMOID, *NUMBERS)
def summed(s):
    if np.ndim(s.task.labels) > 1:
        return None  # a framework's sum over rows, columns or both
    outputs = s.head()
    loss = s.loss(outputs, reduction="sum")
    case = s.case("sum in place of mean", outputs, "wrong reduction")
    case.report(loss)
    return case if loss else None


@bug(deep=True)
def missing_normalisation(s):
    if s.task.kind == "text" or s.task.name in ["digits", "iris"]:
        return None  # features from 0 to 16 are near enough
    raw = s.task.raw.astype(np.float32)
    case = s.case("missing normalisation", s.head(features=s.run(raw)), "inputs not scaled", "outputs too large")
    case.show_inputs(raw)
    return case


@bug(deep=True)
def double_normalisation(s):
    if s.task.kind != "image":
        return None
    scale = s.networks.bodies[s.name][1]
    inputs = scale(s.task.raw / 255)
    is_centred = inputs.min() < -0.5
    causes = ["inputs scaled twice", *(["input-independent outputs"] if is_centred else [])]
    bug_name = "double normalisation, then centred" if is_centred else "double normalisation"
    case = s.case(bug_name, s.head(features=s.run(inputs)), *causes)
    case.show_inputs(inputs)
    return case


@bug(deep=True)
def constant_kernels(s):
    if s.task.units == 1:
        return None  # a single unit has no other to be compared with
    outputs = s.head(features=s.run(initialiser="constant"), initialiser="constant")
    return s.case("constant initialisation", outputs, "identical units", "NaN or infinity")


@bug(deep=True)
def zero_kernels(s):
    outputs = s.head(features=s.run(initialiser="zeros"), initialiser="zeros")
    return s.case("zero initialisation", outputs, "input-independent outputs")


@bug(deep=True)
def large_kernels(s):
    outputs = s.head(features=s.run(initialiser="normal 1"), initialiser="normal 1")
    case = s.case("too large initialisation: N(0, 1)", outputs, "outputs too large", "NaN or infinity")
    case.show_inputs(s.task.inputs)
    return case


@bug()
def large_last_kernel(s):
    case = s.case("last kernel too large: N(0, 10)", s.head(initialiser="normal 10"), "outputs too large")
    case.show_inputs(s.task.inputs)
    return case


@bug(*SOFTMAX, *SIGMOID, *NUMBERS)
def over_scaled(s):
    case = s.case("over-scaled outputs (times 100)", 100 * s.head(), "outputs too large")
    case.show_inputs(s.task.inputs)
    return case


@bug(*SOFTMAX, *NUMBERS)
def relu_on_outputs(s):
    if s.task.loss in NUMBERS and not s.task.is_even:
        return None  # outputs that start above 0 stay there
    causes = ["wrong activation", "dead or saturated outputs", "input-independent outputs"]
    return s.case("wrong activation: ReLU on the outputs", s.head("relu"), *causes)


@bug(*SOFTMAX, *NUMBERS)
def sigmoid_on_outputs(s):
    return s.case("wrong activation: sigmoid on the outputs", s.head("sigmoid"), "wrong activation")


@bug(*SOFTMAX)
def counted_from_one(s):
    return s.case("labels counted from 1", s.head(), "labels shifted or permuted", labels=s.task.labels + 1)


@bug(*SOFTMAX)
def bias_by_frequency(s):
    # pandas' value_counts() sorts by frequency
    bias = -np.sort(-best_bias(s.task))
    if not is_material(s.task, bias):
        return None
    return s.case("bias in the order of frequency", s.head(bias=bias), "labels shifted or permuted")


@bug()
def bias_left_out(s):
    if s.task.name in ["diabetes, raw target", "linnerud, raw targets"]:
        return s.case("target not standardised", s.head(bias=None), "target not standardised")
    if not is_material(s.task, np.zeros(s.task.units)) or s.task.is_even:
        return None
    bug_name = "regression without the bias" if s.task.loss in [*NUMBERS, "poisson"] else "unbalanced data without the bias"
    return s.case(bug_name, s.head(bias=None), "bias not set")


@bug(*SOFTMAX, *SIGMOID)
def unweighted_bias(s):
    if s.task.is_even or s.task.counts is None:
        return None
    weighted = np.zeros(s.task.units)  # with balanced weights a bias of 0 is best
    counts = np.array(s.task.counts)
    shares = counts / counts.sum()
    at = lambda z: np.mean(-np.log(probabilities(z[None])[0])) if s.task.units > 1 else np.mean([np.logaddexp(0, z), np.logaddexp(0, -z)])
    if at(best_bias(s.task)) < 1.1 * at(weighted):
        return None
    balanced = "balanced" if s.task.units > 1 else [float(1 / (2 * share)) for share in shares]
    case = s.case("weighted training, unweighted bias", s.head(), "weighted training with unweighted prior")
    case.more["options"] = {"classWeights": balanced}
    return case


@bug(*SIGMOID)
def log_on_sigmoid(s):
    p = 1 / (1 + np.exp(-best_bias(s.task)))
    bias = np.log(p).astype(np.float32)
    return s.case("log p on a sigmoid", s.head(bias=bias), "wrong link") if is_material(s.task, bias) else None


@bug(*SOFTMAX, *SIGMOID)
def other_prior(s):
    random = np.random.default_rng(s.seed)
    if s.task.loss == "sigmoid":
        bias = logit(np.where(random.random(s.task.units) < 0.5, 0.02, 0.9))
    else:
        bias = np.log(random.dirichlet(np.full(s.task.units, 0.5)) + 1e-3)
    bias = bias.astype(np.float32)
    return s.case("another data set's bias", s.head(bias=bias), "another data set's prior") if is_material(s.task, bias) else None


@bug(deep=True)
def missing_value(s):
    if s.task.kind != "table":
        return None
    inputs = s.task.inputs.copy()
    inputs[7, 1] = np.nan
    return s.case("a missing value in the table", s.head(features=s.run(inputs)), "NaN or infinity")
