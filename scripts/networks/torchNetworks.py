"""Untrained PyTorch networks with the initialisers that the modules have by default; torchvision's where it is installed."""
import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)


def load_torchvision():
    """torchvision's models, also where its compiled operators (for detection) do not fit this torch."""
    operators = ["nms", "qnms"] + [
        f"{start}{name}{end}"
        for name in ["roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "deform_conv2d"]
        for start, end in [("", ""), ("_", "_backward")]
    ]
    for name in operators:
        torch.library.define(f"torchvision::{name}", "(Tensor x) -> Tensor")
    import torchvision

    return torchvision


torchvision = load_torchvision()
NAME = "PyTorch"
VERSION = f"PyTorch {torch.__version__} with torchvision {torchvision.__version__}"

MEAN, DEVIATION = np.array([0.4914, 0.4822, 0.4465]), np.array([0.247, 0.2435, 0.2616])
UNIT = lambda x: (x / 255).astype(np.float32)
NORMALISED = lambda x: ((x / 255 - MEAN) / DEVIATION).astype(np.float32)


def vision(name, **options):
    """A model of torchvision without its last linear layer."""

    def make(_):
        model = getattr(torchvision.models, name)(num_classes=10, **options)
        linear = [(path, module) for path, module in model.named_modules() if isinstance(module, nn.Linear)][-1][0]
        parent, _, last = linear.rpartition(".")
        setattr(model.get_submodule(parent), last, nn.Identity())
        return model

    return make


def residual(inner):
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = inner()

        def forward(self, x):
            return x + self.inner(x)

    return Residual


class PatchTransformer(nn.Module):
    """A small ViT: patches of 4 x 4, mean over tokens."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 64, 4, 4)
        self.positions = nn.Parameter(0.02 * torch.randn(1, 64, 64))
        layer = nn.TransformerEncoderLayer(64, 4, 128, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 3, nn.LayerNorm(64), enable_nested_tensor=False)

    def forward(self, x):
        return self.encoder(self.patches(x).flatten(2).transpose(1, 2) + self.positions).mean(1)


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.embedding = nn.Embedding(64, 32)
        self.recurrent = kind(32, 48, batch_first=True, **options)

    def forward(self, x):
        return self.recurrent(self.embedding(x))[0][:, -1]


class TextTransformer(nn.Module):
    def __init__(self, norm_first):
        super().__init__()
        self.embedding, self.positions = nn.Embedding(64, 64), nn.Embedding(24, 64)
        layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, norm_first=norm_first)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x):
        return self.encoder(self.embedding(x) + self.positions.weight).mean(1)


def cnn(activation, norm=None):
    def make(_):
        layers, before = [], 3
        for filters in [24, 48, 48]:
            layers += [nn.Conv2d(before, filters, 3, padding=1), *([norm(filters)] if norm else []), activation(), nn.MaxPool2d(2)]
            before = filters
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(768, 64), activation())

    return make


def mlp(widths, activation, *more):
    def make(shape):
        layers, before = [], shape[0]
        for width in widths:
            layers += [nn.Linear(before, width), *[one(width) for one in more], activation()]
            before = width
        return nn.Sequential(*layers)

    return make


residual_block = residual(lambda: nn.Sequential(nn.LayerNorm(64), nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 64)))
IMAGE, TABLE, TEXT = ("image", NORMALISED), ("table", None), ("text", None)
BODIES = {
    "resnet18": (*IMAGE, True, vision("resnet18")),
    "resnext50_32x4d": (*IMAGE, True, vision("resnext50_32x4d")),
    "mobilenet_v2": (*IMAGE, True, vision("mobilenet_v2")),
    "mobilenet_v3_small": (*IMAGE, True, vision("mobilenet_v3_small")),
    "densenet121": (*IMAGE, True, vision("densenet121")),
    "shufflenet_v2_x1_0": (*IMAGE, True, vision("shufflenet_v2_x1_0")),
    "regnet_y_400mf": (*IMAGE, True, vision("regnet_y_400mf")),
    "convnext_tiny": (*IMAGE, True, vision("convnext_tiny")),
    "vgg11": (*IMAGE, False, vision("vgg11")),
    "patch transformer": (*IMAGE, True, lambda _: PatchTransformer()),
    "CNN, ReLU": (*IMAGE, False, cnn(nn.ReLU)),
    "CNN, SiLU": ("image", UNIT, False, cnn(nn.SiLU)),
    "CNN, group norm": (*IMAGE, True, cnn(nn.ReLU, lambda filters: nn.GroupNorm(8, filters))),
    "MLP, ReLU": (*TABLE, False, mlp([64, 64], nn.ReLU)),
    "MLP, tanh": (*TABLE, False, mlp([32] * 4, nn.Tanh)),
    "MLP, leaky ReLU, batch norm": (*TABLE, True, mlp([128] * 3, nn.LeakyReLU, nn.BatchNorm1d)),
    "MLP, ELU, dropout": (*TABLE, False, mlp([200] * 2, nn.ELU, lambda _: nn.Dropout(0.3))),
    "residual MLP, layer norm": (*TABLE, True, lambda s: nn.Sequential(nn.Linear(s[0], 64), *[residual_block() for _ in range(4)])),
    "linear": (*TABLE, False, lambda _: nn.Identity()),
    "mean embedding": (*TEXT, False, lambda _: nn.EmbeddingBag(64, 32)),
    "LSTM": (*TEXT, False, lambda _: Recurrent(nn.LSTM)),
    "two GRUs": (*TEXT, False, lambda _: Recurrent(nn.GRU, num_layers=2)),
    "transformer, norm first": (*TEXT, True, lambda _: TextTransformer(True)),
    "transformer, norm last": (*TEXT, True, lambda _: TextTransformer(False)),
}
SIMPLE = {"image": ["CNN, ReLU", "CNN, SiLU"], "table": ["MLP, ReLU", "MLP, tanh"], "text": ["two GRUs", "LSTM"]}



class TextCnn(nn.Module):
    """Kim 2014: filters of three widths, the largest of each over the text."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(64, 32)
        self.filters = nn.ModuleList([nn.Conv1d(32, 32, width) for width in [3, 4, 5]])
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        letters = self.embedding(x).transpose(1, 2)
        return self.dropout(torch.cat([torch.relu(one(letters)).amax(2) for one in self.filters], 1))


def drawn(make, kernel):
    """A network whose kernels are drawn by a function of `nn.init`, with biases of 0."""

    def made(shape):
        model = make(shape)
        for module in model.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d)):
                kernel(module.weight)
                nn.init.zeros_(module.bias)
        return model

    return made


def strided_cnn(activation):
    layers = lambda: [layer for a, b in [(3, 24), (24, 48), (48, 96)] for layer in [nn.Conv2d(a, b, 3, 2, 1), activation()]]
    return lambda _: nn.Sequential(*layers(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def le_net(_):
    """LeNet-5 for three channels."""
    convolutions = [nn.Conv2d(3, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)]
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh())


def gated_mlp(shape):
    return nn.Sequential(nn.Linear(shape[0], 128), nn.GLU(), nn.Linear(64, 128), nn.GLU())


lecun_normal = lambda kernel: nn.init.kaiming_normal_(kernel, nonlinearity="linear")
kaiming_normal = lambda kernel: nn.init.kaiming_normal_(kernel, nonlinearity="relu")
# held out: made after the check's rules had been changed by what it said of BODIES
FRESH = {
    "vgg11_bn": (*IMAGE, True, vision("vgg11_bn")),
    "efficientnet_b0": (*IMAGE, True, vision("efficientnet_b0")),
    "mnasnet0_5": (*IMAGE, True, vision("mnasnet0_5")),
    "swin_t": (*IMAGE, True, vision("swin_t")),
    "CNN, instance norm": (*IMAGE, True, cnn(nn.ReLU, lambda filters: nn.InstanceNorm2d(filters, affine=True))),
    "strided CNN, Hardswish": (*IMAGE, False, strided_cnn(nn.Hardswish)),
    "LeNet, Xavier uniform": ("image", UNIT, False, drawn(le_net, nn.init.xavier_uniform_)),
    "MLP, Mish": (*TABLE, False, mlp([100] * 3, nn.Mish)),
    "MLP, gated linear units": (*TABLE, False, gated_mlp),
    "MLP, ReLU, Kaiming normal": (*TABLE, False, drawn(mlp([128] * 3, nn.ReLU), kaiming_normal)),
    "MLP, SELU, LeCun normal": (*TABLE, False, drawn(mlp([64] * 6, nn.SELU, lambda _: nn.AlphaDropout(0.05)), lecun_normal)),
    "bidirectional LSTM": (*TEXT, False, lambda _: Recurrent(nn.LSTM, bidirectional=True)),
    "Elman RNN": (*TEXT, False, lambda _: Recurrent(nn.RNN)),
    "text CNN": (*TEXT, False, lambda _: TextCnn()),
}
FRESH_SIMPLE = {
    "image": ["strided CNN, Hardswish", "LeNet, Xavier uniform"],
    "table": ["MLP, Mish", "MLP, ReLU, Kaiming normal"],
    "text": ["Elman RNN", "text CNN"],
}


def redraw(module, initialiser):
    """What `for p in model.parameters(): nn.init...(p)` does: kernels and biases alike."""
    for parameter in module.parameters():
        if initialiser == "normal 1":
            nn.init.normal_(parameter)
        elif initialiser == "normal 10":
            nn.init.normal_(parameter, std=10.0)
        else:
            nn.init.constant_(parameter, {"ones": 1.0, "zeros": 0.0, "constant": 0.05}[initialiser])


def features(name, x, seed, training, initialiser=None):
    """What the network gives its last layer, N x F."""
    torch.manual_seed(seed)
    model = BODIES[name][3](x.shape[1:]).train(training)
    if initialiser:
        redraw(model, initialiser)
    inputs = torch.tensor(np.moveaxis(x, 3, 1)) if x.ndim == 4 else torch.tensor(x)
    with torch.no_grad():
        return model(inputs).numpy()


def head(made, units, seed, bias=None, activation=None, initialiser=None):
    torch.manual_seed(seed + 10_000)
    layer = nn.Linear(made.shape[1], units)
    if initialiser:
        redraw(layer, initialiser)
    activations = {
        None: lambda z: z, "softmax": lambda z: z.softmax(1), "softmax over the batch": lambda z: z.softmax(0),
        "sigmoid": torch.sigmoid, "relu": torch.relu, "tanh": torch.tanh, "exp": torch.exp,
    }
    with torch.no_grad():
        if bias is not None:
            layer.bias.copy_(torch.tensor(bias))
        return activations[activation](layer(torch.tensor(made))).numpy()


def loss(name, given, outputs, labels, reduction="mean"):
    """What the framework's own loss gives; None where it has none that takes this."""
    found = {
        ("softmax", "outputs"): nn.CrossEntropyLoss,
        ("sigmoid", "outputs"): nn.BCEWithLogitsLoss,
        ("sigmoid", "predictions"): nn.BCELoss,
        ("squared-error", "outputs"): nn.MSELoss,
        ("absolute-error", "outputs"): nn.L1Loss,
        ("huber", "outputs"): nn.HuberLoss,
    }.get((name, given))
    if found is None:
        return None
    z = torch.tensor(outputs)
    y = torch.tensor(labels) if name == "softmax" else torch.tensor(labels, dtype=torch.float32).reshape(z.shape)
    return float(found(reduction=reduction)(z, y))
