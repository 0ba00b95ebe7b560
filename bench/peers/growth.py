"""A training step of the original network at another size, under TensorFlow or PyTorch, for bench/growth.mjs.

    python growth.py tensorflow|pytorch '{"batch": 64, "side": 64, "classes": 10, "depth": 0}'

One thread, float32 images in memory, RMSprop. Prints the least processor time of several steps, in milliseconds, and the
peak of memory, in bytes.
"""

import json
import resource
import sys
import time

import numpy as np


def tensorflow_step(batch, side, classes, depth):
    from notebook_tensorflow import TensorFlow

    network = TensorFlow(1).build(np.zeros(classes, np.float32), side, depth)
    return lambda: network.train_on_batch(*batch)


def pytorch_step(batch, side, classes, depth):
    from notebook_pytorch import PyTorch

    framework = PyTorch(1)
    torch = framework.torch
    network = framework.build(np.zeros(classes, np.float32), side, depth)
    images, labels = framework.tensor(batch[0]), torch.from_numpy(batch[1])

    def step():
        network.optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        network.optimizer.step()

    return step


def main():
    framework, line = sys.argv[1], json.loads(sys.argv[2])
    size = [line[name] for name in ("side", "classes", "depth")]
    random = np.random.default_rng(1)
    images = random.random((line["batch"], line["side"], line["side"], 3), np.float32)
    batch = images, random.integers(0, line["classes"], line["batch"])
    step = {"tensorflow": tensorflow_step, "pytorch": pytorch_step}[framework](batch, *size)
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
