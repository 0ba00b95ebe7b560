"""optax's losses, whose means are taken here. A case: the kind of labels, labels as an array, the loss of (outputs, labels)."""
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

packages = ["jax", "optax", "flax"]
column = lambda y: np.asarray(y, "float32").reshape(len(y), -1)
one_hot = lambda y: np.eye(10, dtype="float32")[y]
mean = lambda loss: lambda z, y: loss(z, y).mean()
cases = {
    "optax.softmax_cross_entropy_with_integer_labels": ("classes", np.asarray, mean(optax.softmax_cross_entropy_with_integer_labels)),
    "optax.softmax_cross_entropy": ("classes", one_hot, mean(optax.softmax_cross_entropy)),
    "optax.kl_divergence": ("classes", one_hot, lambda z, y: optax.kl_divergence(jax.nn.log_softmax(z), y).mean()),
    "optax.poly_loss_cross_entropy": ("classes", one_hot, mean(optax.losses.poly_loss_cross_entropy)),
    "optax.multiclass_hinge_loss": ("majority", np.asarray, mean(optax.losses.multiclass_hinge_loss)),
    "optax.sigmoid_binary_cross_entropy": ("binary", column, mean(optax.sigmoid_binary_cross_entropy)),
    "optax.sigmoid_focal_loss": ("binary", column, mean(optax.sigmoid_focal_loss)),
    "optax.hinge_loss": ("even", lambda y: 2 * column(y) - 1, mean(optax.hinge_loss)),
    "optax.l2_loss": ("numbers", column, mean(optax.l2_loss)),
    "optax.squared_error": ("numbers", column, mean(optax.squared_error)),
    "optax.huber_loss": ("numbers", column, mean(optax.huber_loss)),
    "optax.log_cosh": ("numbers", column, mean(optax.log_cosh)),
    "optax.cosine_distance": ("directions", column, mean(optax.cosine_distance)),
}


class Jax:
    framework, packages, cases = "jax", packages, cases
    zero = 'params["output"]["bias"] = bias'

    @staticmethod
    def names(case, x, y, outputs, seed):
        random = np.random.default_rng(seed)
        sizes = [x.shape[1], 64, 64, outputs]
        layers = [
            # the Glorot uniform rule
            {"kernel": random.uniform(-1, 1, (a, b)).astype("float32") * (6 / (a + b)) ** 0.5, "bias": np.zeros(b, "float32")}
            for a, b in zip(sizes, sizes[1:])
        ]
        params = dict(zip(["hidden", "hidden2", "output"], layers))

        def apply(params, x):
            for layer in ["hidden", "hidden2"]:
                x = jax.nn.relu(x @ params[layer]["kernel"] + params[layer]["bias"])
            return x @ params["output"]["kernel"] + params["output"]["bias"]
        return {"params": params, "apply": apply, "loss_fn": case[2], "x": x, "y": jnp.asarray(case[1](y))}


class Model(nnx.Module):
    def __init__(self, width, outputs, rngs):
        self.hidden = nnx.Linear(width, 64, rngs=rngs)
        self.hidden2 = nnx.Linear(64, 64, rngs=rngs)
        self.output = nnx.Linear(64, outputs, rngs=rngs)

    def __call__(self, x):
        return self.output(jax.nn.relu(self.hidden2(jax.nn.relu(self.hidden(x)))))


class Flax:
    framework, packages, cases = "flax", packages, cases
    zero = "model.output.bias[...] = bias"

    @staticmethod
    def names(case, x, y, outputs, seed):
        return {"model": Model(x.shape[1], outputs, nnx.Rngs(seed)), "loss_fn": case[2], "x": x, "y": jnp.asarray(case[1](y))}
