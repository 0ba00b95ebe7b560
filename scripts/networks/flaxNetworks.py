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


def group_norm_residual_net(_, rngs):
    def half(width):
        return [nnx.GroupNorm(width, 8, rngs=rngs), nnx.relu, nnx.Conv(width, width, (3, 3), rngs=rngs)]

    def block(before, after):
        return [Residual(*half(before), *half(before)), nnx.Conv(before, after, (3, 3), 2, rngs=rngs)]

    stem = nnx.Conv(3, 32, (3, 3), rngs=rngs)
    return Sequence(stem, *block(32, 32), *block(32, 64), *block(64, 64), nnx.GroupNorm(64, 8, rngs=rngs), nnx.relu, mean_pool)


def strided_cnn(activation, kernel_init, norm=None):
    def make(_, rngs):
        layers, before = [], 3
        for filters in [24, 48, 96]:
            conv = nnx.Conv(before, filters, (3, 3), 2, kernel_init=kernel_init, rngs=rngs)
            layers, before = [*layers, conv, *([norm(filters, rngs)] if norm else []), activation], filters
        return Sequence(*layers, mean_pool)

    return make


def separable_cnn(_, rngs):
    def block(before, after):
        deep = nnx.Conv(before, before, (3, 3), 2, feature_group_count=before, use_bias=False, rngs=rngs)
        return [deep, nnx.Conv(before, after, (1, 1), use_bias=False, rngs=rngs), nnx.BatchNorm(after, rngs=rngs), nnx.relu6]

    return Sequence(nnx.Conv(3, 32, (3, 3), rngs=rngs), nnx.relu6, *block(32, 64), *block(64, 128), *block(128, 128), mean_pool)


def drawn_mlp(widths, activation, kernel_init):
    def make(shape, rngs):
        sizes = zip([shape[0], *widths], widths)
        return Sequence(*[layer for a, b in sizes for layer in [nnx.Linear(a, b, kernel_init=kernel_init, rngs=rngs), activation]])

    return make


def gated_mlp(shape, rngs):
    return Sequence(nnx.Linear(shape[0], 128, rngs=rngs), nnx.glu, nnx.Linear(64, 128, rngs=rngs), nnx.glu)


def bidirectional(cell):
    last = lambda x: x[:, -1]
    one = lambda rngs: nnx.RNN(cell(32, 32, rngs=rngs))
    return lambda _, rngs: Sequence(nnx.Embed(64, 32, rngs=rngs), nnx.Bidirectional(one(rngs), one(rngs), rngs=rngs), last)


def text_cnn(_, rngs):
    largest = lambda x: x.max(axis=1)
    return Sequence(nnx.Embed(64, 32, rngs=rngs), nnx.Conv(32, 64, (5,), rngs=rngs), nnx.relu, largest, nnx.Linear(64, 64, rngs=rngs), nnx.relu)


draw = nnx.initializers
# held out: made after the check's rules had been changed by what it said of BODIES
FRESH = {
    "residual net, group norm": ("image", SIGNED, True, group_norm_residual_net),
    "CNN, swish, layer norm": ("image", UNIT, True, cnn(nnx.swish, layer_norm)),
    "separable CNN, batch norm": ("image", SIGNED, True, separable_cnn),
    "strided CNN, He normal": ("image", UNIT, False, strided_cnn(nnx.relu, draw.he_normal())),
    "strided CNN, ELU, Glorot uniform": ("image", SIGNED, False, strided_cnn(nnx.elu, draw.glorot_uniform())),
    "strided CNN, batch norm, fan out": (
        "image", UNIT, True, strided_cnn(nnx.leaky_relu, draw.variance_scaling(2.0, "fan_out", "normal"), batch_norm),
    ),
    "MLP, gated linear units": ("table", None, False, gated_mlp),
    "MLP, ReLU, He normal": ("table", None, False, drawn_mlp([128] * 3, nnx.relu, draw.he_normal())),
    "MLP, tanh, orthogonal": ("table", None, False, drawn_mlp([64] * 2, nnx.tanh, draw.orthogonal(2**0.5))),
    "MLP, softplus, Glorot uniform": ("table", None, False, drawn_mlp([64] * 2, nnx.softplus, draw.glorot_uniform())),
    "MLP, GELU, fan average": ("table", None, False, drawn_mlp([200] * 2, nnx.gelu, draw.variance_scaling(1.0, "fan_avg", "truncated_normal"))),
    "bidirectional GRU": ("text", None, False, bidirectional(nnx.GRUCell)),
    "Elman RNN": ("text", None, False, recurrent(nnx.SimpleCell)),
    "text CNN": ("text", None, False, text_cnn),
}
FRESH_SIMPLE = {
    "image": ["strided CNN, He normal", "strided CNN, ELU, Glorot uniform"],
    "table": ["MLP, ReLU, He normal", "MLP, gated linear units"],
    "text": ["bidirectional GRU", "Elman RNN"],
}

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
