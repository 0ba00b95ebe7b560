"""The original notebook as a script, under TensorFlow and Keras 3, with the defaults that a notebook has."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import experiment


def hidden_layers(side=32, depth=0):
    """The layers before the output layer, for images of side x side; with `depth` more convolutions after the second."""
    from keras import layers

    return [
        layers.Input((side, side, 3)),
        layers.Conv2D(32, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(64, (3, 3), activation="relu"),
        *(layers.Conv2D(64, (3, 3), padding="same", activation="relu") for _ in range(depth)),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(64, (3, 3), activation="relu"),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
    ]


class TensorFlow:
    def __init__(self, threads):
        import keras
        import tensorflow

        if threads is not None:
            tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
            tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
        self.keras = keras
        self.versions = {"tensorflow": tensorflow.__version__, "keras": keras.__version__}

    def build(self, output_bias, side=32, depth=0):
        keras = self.keras
        bias = keras.initializers.Constant(output_bias)
        output = keras.layers.Dense(len(output_bias), activation="softmax", bias_initializer=bias)
        network = keras.Sequential([*hidden_layers(side, depth), output])
        network.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy")
        self.initial_weights = network.get_weights()
        return network

    def predict(self, network, images):
        return network.predict(images, verbose=0)

    def fit(self, network, images, labels, on_batch):
        record = self.keras.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: on_batch(logs["loss"]))
        network.fit(
            images, labels, batch_size=experiment.BATCH_SIZE, epochs=1, callbacks=[record], verbose=0
        )

    def restart(self, network):
        network.set_weights(self.initial_weights)
        for variable in network.optimizer.variables:
            if "velocity" in variable.path:
                variable.assign(self.keras.ops.zeros_like(variable))


if __name__ == "__main__":
    experiment.run(TensorFlow, __doc__)
