"""PyTorch's losses. A case: the kind of labels, labels as a tensor, the loss of (outputs, labels), outputs a label."""
import torch
from networks import torchNetworks  # noqa: F401  makes torchvision importable beside any PyTorch
from torch import nn
from torch.nn import functional as F

framework, packages = "pytorch", ["torch", "torchvision"]
zero = "with torch.no_grad(): layer.bias.copy_(bias)"
column = lambda y: torch.tensor(y).float().reshape(len(y), -1)


def focal(z, y):
    from torchvision.ops import sigmoid_focal_loss
    return sigmoid_focal_loss(z, y, reduction="mean")


cases = {
    "torch.nn.CrossEntropyLoss": ("classes", torch.tensor, nn.CrossEntropyLoss(), 1),
    "torch.nn.NLLLoss": ("classes", torch.tensor, lambda z, y: nn.NLLLoss()(F.log_softmax(z, -1), y), 1),
    "torch.nn.KLDivLoss": ("classes", lambda y: F.one_hot(torch.tensor(y), 10).float(), lambda z, y: nn.KLDivLoss()(F.log_softmax(z, -1), y), 1),
    "torch.nn.BCEWithLogitsLoss": ("binary", column, nn.BCEWithLogitsLoss(), 1),
    "torch.nn.BCELoss": ("binary", column, lambda z, y: nn.BCELoss()(torch.sigmoid(z), y), 1),
    "torch.nn.MultiLabelSoftMarginLoss": ("binary", column, nn.MultiLabelSoftMarginLoss(), 1),
    "torch.nn.SoftMarginLoss": ("binary", lambda y: 2 * column(y) - 1, nn.SoftMarginLoss(), 1),
    "torchvision.ops.sigmoid_focal_loss": ("binary", column, focal, 1),
    "torch.nn.MSELoss": ("numbers", column, nn.MSELoss(), 1),
    "torch.nn.L1Loss": ("numbers", column, nn.L1Loss(), 1),
    "torch.nn.HuberLoss": ("numbers", column, nn.HuberLoss(), 1),
    "torch.nn.SmoothL1Loss": ("numbers", column, nn.SmoothL1Loss(), 1),
    "torch.nn.CosineEmbeddingLoss": ("directions", column, lambda z, y: nn.CosineEmbeddingLoss()(z, y, torch.ones(len(y))), 1),
    "torch.nn.PoissonNLLLoss": ("counted", column, nn.PoissonNLLLoss(), 1),
    "torch.nn.GaussianNLLLoss": ("numbers", column, lambda z, y: nn.GaussianNLLLoss()(z[:, :1], y, z[:, 1:].clamp(min=1e-6)), 2),
}


def names(case, x, y, outputs, seed):
    """What the lines need: an untrained network with two hidden layers, the batch, and the loss."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, outputs))
    return {"model": model, "x": torch.tensor(x), "y": case[1](y), "criterion": case[2]}
