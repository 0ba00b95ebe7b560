"""Makes the networks and data of docs/compare.md: `python scripts/compareExamples.py FOLDER`.

The data are made up from a seed; the networks are untrained and exported by PyTorch in training mode.
Written with torch 2.13, onnxscript 0.7, numpy 2.4 and Pillow 12.
"""

import csv
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(1)
torch.manual_seed(1)


def export(network, inputs, name):
    """Exports in training mode, with any number of rows."""
    batch = torch.export.Dim("batch", min=2, max=4096)
    torch.onnx.export(
        network.train(),
        inputs,
        folder / f"{name}.onnx",
        dynamo=True,
        optimize=False,
        external_data=False,
        dynamic_shapes=tuple({0: batch} for _ in inputs),
    )


def photos():
    """A CNN on a folder of images: three shapes, one of them rare."""
    pixels = np.mgrid[0:24, 0:24]
    for name, count in [("circle", 500), ("cross", 60), ("square", 240)]:
        (folder / "shapes" / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            y, x = random.integers(8, 16, 2)
            size = random.integers(4, 7)
            dy, dx = np.abs(pixels[0] - y), np.abs(pixels[1] - x)
            inside = {
                "circle": dy**2 + dx**2 <= size**2,
                "square": np.maximum(dy, dx) <= size,
                "cross": (np.minimum(dy, dx) <= 1) & (np.maximum(dy, dx) <= size),
            }[name]
            image = 90 + 50 * inside[..., None] + random.normal(0, 55, (24, 24, 3))
            Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).save(folder / "shapes" / name / f"{i:04}.png")
    network = nn.Sequential(
        nn.Conv2d(3, 12, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(12, 24, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, 3),
    )  # fmt: skip
    export(network, (torch.zeros(4, 3, 24, 24),), "cnn")


def churn():
    """An MLP with batch normalisation and dropout on a table with categories, one positive in a hundred."""
    rows = 12_000
    plan = random.choice(["basic", "family", "premium"], rows, p=[0.6, 0.3, 0.1])
    region = random.choice(["north", "south", "east", "west"], rows)
    months, calls = random.gamma(2, 12, rows), random.poisson(1.5, rows)
    fee = np.where(random.random(rows) < 0.04, np.nan, random.normal(30, 8, rows))
    score = -6.1 + 0.9 * (plan == "basic") - 0.03 * months + 0.7 * calls + 0.02 * np.nan_to_num(fee - 30)
    churned = random.random(rows) < 1 / (1 + np.exp(-score))
    with open(folder / "churn.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["plan", "region", "months", "calls", "fee", "churned"])
        for row in zip(plan, region, months.round(1), calls, fee.round(2), churned.astype(int), strict=True):
            writer.writerow(["" if isinstance(cell, float) and np.isnan(cell) else cell for cell in row])
    network = nn.Sequential(
        nn.Linear(11, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(32, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1),
    )  # fmt: skip
    export(network, (torch.zeros(4, 11),), "mlp")


class Transformer(nn.Module):
    """Predicts the next character at each place."""

    def __init__(self, characters, length, width=32):
        super().__init__()
        self.embedding = nn.Embedding(characters, width)
        self.position = nn.Parameter(0.02 * torch.randn(length, width))
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.qkv, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.head = nn.Linear(width, characters)
        self.register_buffer("mask", torch.full((length, length), -1e9).triu(1))

    def forward(self, tokens):
        x = self.embedding(tokens) + self.position
        q, k, v = self.qkv(self.norm1(x)).chunk(3, -1)
        weights = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5 + self.mask).softmax(-1)
        x = x + self.projection(weights @ v)
        x = x + self.mlp(self.norm2(x))
        return self.head(self.norm3(x))


def names():
    """A small transformer on text: made-up names of syllables with unequal frequencies."""
    starts, ends = ["ma", "jo", "an", "el", "ka", "li", "ro", "sa", "zo", "xi"], ["n", "na", "a", "la", "ie", "s", ""]
    common = 1 / np.arange(1, 11)
    lines = {
        "".join(random.choice(starts, random.integers(1, 3), p=common / common.sum())) + random.choice(ends)
        for _ in range(6000)
    }
    lines = sorted(lines)
    (folder / "words.txt").write_text("\n".join(lines) + "\n")
    characters = len(set("".join(lines))) + 1
    length = max(map(len, lines)) + 1
    export(Transformer(characters, length), (torch.zeros(4, length, dtype=torch.int64),), "transformer")
    return len(lines), characters, length


class UNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.down2 = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU())
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.last = nn.Sequential(nn.Conv2d(16, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, classes, 1))

    def forward(self, image):
        a = self.down1(image)
        b = self.down2(nn.functional.max_pool2d(a, 2))
        return self.last(torch.cat([a, self.up(b)], 1))


def cells():
    """A U-Net with a label for each pixel: mostly background, cells with a small nucleus."""
    count, size = 300, 32
    pixels = np.mgrid[0:size, 0:size]
    images, labels = np.zeros((count, 1, size, size), np.float32), np.zeros((count, size, size), np.uint8)
    for i in range(count):
        for _ in range(random.integers(1, 4)):
            y, x = random.integers(5, size - 5, 2)
            distance = np.hypot(pixels[0] - y, pixels[1] - x)
            labels[i][distance < 5] = 1
            labels[i][distance < 2] = 2
        images[i, 0] = np.array([0.0, 0.6, 1.1])[labels[i]] + random.normal(0, 0.5, (size, size))
    np.save(folder / "cells.npy", images)
    np.save(folder / "masks.npy", labels)
    export(UNet(3), (torch.zeros(4, 1, size, size),), "unet")


def claims():
    """A Poisson regression of counts on a table."""
    rows = 6000
    age, power = random.uniform(18, 80, rows), random.gamma(3, 20, rows)
    city = random.choice(["yes", "no"], rows, p=[0.4, 0.6])
    rate = np.exp(-2.6 + 0.8 * (age < 25) + 0.006 * power + 0.4 * (city == "yes"))
    counts = random.poisson(rate)
    with open(folder / "claims.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["age", "power", "city", "claims"])
        writer.writerows(zip(age.round(1), power.round(1), city, counts, strict=True))
    network = nn.Sequential(nn.Linear(4, 24), nn.Tanh(), nn.Linear(24, 1))
    export(network, (torch.zeros(4, 4),), "poisson")


if __name__ == "__main__":
    photos()
    churn()
    print("words, characters, length:", *names())
    cells()
    claims()
