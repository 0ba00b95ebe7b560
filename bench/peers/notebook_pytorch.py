"""The original experiment in PyTorch, channels last (its faster layout on a CPU)."""

import experiment
import numpy as np


class PyTorch:
    def __init__(self, threads):
        import torch

        if threads is not None:
            torch.set_num_threads(threads)
        self.torch = torch
        self.versions = {"torch": torch.__version__}

    def build(self, output_bias, side=32, depth=0):
        nn = self.torch.nn
        deeper = [part for _ in range(depth) for part in (nn.Conv2d(64, 64, 3, padding=1), nn.ReLU())]
        last = ((side - 2) // 2 - 2) // 2 - 2
        network = nn.Sequential(
            nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3), nn.ReLU(), *deeper, nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),
            nn.Linear(64 * last * last, 64), nn.ReLU(), nn.Linear(64, len(output_bias)),
        ).to(memory_format=self.torch.channels_last)  # fmt: skip
        network.output_bias = self.torch.from_numpy(output_bias)
        self.restart(network)
        return network

    def restart(self, network):
        nn = self.torch.nn
        for layer in network:
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)
        with self.torch.no_grad():
            network[-1].bias.copy_(network.output_bias)
        # alpha is Keras's rho; epsilon is added outside the root here, which changes nothing about the time.
        network.optimizer = self.torch.optim.RMSprop(network.parameters(), lr=1e-3, alpha=0.9, eps=1e-7)

    def tensor(self, images):
        """A channels-last (N, 3, 32, 32) view of images (N, 32, 32, 3), without a copy."""
        return self.torch.from_numpy(images).permute(0, 3, 1, 2)

    def predict(self, network, images):
        with self.torch.inference_mode():
            batches = self.tensor(images).split(experiment.BATCH_SIZE)
            return np.concatenate([network(batch).softmax(1).numpy() for batch in batches])

    def fit(self, network, images, labels, on_batch):
        torch = self.torch
        pixels, classes = self.tensor(images), torch.from_numpy(labels)
        total = rows = 0
        for chosen in torch.randperm(len(classes)).split(experiment.BATCH_SIZE):
            batch = pixels[chosen].contiguous(memory_format=torch.channels_last)
            network.optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(network(batch), classes[chosen])
            loss.backward()
            network.optimizer.step()
            total, rows = total + loss.item() * len(chosen), rows + len(chosen)
            on_batch(total / rows)


if __name__ == "__main__":
    experiment.run(PyTorch, __doc__)
