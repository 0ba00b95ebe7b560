"""The networks of docs/networks.md: small sizes of the architectures that people train."""
import torch
import torch.nn.functional as F
from torch import nn

from exportNetworks import network


def image(n=4, c=3, size=32):
    return torch.randn(n, c, size, size)


@network()
def mlp():
    return nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 5)), [torch.randn(8, 10)]


@network("dynamo")
def mlp_dynamo():
    return mlp()


@network()
def mlp_batchnorm_dropout():
    return nn.Sequential(
        nn.Linear(10, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 5)
    ), [torch.randn(8, 10)]


@network("dynamo, not optimised")
def mlp_batchnorm_dropout_dynamo():
    return mlp_batchnorm_dropout()


@network()
def cnn_batchnorm():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(256, 10),
    ), [image(4, 3, 16)]


@network("dynamo, not optimised")
def cnn_batchnorm_dynamo():
    return cnn_batchnorm()
