"""Untrained Keras networks with the initialisers that the layers have by default."""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

tf.config.threading.set_intra_op_parallelism_threads(1)

NAME = "Keras"
VERSION = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"
BYTES = lambda x: x.astype(np.float32)
UNIT = lambda x: x.astype(np.float32) / 255
SIGNED = lambda x: x.astype(np.float32) / 127.5 - 1


def application(name, **options):
    return lambda shape: getattr(keras.applications, name)(
        include_top=False, weights=None, input_shape=shape, pooling="avg", **options
    )


def sequential(*make):
    """A network of layers made anew each time."""
    return lambda shape: keras.Sequential([keras.Input(shape), *[layer() for layer in make]])


def dense(units, activation="relu", **options):
    return lambda: L.Dense(units, activation, **options)


def conv(filters, activation="relu", **options):
    return lambda: L.Conv2D(filters, 3, padding="same", activation=activation, **options)


def residual_mlp(shape):
    x = inputs = keras.Input(shape)
    x = L.Dense(64)(x)
    for _ in range(4):
        x = x + L.Dense(64)(L.Dense(128, "gelu")(L.LayerNormalization()(x)))
    return keras.Model(inputs, L.LayerNormalization()(x))


def residual_cnn(shape):
    x = inputs = keras.Input(shape)
    x = L.Conv2D(16, 3, padding="same")(x)
    for filters in [16, 32, 64]:
        y = L.Conv2D(filters, 3, 2, padding="same")(L.ReLU()(L.BatchNormalization()(x)))
        y = L.Conv2D(filters, 3, padding="same")(L.ReLU()(L.BatchNormalization()(y)))
        x = L.Conv2D(filters, 1, 2)(x) + y
    return keras.Model(inputs, L.GlobalAveragePooling2D()(L.ReLU()(x)))


def transformer(shape):
    inputs = keras.Input(shape, dtype="int32")
    x = L.Embedding(64, 64)(inputs) + L.Embedding(shape[0], 64)(keras.ops.arange(shape[0]))
    for _ in range(2):
        y = L.LayerNormalization()(x)
        x = x + L.MultiHeadAttention(4, 16)(y, y)
        x = x + L.Dense(64)(L.Dense(128, "gelu")(L.LayerNormalization()(x)))
    return keras.Model(inputs, L.GlobalAveragePooling1D()(x))


embedding = lambda: L.Embedding(64, 32)

# kind, how images are fed, whether it normalises within, the network up to its last layer
BODIES = {
    "MobileNetV2": ("image", SIGNED, True, application("MobileNetV2")),
    "MobileNetV3Small": ("image", BYTES, True, application("MobileNetV3Small")),
    "EfficientNetB0": ("image", BYTES, True, application("EfficientNetB0")),
    "DenseNet121": ("image", UNIT, True, application("DenseNet121")),
    "ResNet50": ("image", SIGNED, True, application("ResNet50")),
    "ResNet50V2": ("image", SIGNED, True, application("ResNet50V2")),
    "ConvNeXtTiny": ("image", BYTES, True, application("ConvNeXtTiny")),
    "VGG16": ("image", UNIT, False, application("VGG16")),
    "pre-activation residual CNN": ("image", UNIT, True, residual_cnn),
    "CNN, max pooling, dropout": (
        "image", UNIT, False,
        sequential(conv(32), conv(32), L.MaxPool2D, lambda: L.Dropout(0.25), conv(64), L.MaxPool2D, L.Flatten, dense(128), lambda: L.Dropout(0.5)),
    ),
    "CNN, SELU": (
        "image", SIGNED, False,
        sequential(*[conv(24, "selu", kernel_initializer="lecun_normal", strides=2)] * 3, L.Flatten, lambda: L.AlphaDropout(0.1)),
    ),
    "MLP, ReLU": ("table", None, False, sequential(dense(64), dense(64))),
    "MLP, ReLU, dropout": ("table", None, False, sequential(dense(256), lambda: L.Dropout(0.5), dense(256), lambda: L.Dropout(0.5))),
    "MLP, SELU": ("table", None, False, sequential(*[dense(50, "selu", kernel_initializer="lecun_normal")] * 5)),
    "MLP, tanh": ("table", None, False, sequential(*[dense(32, "tanh")] * 4)),
    "MLP, swish, batch norm": ("table", None, True, sequential(*[dense(64, "swish"), L.BatchNormalization] * 3)),
    "residual MLP, layer norm": ("table", None, True, residual_mlp),
    "linear": ("table", None, False, sequential(L.Identity)),
    "mean embedding": ("text", None, False, sequential(embedding, L.GlobalAveragePooling1D)),
    "bidirectional LSTM": ("text", None, False, sequential(embedding, lambda: L.Bidirectional(L.LSTM(32)))),
    "two GRUs": ("text", None, False, sequential(embedding, lambda: L.GRU(48, return_sequences=True), lambda: L.GRU(48))),
    "1-D CNN": ("text", None, False, sequential(embedding, lambda: L.Conv1D(64, 5, activation="relu"), L.GlobalMaxPooling1D, dense(64))),
    "transformer": ("text", None, True, transformer),
}
# networks that bugs are put into; none of these normalises within
SIMPLE = {"image": ["CNN, max pooling, dropout", "CNN, SELU"], "table": ["MLP, ReLU", "MLP, tanh"], "text": ["two GRUs", "1-D CNN"]}



def attention_over_embeddings(shape):
    """A mean over letters with learned weights (Bahdanau et al. 2015)."""
    inputs = keras.Input(shape, dtype="int32")
    letters = L.Embedding(64, 48)(inputs)
    weights = L.Softmax(axis=1)(L.Dense(1)(L.Dense(32, "tanh")(letters)))
    return keras.Model(inputs, keras.ops.sum(weights * letters, 1))


def wide_and_deep(shape):
    inputs = keras.Input(shape)
    deep = L.Dense(64, "gelu", kernel_initializer="orthogonal")(L.Dense(64, "gelu", kernel_initializer="orthogonal")(inputs))
    return keras.Model(inputs, L.Concatenate()([inputs, deep]))


def separable(filters, strides):
    return [lambda: L.SeparableConv2D(filters, 3, strides, padding="same", use_bias=False), L.BatchNormalization, L.ReLU]


def grouped(filters):
    return [conv(filters, None), lambda: L.GroupNormalization(8), lambda: L.Activation("silu"), L.MaxPool2D]


he = {"kernel_initializer": "he_normal"}
# held out: made after the check's rules had been changed by what it said of BODIES
FRESH = {
    "MobileNet": ("image", SIGNED, True, application("MobileNet")),
    "NASNetMobile": ("image", SIGNED, True, application("NASNetMobile")),
    "EfficientNetV2B0": ("image", BYTES, True, application("EfficientNetV2B0")),
    "separable CNN, batch norm": (
        "image", UNIT, True,
        sequential(conv(32, "relu"), *separable(64, 2), *separable(128, 2), *separable(128, 2), L.GlobalAveragePooling2D),
    ),
    "CNN, group norm": ("image", UNIT, True, sequential(*grouped(32), *grouped(64), *grouped(64), L.Flatten, dense(64, "silu"))),
    "CNN, He normal": (
        "image", UNIT, False,
        sequential(conv(32, **he), L.MaxPool2D, conv(64, **he), L.MaxPool2D, conv(64, **he), L.Flatten, dense(64, **he)),
    ),
    "strided CNN, leaky ReLU": (
        "image", SIGNED, False,
        sequential(*[conv(48, "leaky_relu", strides=2)] * 3, L.GlobalAveragePooling2D),
    ),
    "MLP, ReLU, He normal": ("table", None, False, sequential(*[dense(128, **he)] * 3)),
    "MLP, PReLU": ("table", None, False, sequential(*[dense(64, None), L.PReLU] * 2)),
    "MLP, ReLU, He uniform, batch norm": (
        "table", None, True,
        sequential(*[dense(100, None, kernel_initializer="he_uniform"), L.BatchNormalization, L.ReLU] * 2),
    ),
    "wide and deep, orthogonal": ("table", None, False, wide_and_deep),
    "bidirectional GRU": ("text", None, False, sequential(embedding, lambda: L.Bidirectional(L.GRU(32)))),
    "LSTM, orthogonal": ("text", None, False, sequential(embedding, lambda: L.LSTM(64, kernel_initializer="orthogonal"))),
    "attention over embeddings": ("text", None, False, attention_over_embeddings),
}
FRESH_SIMPLE = {
    "image": ["CNN, He normal", "strided CNN, leaky ReLU"],
    "table": ["MLP, ReLU, He normal", "MLP, PReLU"],
    "text": ["bidirectional GRU", "LSTM, orthogonal"],
}


def redraw(model, initialiser, seed):
    """As if each layer had been given another kernel_initializer."""
    made = {"ones": keras.initializers.Ones(), "zeros": keras.initializers.Zeros(), "constant": keras.initializers.Constant(0.05)}
    for i, variable in enumerate(model.trainable_variables):
        if variable.name in ["kernel", "recurrent_kernel", "embeddings"]:
            initial = made.get(initialiser) or keras.initializers.RandomNormal(stddev=1.0, seed=1000 * seed + i)
            variable.assign(initial(variable.shape))


def features(name, x, seed, training, initialiser=None):
    """What the network gives its last layer, N x F."""
    keras.utils.set_random_seed(seed)
    model = BODIES[name][3](x.shape[1:])
    if initialiser:
        redraw(model, initialiser, seed)
    made = np.array(model(tf.constant(x), training=training))
    keras.backend.clear_session()
    return made


def head(made, units, seed, bias=None, activation=None, initialiser=None):
    keras.utils.set_random_seed(seed + 10_000)
    kernel = {
        None: "glorot_uniform", "ones": "ones", "zeros": "zeros", "constant": keras.initializers.Constant(0.05),
        "normal 1": keras.initializers.RandomNormal(stddev=1.0), "normal 10": keras.initializers.RandomNormal(stddev=10.0),
    }[initialiser]
    activations = {"softmax over the batch": lambda z: keras.activations.softmax(z, axis=0), "exp": keras.ops.exp}
    layer = L.Dense(
        units, activation=activations.get(activation, activation), kernel_initializer=kernel,
        bias_initializer="zeros" if bias is None else lambda shape, dtype=None: keras.ops.convert_to_tensor(bias, "float32"),
    )
    return np.array(layer(tf.constant(made)))


def loss(name, given, outputs, labels, reduction="mean"):
    """What the framework's own loss gives; None where it has none that takes this."""
    logits = given == "outputs"
    reduce = "sum_over_batch_size" if reduction == "mean" else "sum"
    losses = keras.losses
    found = {
        "softmax": lambda: losses.SparseCategoricalCrossentropy(from_logits=logits, reduction=reduce),
        "sigmoid": lambda: losses.BinaryCrossentropy(from_logits=logits, reduction=reduce),
        "squared-error": lambda: losses.MeanSquaredError(reduction=reduce),
        "absolute-error": lambda: losses.MeanAbsoluteError(reduction=reduce),
        "huber": lambda: losses.Huber(reduction=reduce),
    }.get(name)
    if found is None:
        return None
    y = labels if name == "softmax" or labels.ndim > 1 else labels[:, None]
    return float(found()(y, outputs))
