"""Sound set-ups and bugs, put into a network's outputs as a person would put them into the program.

Everything is computed from the outputs without bias `z` (N x K), so that a network runs once per task. Right causes were
written down before the check was run on any of these networks. A bug is put in only where it can be seen in principle:
a wrong bias only where it costs more than 10 % of the best loss; scaled inputs only where the outputs' size changes
threefold; what hides a bug otherwise is stated beside it.
"""
import dataclasses

import numpy as np


@dataclasses.dataclass
class Setting:
    """One network on one task."""

    task: object
    native: np.ndarray  # outputs as the library gives them, rows x K
    z: np.ndarray  # without the bias of the output layer
    labels: np.ndarray  # one per row, or rows x K
    random: np.random.Generator
    features: np.ndarray | None = None
    raw: np.ndarray | None = None  # outputs without bias, of inputs that were not scaled
    twice: np.ndarray | None = None

    @property
    def kept(self):
        """Rows that are not padding."""
        return np.full(len(self.z), True) if self.task.pad is None else self.labels != self.task.pad

    @property
    def best(self):
        return self.task.bias.astype(np.float32)

    @property
    def right(self):
        """Sound outputs: the bias of the training labels."""
        return self.z + self.best

    @property
    def material(self):
        return lambda bias: loss_at(self.task, bias) > 1.1 * loss_at(self.task, self.best)


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


sigmoid = lambda z: 1 / (1 + np.exp(-z))


def loss_at(task, bias):
    """Mean loss of a constant output on all labels."""
    if task.loss == "softmax":
        shares = np.array(task.counts) / np.sum(task.counts)
        return float(-(shares * np.log(softmax(np.asarray(bias, float)[None])[0])).sum())
    if task.loss == "sigmoid":
        p = sigmoid(task.bias)
        return float(np.mean(np.logaddexp(0, bias) - p * bias))
    y = np.asarray(task.labels, float)
    return float(np.mean(np.exp(bias) - y * bias)) if task.loss == "poisson" else float(np.mean((y - bias) ** 2))


def losses(loss, z, y):
    """Loss of each row, as PyTorch computes it."""
    z = z.astype(float)
    if loss == "softmax":
        return np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) + z.max(1) - z[np.arange(len(z)), y.astype(int)]
    y = np.reshape(y, z.shape).astype(float)
    if loss == "sigmoid":
        return (np.logaddexp(0, z) - y * z).mean(1)
    return (np.exp(z) - y * z).mean(1) if loss == "poisson" else ((z - y) ** 2).mean(1)


def smoothed(z, y, amount=0.1):
    z = z.astype(float)
    log_p = z - np.log(np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True)) - z.max(1, keepdims=True)
    return -((1 - amount) * log_p[np.arange(len(z)), y.astype(int)] + amount * log_p.mean(1))


def sound(s):
    """(name, outputs, what is told)."""
    yield "prior", s.right, {}
    if s.task.is_even:
        yield "as the library starts", s.native, {}
    if len(s.z) >= 32 and not np.ptp(s.z, 0).max() == 0 and s.z.shape[1] <= 10:
        yield "calibrated", s.right - s.z.mean(0), {}
    if s.task.loss == "softmax" and s.z.shape[1] <= 100:
        yield "balanced class weights", s.z, {"options": {"classWeights": "balanced"}}
        smooth = 0.9 * np.exp(s.best) / np.exp(s.best).sum() + 0.1 / len(s.best)
        yield "label smoothing", s.z + np.log(smooth), {"options": {"labelSmoothing": 0.1}, "reported": smoothed(s.z + np.log(smooth), s.labels).mean()}


BUGS = []


def bug(name, *causes, loss=("softmax", "sigmoid", "squared-error", "poisson"), wide=False):
    def add(make):
        BUGS.append((name, causes, loss, wide, make))
        return make

    return add


# the bias: (outputs, what is told) or None
@bug("bias not set", "bias not set", "target not standardised", wide=True)
def _(s):
    return (s.native, {}) if s.material(np.zeros(len(s.best))) else None


@bug("another data set's prior", "another data set's prior", loss=("softmax", "sigmoid"))
def _(s):
    n = len(s.best)
    if s.task.loss == "softmax":
        bias = np.log(s.random.dirichlet(np.full(n, 0.5)) + 1e-3)
    else:
        p = np.where(s.random.random(n) < 0.5, 0.02, 0.9)
        bias = np.log(p / (1 - p))
    return (s.z + bias, {}) if s.material(bias) else None


@bug("wrong sign of the bias", "wrong sign", loss=("softmax", "sigmoid"))
def _(s):
    return (s.z - s.best, {}) if s.material(-s.best) else None


@bug("classes in another order", "labels shifted or permuted", loss=("softmax",))
def _(s):
    bias = -np.sort(-s.best)
    return (s.z + bias, {}) if s.material(bias) else None


@bug("labels shifted by one", "labels shifted or permuted", loss=("softmax",))
def _(s):
    bias = np.roll(s.best, 1)
    return (s.z + bias, {}) if s.material(bias) else None


@bug("weighted training, unweighted bias", "weighted training with unweighted prior", loss=("softmax",))
def _(s):
    weighted = np.mean(-np.log(softmax(s.best[None])[0])) > 1.1 * np.log(len(s.best))
    return (s.right, {"options": {"classWeights": "balanced"}}) if weighted else None


@bug("log p on a sigmoid", "wrong link", loss=("sigmoid",))
def _(s):
    bias = np.log(sigmoid(s.best))
    return (s.z + bias, {}) if s.material(bias) else None


# the link
@bug("softmax before the loss", "softmax applied twice", loss=("softmax",), wide=True)
def _(s):
    return softmax(s.right), {"given": "outputs"}


@bug("double softmax, seen as predictions", "softmax applied twice", loss=("softmax",), wide=True)
def _(s):
    if s.task.is_even:
        return None  # a softmax of nearly equal numbers looks like outputs that vary less, and starts where it should
    return softmax(softmax(s.right)), {"given": "predictions"}


@bug("softmax missing", "softmax missing", loss=("softmax",))
def _(s):
    return s.right, {"given": "predictions"}


@bug("softmax over the batch", "wrong link", loss=("softmax",))
def _(s):
    return softmax(s.right.T).T, {"given": "outputs"}


@bug("sigmoid before BCE with logits", "sigmoid applied twice", loss=("sigmoid",))
def _(s):
    return sigmoid(s.right), {"given": "outputs"}


@bug("sigmoid missing", "sigmoid missing", loss=("sigmoid",))
def _(s):
    # all values between 0 and 1 by chance are probabilities as well as outputs
    return (s.right, {"given": "predictions"}) if s.right.min() < 0 or s.right.max() > 1 else None


@bug("softmax on a single output", "wrong link", loss=("sigmoid",))
def _(s):
    return (np.ones_like(s.z), {"given": "predictions"}) if s.z.shape[1] == 1 else None


@bug("ReLU on the outputs", "wrong activation", "dead or saturated outputs", loss=("softmax", "squared-error"))
def _(s):
    cut = np.maximum(s.native, 0)
    # visible where something is cut off and something is left
    share = (cut == 0).mean()
    cut = np.abs(cut)
    return (cut, {"given": "outputs"}) if 0.02 < share < 0.98 and (s.task.is_even or s.task.loss == "softmax") else None


@bug("sigmoid on the outputs", "wrong activation", loss=("softmax", "squared-error"))
def _(s):
    return (sigmoid(s.native), {"given": "outputs"}) if s.task.loss == "softmax" or np.min(s.task.labels) < 0 else None


# labels
@bug("labels counted from 1", "labels shifted or permuted", loss=("softmax",))
def _(s):
    full = len(np.unique(s.labels)) == s.z.shape[1]
    return (s.right, {"labels": s.labels + 1, "counts": None}) if full else None


# size and shape
@bug("outputs times 100", "outputs too large", loss=("softmax", "sigmoid", "squared-error"))
def _(s):
    return (100 * s.z + s.best, {}) if s.z.std(0).max() > 0.1 else None


@bug("last kernel N(0, 1)", "outputs too large", loss=("softmax", "sigmoid"))
def _(s):
    if s.features is None or np.mean(s.features**2) * s.features.shape[1] < 36:
        return None
    return s.features @ s.random.standard_normal((s.features.shape[1], s.z.shape[1])) + s.best, {}


@bug("one unit copied", "identical units", loss=("softmax",))
def _(s):
    return (s.z[:, :1] + s.best[None], {}) if np.ptp(s.z[:, 0]) > 1e-4 else None


@bug("dead layer before the output layer", "input-independent outputs")
def _(s):
    # seen where the constant is not what a right bias gives
    z = np.repeat(s.z[:1], len(s.z), 0)
    return (z + s.best, {}) if s.material(z[0] + s.best) else None


@bug("NaN in the outputs", "NaN or infinity")
def _(s):
    made = s.right.copy()
    made[7 % len(made), 0] = np.nan
    return made, {}


@bug("inputs 0 to 255", "inputs not scaled", "outputs too large")
def _(s):
    if s.raw is None or s.raw.std() < 3 * max(s.z.std(), 0.5):
        return None  # normalisation hides it
    return s.raw + s.best, {"data": "raw"}


@bug("inputs scaled twice", "inputs scaled twice", "input-independent outputs")
def _(s):
    if s.twice is None or s.twice.std(0).mean() > 0.33 * s.z.std(0).mean() or s.twice.std(0).mean() > 0.1:
        return None
    return s.twice + s.best, {"data": "twice"}


# the reported loss
def reported(name, *causes, loss=("softmax", "sigmoid", "squared-error"), wide=False):
    def add(make):
        def told(s):
            value = make(s, losses(s.task.loss, s.right, s.labels)[s.kept])
            return None if value is None else (s.right, {"given": "outputs", **(value if isinstance(value, dict) else {"reported": value})})

        BUGS.append((name, causes, loss, wide, told))
        return make

    return add


@reported("sum for mean", "wrong reduction", wide=True)
def _(s, rows):
    return rows.sum() if s.z.shape[1] == 1 or s.task.loss == "softmax" else None


@reported("not divided by 8 micro-steps", "wrong reduction")
def _(s, rows):
    return {"reported": 8 * rows.mean(), "accumulate": 8}


@reported("not divided by 8 micro-steps, untold", "wrong reduction")
def _(s, rows):
    return 8 * rows.mean()


@reported("flipped sign", "wrong sign")
def _(s, rows):
    return -rows.mean() if rows.mean() > 0.05 else None


@reported("squared error of probabilities", "wrong loss", "wrong link", loss=("softmax", "sigmoid"))
def _(s, rows):
    if s.task.loss == "softmax":
        return np.mean((softmax(s.right) - np.eye(s.z.shape[1])[s.labels.astype(int)]) ** 2)
    return np.mean((sigmoid(s.right) - np.reshape(s.labels, s.z.shape)) ** 2)


@reported("label smoothing that was not told", "label smoothing differs", loss=("softmax",))
def _(s, rows):
    value = smoothed(s.right, s.labels).mean()
    return value if abs(value - rows.mean()) > 0.01 * rows.mean() else None


@reported("label smoothing that the program ignores", "label smoothing differs", loss=("softmax",))
def _(s, rows):
    value = smoothed(s.right, s.labels).mean()
    return {"reported": rows.mean(), "options": {"labelSmoothing": 0.1}} if abs(value - rows.mean()) > 0.01 * rows.mean() else None


@reported("tokens summed, sequences averaged", "wrong reduction", loss=("softmax",), wide=True)
def _(s, rows):
    return rows.sum() / (len(s.z) / s.task.places) if s.task.places > 1 else None


@reported("padding counted in the loss", "padding counted", loss=("softmax",), wide=True)
def _(s, rows):
    return losses("softmax", s.right, s.labels).mean() if s.task.pad is not None else None


@reported("ignored places (-100) counted in the mean", "padding counted", loss=("softmax",), wide=True)
def _(s, rows):
    if s.task.pad is None:
        return None
    labels = np.where(s.kept, s.labels, -100)
    return {"reported": rows.sum() / len(s.z), "labels": labels, "ignoreIndex": -100}
