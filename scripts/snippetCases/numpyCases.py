"""Losses in NumPy: scikit-learn's, and for heads that no framework here has, the formula of their papers by hand."""
import math

import numpy as np
from sklearn import metrics

framework, packages = "numpy", ["numpy", "scikit-learn"]
zero = "pass"


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def picked(values, y):
    return values[np.arange(len(y)), y]


def categorical_hinge(z, y):
    others = np.where(np.eye(z.shape[1], dtype=bool)[y], -np.inf, z).max(-1)
    return np.mean(np.maximum(0, 1 + others - picked(z, y)))


def focal(z, y):
    p = sigmoid(z[:, 0])
    return np.mean(np.where(y == 1, -((1 - p) ** 2) * np.log(p), -(p**2) * np.log(1 - p)))


def negative_binomial(z, y):
    mean, r = np.exp(z[:, 0]), np.exp(z[:, 1])
    choose = [math.lgamma(k + s) - math.lgamma(s) - math.lgamma(k + 1) for k, s in zip(y.tolist(), r.tolist())]
    return np.mean(-np.array(choose) - r * np.log(r / (r + mean)) - y * np.log(mean / (r + mean)))


def margin(of):
    """A loss of s z with s = -1 or 1."""
    return lambda z, y: np.mean(of((2 * y - 1) * z[:, 0]))


def residual(of):
    return lambda z, y: np.mean(of(z[:, 0] - y))


one = lambda loss: lambda z, y: loss(y, z[:, 0])
cases = {
    # scikit-learn's metrics take predictions
    "sklearn.linear_model.LogisticRegression": ("classes", lambda z, y: metrics.log_loss(y, softmax(z), labels=range(10)), 1),
    "sklearn.ensemble.HistGradientBoostingClassifier": ("binary", lambda z, y: metrics.log_loss(y, sigmoid(z[:, 0]), labels=[0, 1]), 1),
    "sklearn.metrics.hinge_loss": ("even", lambda z, y: metrics.hinge_loss(y, z[:, 0], labels=[0, 1]), 1),
    "sklearn.ensemble.HistGradientBoostingRegressor(loss='squared_error')": ("numbers", lambda z, y: metrics.mean_squared_error(y, z[:, 0]) / 2, 1),
    "sklearn.ensemble.HistGradientBoostingRegressor(loss='absolute_error')": ("numbers", one(metrics.mean_absolute_error), 1),
    "sklearn.metrics.mean_pinball_loss": ("numbers", one(metrics.mean_pinball_loss), 1),
    "sklearn.metrics.mean_absolute_percentage_error": ("numbers", one(metrics.mean_absolute_percentage_error), 1),
    "sklearn.metrics.mean_squared_log_error": ("positive", lambda z, y: metrics.mean_squared_log_error(y, np.maximum(z[:, 0], 1e-7)), 1),
    # by hand
    "binary-focal": ("binary", focal, 1),
    "categorical-focal": ("classes", lambda z, y: np.mean(-((1 - picked(softmax(z), y)) ** 2) * np.log(picked(softmax(z), y))), 1),
    "generalized-cross-entropy": ("classes", lambda z, y: np.mean((1 - picked(softmax(z), y) ** 0.5) / 0.5), 1),
    "poly-1": ("classes", lambda z, y: np.mean(-np.log(picked(softmax(z), y)) + 2 * (1 - picked(softmax(z), y))), 1),
    "brier": ("classes", lambda z, y: np.mean(((softmax(z) - np.eye(10)[y]) ** 2).sum(-1)), 1),
    "squared-hinge": ("binary", margin(lambda m: np.maximum(0, 1 - m) ** 2), 1),
    "exponential": ("binary", margin(lambda m: np.exp(-m)), 1),
    "categorical-hinge": ("majority", categorical_hinge, 1),
    "huber": ("numbers", residual(lambda r: np.where(abs(r) <= 1, r**2 / 2, abs(r) - 0.5)), 1),
    "log-cosh": ("numbers", residual(lambda r: np.log(np.cosh(r))), 1),
    "expectile": ("numbers", residual(lambda r: abs(0.5 - (r > 0)) * r**2), 1),
    "fair": ("numbers", residual(lambda r: abs(r) - np.log(1 + abs(r))), 1),
    "pseudo-huber": ("numbers", residual(lambda r: np.sqrt(1 + r**2) - 1), 1),
    "poisson": ("counted", lambda z, y: np.mean(np.exp(z[:, 0]) - y * z[:, 0]), 1),
    "gamma": ("positive", lambda z, y: np.mean(z[:, 0] + y * np.exp(-z[:, 0])), 1),
    "tweedie": ("amounts", lambda z, y: np.mean(np.exp(0.5 * z[:, 0]) / 0.5 + y * np.exp(-0.5 * z[:, 0]) / 0.5), 1),
    "negative-binomial": ("counted", negative_binomial, 2),
    "gaussian-nll": ("numbers", lambda z, y: np.mean((z[:, 1] + (z[:, 0] - y) ** 2 / np.exp(z[:, 1])) / 2), 2),
    "laplace-nll": ("numbers", lambda z, y: np.mean(z[:, 1] + abs(z[:, 0] - y) / np.exp(z[:, 1])), 2),
    "cosine-similarity": ("directions", lambda z, y: np.mean(-(z * y).sum(-1) / np.linalg.norm(z, axis=-1)), 1),
}


def names(case, x, y, outputs, seed):
    random = np.random.default_rng(seed)
    sizes = [x.shape[1], 64, 64, outputs]
    # the Glorot uniform rule
    kernels = [random.uniform(-1, 1, (a, b)) * (6 / (a + b)) ** 0.5 for a, b in zip(sizes, sizes[1:])]
    features = lambda x: np.maximum(np.maximum(x @ kernels[0], 0) @ kernels[1], 0)
    return {"features": features, "kernel": kernels[2], "loss_fn": case[1], "x": x, "y": y}
