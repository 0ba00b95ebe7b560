"""Untrained Flax (NNX) networks with the initialisers that the modules have by default."""
import importlib.metadata

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

NAME = "Flax"
VERSION = f"Flax {flax.__version__} on JAX {jax.__version__}, Optax {importlib.metadata.version('optax')}"
UNIT = lambda x: x.astype(np.float32) / 255
SIGNED = lambda x: x.astype(np.float32) / 127.5 - 1


class Sequence(nnx.Module):
    def __init__(self, *layers):
        self.layers = nnx.List(layers)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Residual(nnx.Module):
    def __init__(self, *layers):
        self.inner = Sequence(*layers)

    def __call__(self, x):
        return x + self.inner(x)


flat = lambda x: x.reshape(len(x), -1)
mean_pool = lambda x: x.mean(axis=tuple(range(1, x.ndim - 1)))
max_pool = lambda x: nnx.max_pool(x, (2, 2), (2, 2))


def mlp(widths, activation, norm=None):
    def make(shape, rngs):
        layers, before = [], shape[0]
        for width in widths:
            layers += [nnx.Linear(before, width, rngs=rngs), *([norm(width, rngs)] if norm else []), activation]
            before = width
        return Sequence(*layers)

    return make


def cnn(activation, norm=None, pool=max_pool):
    def make(_, rngs):
        layers, before = [], 3
        for filters in [24, 48, 48]:
            layers += [nnx.Conv(before, filters, (3, 3), rngs=rngs), *([norm(filters, rngs)] if norm else []), activation, pool]
            before = filters
        return Sequence(*layers, flat, nnx.Linear(768, 64, rngs=rngs), activation)

    return make


def conv_mixer(_, rngs):
    def block():
        deep = nnx.Conv(48, 48, (5, 5), feature_group_count=48, rngs=rngs)
        return [Residual(deep, nnx.gelu, nnx.BatchNorm(48, rngs=rngs)), nnx.Conv(48, 48, (1, 1), rngs=rngs), nnx.gelu, nnx.BatchNorm(48, rngs=rngs)]

    stem = [nnx.Conv(3, 48, (4, 4), 4, rngs=rngs), nnx.gelu, nnx.BatchNorm(48, rngs=rngs)]
    return Sequence(*stem, *block(), *block(), *block(), mean_pool)


def transformer_block(width, rngs):
    attention = nnx.MultiHeadAttention(4, width, decode=False, rngs=rngs)
    wide = [nnx.Linear(width, 2 * width, rngs=rngs), nnx.gelu, nnx.Linear(2 * width, width, rngs=rngs)]
    return [Residual(nnx.LayerNorm(width, rngs=rngs), attention), Residual(nnx.LayerNorm(width, rngs=rngs), *wide)]


def patch_transformer(_, rngs):
    blocks = [layer for _ in range(3) for layer in transformer_block(64, rngs)]
    tokens = lambda x: x.reshape(len(x), -1, 64)
    return Sequence(nnx.Conv(3, 64, (4, 4), 4, rngs=rngs), tokens, *blocks, nnx.LayerNorm(64, rngs=rngs), mean_pool)


class Mixer(nnx.Module):
    """MLP-Mixer's layer: a perceptron over tokens, one over channels."""

    def __init__(self, tokens, width, rngs):
        self.norms = nnx.List([nnx.LayerNorm(width, rngs=rngs), nnx.LayerNorm(width, rngs=rngs)])
        self.over = nnx.List([nnx.Linear(tokens, 128, rngs=rngs), nnx.Linear(128, tokens, rngs=rngs)])
        self.within = nnx.List([nnx.Linear(width, 128, rngs=rngs), nnx.Linear(128, width, rngs=rngs)])

    def __call__(self, x):
        x = x + self.over[1](nnx.gelu(self.over[0](self.norms[0](x).swapaxes(1, 2)))).swapaxes(1, 2)
        return x + self.within[1](nnx.gelu(self.within[0](self.norms[1](x))))


def mlp_mixer(_, rngs):
    tokens = lambda x: x.reshape(len(x), -1, 64)
    return Sequence(nnx.Conv(3, 64, (4, 4), 4, rngs=rngs), tokens, *[Mixer(64, 64, rngs) for _ in range(3)], nnx.LayerNorm(64, rngs=rngs), mean_pool)


def residual_mlp(shape, rngs):
    block = lambda: Residual(nnx.LayerNorm(64, rngs=rngs), nnx.Linear(64, 128, rngs=rngs), nnx.gelu, nnx.Linear(128, 64, rngs=rngs))
    return Sequence(nnx.Linear(shape[0], 64, rngs=rngs), *[block() for _ in range(4)], nnx.LayerNorm(64, rngs=rngs))


def recurrent(cell):
    last = lambda x: x[:, -1]
    return lambda _, rngs: Sequence(nnx.Embed(64, 32, rngs=rngs), nnx.RNN(cell(32, 48, rngs=rngs)), last)


def text_transformer(_, rngs):
    blocks = [layer for _ in range(2) for layer in transformer_block(64, rngs)]
    return Sequence(nnx.Embed(64, 64, rngs=rngs), *blocks, nnx.LayerNorm(64, rngs=rngs), mean_pool)


batch_norm = lambda width, rngs: nnx.BatchNorm(width, rngs=rngs)
layer_norm = lambda width, rngs: nnx.LayerNorm(width, rngs=rngs)
dropout = lambda rate: lambda _, rngs: nnx.Dropout(rate, rngs=rngs)
BODIES = {
    "CNN, ReLU": ("image", UNIT, False, cnn(nnx.relu)),
    "CNN, swish, mean pooling": ("image", SIGNED, False, cnn(nnx.swish, None, lambda x: nnx.avg_pool(x, (2, 2), (2, 2)))),
    "CNN, batch norm": ("image", UNIT, True, cnn(nnx.relu, batch_norm)),
    "ConvMixer": ("image", SIGNED, True, conv_mixer),
    "MLP-Mixer": ("image", SIGNED, True, mlp_mixer),
    "patch transformer": ("image", SIGNED, True, patch_transformer),
    "MLP, ReLU": ("table", None, False, mlp([64, 64], nnx.relu)),
    "MLP, tanh": ("table", None, False, mlp([32] * 4, nnx.tanh)),
    "MLP, SELU": ("table", None, False, mlp([50] * 5, nnx.selu)),
    "MLP, GELU, layer norm": ("table", None, True, mlp([128] * 3, nnx.gelu, layer_norm)),
    "MLP, ReLU, batch norm": ("table", None, True, mlp([64] * 3, nnx.relu, batch_norm)),
    "MLP, ReLU, dropout": ("table", None, False, mlp([256] * 2, nnx.relu, dropout(0.5))),
    "residual MLP, layer norm": ("table", None, True, residual_mlp),
    "linear": ("table", None, False, lambda _, __: Sequence()),
    "mean embedding": ("text", None, False, lambda _, rngs: Sequence(nnx.Embed(64, 32, rngs=rngs), mean_pool)),
    "LSTM": ("text", None, False, recurrent(nnx.OptimizedLSTMCell)),
    "GRU": ("text", None, False, recurrent(nnx.GRUCell)),
    "transformer": ("text", None, True, text_transformer),
}
SIMPLE = {"image": ["CNN, ReLU", "CNN, swish, mean pooling"], "table": ["MLP, ReLU", "MLP, tanh"], "text": ["GRU", "LSTM"]}

INITIALISERS = {
    "ones": nnx.initializers.ones_init(), "zeros": nnx.initializers.zeros_init(), "constant": nnx.initializers.constant(0.05),
    "normal 1": nnx.initializers.normal(1.0), "normal 10": nnx.initializers.normal(10.0),
}


def redraw(model, initialiser, seed):
    """As if each module had been given another kernel_init (and embedding_init)."""
    for i, (path, parameter) in enumerate(nnx.iter_graph(model)):
        if isinstance(parameter, nnx.Param) and path[-1] in ["kernel", "embedding"]:
            parameter[...] = INITIALISERS[initialiser](jax.random.key(1000 * seed + i), parameter.shape, jnp.float32)


def features(name, x, seed, training, initialiser=None):
    """What the network gives its last layer, N x F."""
    model = BODIES[name][3](x.shape[1:], nnx.Rngs(seed))
    if initialiser:
        redraw(model, initialiser, seed)
    model.train() if training else model.eval()
    return np.asarray(model(jnp.asarray(x)))


def head(made, units, seed, bias=None, activation=None, initialiser=None):
    more = {"kernel_init": INITIALISERS[initialiser]} if initialiser else {}
    layer = nnx.Linear(made.shape[1], units, rngs=nnx.Rngs(seed + 10_000), **more)
    if bias is not None:
        layer.bias[...] = jnp.asarray(bias, jnp.float32)
    activations = {
        None: lambda z: z, "softmax": jax.nn.softmax, "softmax over the batch": lambda z: jax.nn.softmax(z, axis=0),
        "sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu, "tanh": jnp.tanh, "exp": jnp.exp,
    }
    return np.asarray(activations[activation](layer(jnp.asarray(made))))


def loss(name, given, outputs, labels, reduction="mean"):
    """What Optax's loss gives, over the batch; None where it has none that takes this."""
    found = {
        "softmax": optax.softmax_cross_entropy_with_integer_labels, "sigmoid": optax.sigmoid_binary_cross_entropy,
        "squared-error": optax.squared_error, "huber": optax.huber_loss,
    }.get(name)
    if found is None or given != "outputs":
        return None
    z = jnp.asarray(outputs)
    y = jnp.asarray(labels) if name == "softmax" else jnp.asarray(labels, jnp.float32).reshape(z.shape)
    each = found(z, y)
    return float(each.mean() if reduction == "mean" else each.sum())
