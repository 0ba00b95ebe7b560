"""Networks for bench/networks.mjs: writes them as ONNX, or times PyTorch's own step of one, in milliseconds of processor time.

Usage: python networks_pytorch.py export FOLDER
       python networks_pytorch.py time NAME STEPS [compiled]
A step: forward, mean squared difference of the output from a target, backward, gradient descent; one thread; eager, or the
loss by torch.compile.
"""
import json
import sys
import time
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")


def images(n, size=32):
    return torch.randn(n, 3, size, size)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        block = lambda a, b: nn.Sequential(  # noqa: E731
            nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.Conv2d(b, b, 3, padding=1), nn.ReLU()
        )
        self.down1, self.down2, self.bottom = block(3, 16), block(16, 32), block(32, 64)
        self.rise2, self.rise1 = nn.ConvTranspose2d(64, 32, 2, 2), nn.ConvTranspose2d(32, 16, 2, 2)
        self.up2, self.up1, self.output = block(64, 32), block(32, 16), nn.Conv2d(16, 4, 1)

    def forward(self, x):
        one = self.down1(x)
        two = self.down2(nn.functional.max_pool2d(one, 2))
        three = self.bottom(nn.functional.max_pool2d(two, 2))
        two = self.up2(torch.cat([two, self.rise2(three)], 1))
        return self.output(self.up1(torch.cat([one, self.rise1(two)], 1)))


class LastOfLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.lstm, self.output = nn.Embedding(100, 64), nn.LSTM(64, 128, batch_first=True), nn.Linear(128, 10)

    def forward(self, x):
        return self.output(self.lstm(self.embedding(x))[0][:, -1])


class Residual(nn.Module):
    """The basic block of ResNet-18."""

    def __init__(self, a, b, stride):
        super().__init__()
        conv = lambda a, b, stride: nn.Conv2d(a, b, 3, stride, 1, bias=False)  # noqa: E731
        self.body = nn.Sequential(conv(a, b, stride), nn.BatchNorm2d(b), nn.ReLU(), conv(b, b, 1), nn.BatchNorm2d(b))
        short = [nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b)]
        self.short = nn.Identity() if a == b else nn.Sequential(*short)

    def forward(self, x):
        return torch.relu(self.body(x) + self.short(x))


def resnet18():
    widths = [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    blocks = [Residual(*width) for width in widths]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class Inverted(nn.Module):
    """The block of MobileNetV2: 1x1, depthwise 3x3, 1x1."""

    def __init__(self, a, b, stride, expansion):
        super().__init__()
        inner = a * expansion
        self.skip = stride == 1 and a == b
        wide = [nn.Conv2d(a, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU6()] if expansion > 1 else []
        deep = [nn.Conv2d(inner, inner, 3, stride, 1, groups=inner, bias=False), nn.BatchNorm2d(inner), nn.ReLU6()]
        self.body = nn.Sequential(*wide, *deep, nn.Conv2d(inner, b, 1, bias=False), nn.BatchNorm2d(b))

    def forward(self, x):
        return x + self.body(x) if self.skip else self.body(x)


def mobilenetv2():
    layers, width = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU6()], 32
    stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for expansion, channels, count, stride in stages:
        for i in range(count):
            layers.append(Inverted(width, channels, stride if i == 0 else 1, expansion))
            width = channels
    head = [nn.Conv2d(320, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, *head, nn.Linear(1280, 10))


class ChannelsLastNorm(nn.Module):
    """Layer normalisation over the channels of N x C x H x W."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNextBlock(nn.Module):
    """Depthwise 7x7, then two 1x1 as products, scaled, and added."""

    def __init__(self, width):
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.mlp = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.scale = nn.Parameter(1e-6 * torch.ones(width))

    def forward(self, x):
        return x + (self.scale * self.mlp(self.depthwise(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)


def convnext_atto():
    layers, before = [], 3
    for depth, width in [(2, 40), (2, 80), (6, 160), (2, 320)]:
        size = 4 if before == 3 else 2
        norm = [] if before == 3 else [ChannelsLastNorm(before)]
        layers += [*norm, nn.Conv2d(before, width, size, size)]
        layers += [ChannelsLastNorm(width)] if before == 3 else []
        layers += [ConvNextBlock(width) for _ in range(depth)]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(320), nn.Linear(320, 10))


class Block(nn.Module):
    """A transformer's block, normalised first (ViT) or last (BERT)."""

    def __init__(self, width, heads, normalised_first):
        super().__init__()
        self.heads, self.normalised_first = heads, normalised_first
        self.qkv, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def attention(self, x):
        n, length, width = x.shape
        q, k, v = self.qkv(x).reshape(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) * (width // self.heads) ** -0.5, -1)
        return self.projection((weights @ v).transpose(1, 2).reshape(n, length, width))

    def forward(self, x):
        if self.normalised_first:
            x = x + self.attention(self.norm1(x))
            return x + self.mlp(self.norm2(x))
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.mlp(x))


class VitTiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 192, 4, 4)
        self.position = nn.Parameter(0.02 * torch.randn(1, 64, 192))
        self.blocks = nn.Sequential(*[Block(192, 3, True) for _ in range(12)], nn.LayerNorm(192))
        self.output = nn.Linear(192, 10)

    def forward(self, x):
        return self.output(self.blocks(self.patches(x).flatten(2).transpose(1, 2) + self.position).mean(1))


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.position = nn.Embedding(1000, 128), nn.Parameter(0.02 * torch.randn(1, 32, 128))
        self.blocks = nn.Sequential(nn.LayerNorm(128), *[Block(128, 4, False) for _ in range(4)])
        self.output = nn.Linear(128, 10)

    def forward(self, x):
        return self.output(self.blocks(self.embedding(x) + self.position)[:, 0])


def mlp():
    layers = []
    for a, b in [(64, 256), (256, 256), (256, 256)]:
        layers += [nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(256, 10))


NETWORKS = {
    "resnet18": lambda: (resnet18(), images(32)),
    "mobilenetv2": lambda: (mobilenetv2(), images(32)),
    "convnext_atto": lambda: (convnext_atto(), images(32, 64)),
    "vit_tiny": lambda: (VitTiny(), images(32)),
    "bert_4_layers": lambda: (Bert(), torch.randint(0, 1000, (32, 32))),
    "unet": lambda: (UNet(), images(32)),
    "mlp_batchnorm": lambda: (mlp(), torch.randn(128, 64)),
    "lstm": lambda: (LastOfLstm(), torch.randint(0, 100, (32, 32))),
}


def made(name):
    torch.manual_seed(0)
    model, x = NETWORKS[name]()
    return model.train(), x


def export(folder):
    old_exporter = {"dynamo": False} if int(torch.__version__.split(".")[0]) > 1 else {}
    for name in NETWORKS:
        model, x = made(name)
        torch.onnx.export(
            model, (x,), f"{folder}/{name}.onnx", input_names=["x"], opset_version=17,
            training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False, **old_exporter,
        )
        print(name, file=sys.stderr)


def times(name, steps, compiled):
    model, x = made(name)
    with torch.no_grad():
        target = torch.randn_like(model(x))
    loss = lambda: nn.functional.mse_loss(model(x), target)  # noqa: E731
    if compiled:
        loss = torch.compile(loss)
    optimizer = torch.optim.SGD(model.parameters(), 0.001)
    result = []
    for _ in range(steps):
        start = time.process_time()
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        result.append(1000 * (time.process_time() - start))
    return {"version": torch.__version__, "milliseconds": result}


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1] == "export":
        export(sys.argv[2])
    else:
        print(json.dumps(times(sys.argv[2], int(sys.argv[3]), "compiled" in sys.argv[4:])))
