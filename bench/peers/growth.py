"""A training step of the original network at another size, under TensorFlow or PyTorch, for bench/growth.mjs.

    python growth.py tensorflow|pytorch '{"batch": 64, "side": 64, "classes": 10, "depth": 0}'

One thread, float32 images in memory, RMSprop. Prints the least processor time of several steps, in milliseconds, and the
peak of memory, in bytes.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np


def tensorflow_step(side, classes, depth, images, labels):
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    layers = keras.layers
    deeper = [layers.Conv2D(64, 3, padding="same", activation="relu") for _ in range(depth)]
    network = keras.Sequential(
        [
            layers.Input((side, side, 3)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            *deeper,
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ]
    )
    network.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy")
    return lambda: network.train_on_batch(images, labels)


def pytorch_step(side, classes, depth, images, labels):
    import torch
    from torch import nn

    torch.set_num_threads(1)
    deeper = [part for _ in range(depth) for part in (nn.Conv2d(64, 64, 3, padding=1), nn.ReLU())]
    network = nn.Sequential(
        *(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(), *deeper, nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(64), nn.ReLU(), nn.Linear(64, classes)),
    )
    x = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    y = torch.from_numpy(labels)
    network(x[:1])
    optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-3, alpha=0.9, eps=1e-7)

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), y).backward()
        optimizer.step()

    return step


def main():
    framework, line = sys.argv[1], json.loads(sys.argv[2])
    size = [line[name] for name in ("side", "classes", "depth")]
    random = np.random.default_rng(1)
    images = random.random((line["batch"], line["side"], line["side"], 3), np.float32)
    labels = random.integers(0, line["classes"], line["batch"])
    step = {"tensorflow": tensorflow_step, "pytorch": pytorch_step}[framework](*size, images, labels)
    for _ in range(3):
        step()
    times = []
    while len(times) < 5 or (len(times) < 40 and sum(times) < 4):
        before = time.process_time()
        step()
        times.append(time.process_time() - before)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"milliseconds": min(times) * 1000, "rows": line["batch"], "peakBytes": peak}))


main()
