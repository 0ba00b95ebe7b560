"""Keras's losses. A case: the kind of labels, labels as an array, the loss that the model is compiled with, the last activation, outputs a label."""
import keras
import numpy as np

framework, packages = "keras", ["keras"]
zero = "layer.bias.assign(bias)"
L, column = keras.losses, lambda y: np.asarray(y, "float32").reshape(len(y), -1)
one_hot = lambda y: np.eye(10, dtype="float32")[y]
sign = lambda y: 2 * column(y) - 1
cases = {
    "keras.losses.SparseCategoricalCrossentropy": ("classes", np.asarray, L.SparseCategoricalCrossentropy(), "softmax"),
    "keras.losses.CategoricalCrossentropy": ("classes", one_hot, L.CategoricalCrossentropy(), "softmax"),
    "keras.losses.KLDivergence": ("classes", one_hot, L.KLDivergence(), "softmax"),
    "keras.losses.CategoricalFocalCrossentropy": ("classes", one_hot, L.CategoricalFocalCrossentropy(), "softmax"),
    "keras.losses.CategoricalGeneralizedCrossEntropy": ("classes", np.asarray, L.CategoricalGeneralizedCrossEntropy(), "softmax"),
    "keras.losses.CategoricalHinge": ("majority", lambda y: np.eye(4, dtype="float32")[y], L.CategoricalHinge(), None),
    "keras.losses.BinaryCrossentropy": ("binary", column, L.BinaryCrossentropy(), "sigmoid"),
    "keras.losses.BinaryFocalCrossentropy": ("binary", column, L.BinaryFocalCrossentropy(), "sigmoid"),
    "keras.losses.Hinge": ("even", sign, L.Hinge(), None),
    "keras.losses.SquaredHinge": ("binary", sign, L.SquaredHinge(), None),
    "keras.losses.MeanSquaredError": ("numbers", column, L.MeanSquaredError(), None),
    "keras.losses.MeanAbsoluteError": ("numbers", column, L.MeanAbsoluteError(), None),
    "keras.losses.Huber": ("numbers", column, L.Huber(), None),
    "keras.losses.LogCosh": ("numbers", column, L.LogCosh(), None),
    "keras.losses.MeanAbsolutePercentageError": ("numbers", column, L.MeanAbsolutePercentageError(), None),
    "keras.losses.MeanSquaredLogarithmicError": ("positive", column, L.MeanSquaredLogarithmicError(), None),
    "keras.losses.Poisson": ("counted", column, L.Poisson(), None),
    "keras.losses.CosineSimilarity": ("directions", column, L.CosineSimilarity(), None),
}


def names(case, x, y, outputs, seed):
    keras.utils.set_random_seed(seed)
    hidden = [keras.layers.Dense(64, "relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((x.shape[1],)), *hidden, keras.layers.Dense(outputs, activation=case[3])])
    model.compile(loss=case[2])
    return {"model": model, "x": x, "y": case[1](y)}
