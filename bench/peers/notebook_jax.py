"""The original experiment in JAX and optax, the step compiled by jit."""

import os
import sys

import experiment
import numpy as np


class Jax:
    def __init__(self, threads):
        if threads == 1:
            # XLA takes its thread count when it starts: from this flag, and from the cores it may run on.
            flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
            os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()
            os.environ["NPROC"] = "1"
        elif threads is not None and threads != len(os.sched_getaffinity(0)):
            sys.exit(f"JAX takes 1 thread or one a core ({len(os.sched_getaffinity(0))}), not {threads}")
        import jax
        import jax.numpy as jnp
        import optax

        self.jax, self.jnp = jax, jnp
        self.versions = {"jax": jax.__version__, "optax": optax.__version__}
        optimizer = optax.rmsprop(1e-3, decay=0.9, eps=1e-7, eps_in_sqrt=True)
        self.initial_state = optimizer.init

        def logits(parameters, images):
            x = images
            for layer, (kernel, bias) in enumerate(parameters[:3]):
                dimensions = ("NHWC", "HWIO", "NHWC")
                x = jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=dimensions)
                x = jax.nn.relu(x + bias)
                if layer < 2:
                    window = (1, 2, 2, 1)
                    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
            (hidden, hidden_bias), (output, output_bias) = parameters[3:]
            x = jax.nn.relu(x.reshape(len(x), -1) @ hidden + hidden_bias)
            return x @ output + output_bias

        def mean_loss(parameters, images, labels):
            return optax.softmax_cross_entropy_with_integer_labels(logits(parameters, images), labels).mean()

        def step(parameters, state, images, labels):
            loss, gradient = jax.value_and_grad(mean_loss)(parameters, images, labels)
            updates, state = optimizer.update(gradient, state)
            return optax.apply_updates(parameters, updates), state, loss

        self.step = jax.jit(step, donate_argnums=(0, 1))
        self.probabilities = jax.jit(lambda parameters, images: jax.nn.softmax(logits(parameters, images)))

    def build(self, output_bias):
        network = {"output_bias": output_bias, "seed": 0}
        self.restart(network)
        return network

    def restart(self, network):
        keys = self.jax.random.split(self.jax.random.key(network["seed"]), 5)
        shapes = [(3, 3, 3, 32), (3, 3, 32, 64), (3, 3, 64, 64), (64 * 4 * 4, 64), (64, 10)]
        glorot = self.jax.nn.initializers.glorot_uniform()
        parameters = [(glorot(key, shape), self.jnp.zeros(shape[-1])) for key, shape in zip(keys, shapes)]
        parameters[-1] = (parameters[-1][0], self.jnp.array(network["output_bias"]))
        network["parameters"], network["state"] = parameters, self.initial_state(parameters)

    def predict(self, network, images):
        batches = np.split(images, range(experiment.BATCH_SIZE, len(images), experiment.BATCH_SIZE))
        return np.concatenate([self.probabilities(network["parameters"], batch) for batch in batches])

    def fit(self, network, images, labels, on_batch):
        order = np.random.permutation(len(labels))
        total = 0.0
        for start in range(0, len(order), experiment.BATCH_SIZE):
            chosen = order[start : start + experiment.BATCH_SIZE]
            network["parameters"], network["state"], loss = self.step(
                network["parameters"], network["state"], images[chosen], labels[chosen]
            )
            total += float(loss) * len(chosen)
            on_batch(total / (start + len(chosen)))


if __name__ == "__main__":
    experiment.run(Jax, __doc__)
