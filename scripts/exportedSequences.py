"""Recurrent, text and tabular networks for docs/networks.md, none of which the ops were made for: see exportNetworks.py."""

import torch
import torch.nn.functional as F
from exportedNetworks import tokens
from exportNetworks import network
from torch import nn


class Seq2seq(nn.Module):
    """An encoder whose last state starts the decoder, as in Sutskever et al. 2014."""

    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(40, 8), nn.Embedding(30, 8)
        self.encoder = nn.GRU(8, 12, batch_first=True)
        self.decoder = nn.GRU(8, 12, batch_first=True)
        self.output = nn.Linear(12, 30)

    def forward(self, source, target):
        _, state = self.encoder(self.source(source))
        return self.output(self.decoder(self.target(target), state)[0])


@network()
def seq2seq_gru():
    return Seq2seq(), [tokens(40, 4, 7), tokens(30, 4, 5)]


class LstmAttention(nn.Module):
    """A sequence-first LSTM, whose states are averaged by attention."""

    def __init__(self):
        super().__init__()
        self.layer = nn.LSTM(6, 10, num_layers=2, bidirectional=True)
        self.score, self.output = nn.Linear(20, 1), nn.Linear(20, 4)

    def forward(self, x):
        states = self.layer(x.transpose(0, 1))[0]
        weights = self.score(torch.tanh(states)).softmax(0)
        return self.output((weights * states).sum(0))


@network()
def lstm_attention():
    return LstmAttention(), [torch.randn(5, 9, 6)]


class Cells(nn.Module):
    """Cells in a loop of Python, which the exporter writes out."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.output = nn.LSTMCell(5, 8), nn.GRUCell(8, 8), nn.Linear(8, 2)

    def forward(self, x):
        h = c = g = x.new_zeros(x.shape[0], 8)
        for step in range(x.shape[1]):
            h, c = self.first(x[:, step], (h, c))
            g = self.second(h, g)
        return self.output(g)


@network()
def recurrent_cells():
    return Cells(), [torch.randn(6, 5, 5)]


class TextCnn(nn.Module):
    """Convolutions of several widths over words, and the maximum over time: Kim 2014."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(60, 16)
        self.convolutions = nn.ModuleList(nn.Conv1d(16, 8, width) for width in (2, 3, 4))
        self.dropout, self.output = nn.Dropout(0.5), nn.Linear(24, 3)

    def forward(self, x):
        x = self.embedding(x).transpose(1, 2)
        pooled = [F.relu(convolution(x)).max(2).values for convolution in self.convolutions]
        return self.output(self.dropout(torch.cat(pooled, 1)))


@network()
def text_cnn():
    return TextCnn(), [tokens(60, 6, 10)]


class MaskedMean(nn.Module):
    """The mean of the embeddings of real tokens; 0 fills up."""

    def __init__(self):
        super().__init__()
        self.embedding, self.output = nn.Embedding(60, 16), nn.Linear(16, 3)

    def forward(self, x):
        mask = (x != 7).unsqueeze(-1).float()
        return self.output((self.embedding(x) * mask).sum(1) / mask.sum(1).clamp(min=1))


@network()
def masked_mean():
    return MaskedMean(), [tokens(60, 6, 10)]


class Wavenet(nn.Module):
    """Dilated convolutions with gates and skip connections: van den Oord et al. 2016."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(1, 8, 1)
        self.gates = nn.ModuleList(nn.Conv1d(8, 16, 2, dilation=2**i) for i in range(3))
        self.skips = nn.ModuleList(nn.Conv1d(8, 8, 1) for _ in range(3))
        self.output = nn.Conv1d(8, 5, 1)

    def forward(self, x):
        x, skips = self.first(x), 0
        for i, (gate, skip) in enumerate(zip(self.gates, self.skips)):
            a, b = gate(F.pad(x, (2**i, 0))).chunk(2, 1)
            h = torch.tanh(a) * torch.sigmoid(b)
            x, skips = x + h, skips + skip(h)
        return self.output(F.relu(skips))


@network()
def wavenet():
    return Wavenet(), [torch.randn(3, 1, 16)]


class WideAndDeep(nn.Module):
    """A linear part beside an MLP with residual blocks: Cheng et al. 2016, Gorishniy et al. 2021."""

    def __init__(self):
        super().__init__()
        self.wide, self.first, self.output = nn.Linear(12, 1), nn.Linear(12, 16), nn.Linear(16, 1)
        block = lambda: nn.Sequential(  # noqa: E731
            nn.BatchNorm1d(16), nn.Linear(16, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 16), nn.Dropout(0.1)
        )
        self.blocks = nn.ModuleList(block() for _ in range(2))

    def forward(self, x):
        deep = self.first(x)
        for block in self.blocks:
            deep = deep + block(deep)
        return self.wide(x) + self.output(F.relu(deep))


@network()
def tabular_wide_and_deep():
    return WideAndDeep(), [torch.randn(16, 12)]


class FeatureTransformer(nn.Module):
    """A token for each column and one for the class: Gorishniy et al. 2021."""

    def __init__(self):
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.randn(8, 16)), nn.Parameter(torch.randn(8, 16))
        self.token = nn.Parameter(torch.randn(1, 1, 16))
        layer = nn.TransformerEncoderLayer(16, 2, 32, activation="gelu", norm_first=True, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.output = nn.Sequential(nn.LayerNorm(16), nn.ReLU(), nn.Linear(16, 3))

    def forward(self, x):
        tokens = x.unsqueeze(-1) * self.scale + self.shift
        tokens = torch.cat([self.token.expand(x.shape[0], -1, -1), tokens], 1)
        return self.output(self.encoder(tokens)[:, 0])


@network()
def tabular_transformer():
    return FeatureTransformer(), [torch.randn(8, 8)]


class CrossNetwork(nn.Module):
    """Crosses of features, and factors whose pairs are multiplied: Wang et al. 2017, Rendle 2010."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.EmbeddingBag(50, 6, mode="sum")
        self.factors = nn.Embedding(50, 6)
        self.crosses = nn.ModuleList(nn.Linear(6, 1) for _ in range(3))
        self.output = nn.Linear(7, 1)

    def forward(self, x):
        e = self.factors(x)
        pairs = 0.5 * (e.sum(1) ** 2 - (e**2).sum(1)).sum(1, keepdim=True)
        first = h = e.mean(1)
        for cross in self.crosses:
            h = first * cross(h) + h
        return self.output(torch.cat([h, pairs], 1))


@network()
def factorisation_machine():
    model = CrossNetwork()
    del model.embedding
    return model, [tokens(50, 8, 6)]


class SqueezeExcite(nn.Module):
    """A residual network for signals with attention over channels: Hu et al. 2018."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv1d(2, 8, 7, stride=2, padding=3), nn.BatchNorm1d(8)
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Conv1d(8, 4, 1), nn.SiLU(), nn.Conv1d(4, 8, 1))
        self.up = nn.ConvTranspose1d(8, 4, 4, stride=2, padding=1)
        self.output = nn.Linear(4, 3)

    def forward(self, x):
        x = F.leaky_relu(self.norm(self.first(x)), 0.1)
        x = x * torch.sigmoid(self.squeeze(x))
        return self.output(self.up(F.max_pool1d(x, 3, 1, 1)).amax(-1))


@network()
def signal_squeeze_excite():
    return SqueezeExcite(), [torch.randn(4, 2, 32)]


class PixelShuffle(nn.Module):
    """Super-resolution with reflected borders: Shi et al. 2016."""

    def __init__(self):
        super().__init__()
        self.pad = nn.ReflectionPad2d(1)
        self.first, self.second = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 4, 3, padding=1, padding_mode="replicate")
        self.shuffle, self.activation = nn.PixelShuffle(2), nn.PReLU(8)

    def forward(self, x):
        return self.shuffle(self.second(self.activation(self.first(self.pad(x)))))


@network()
def pixel_shuffle():
    return PixelShuffle(), [torch.randn(2, 1, 8, 8)]


class VariousNorms(nn.Module):
    """Layer normalisation over channels, and cosine similarity to class vectors."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, stride=2)
        self.scale = nn.Parameter(torch.ones(6, 1, 1))
        self.classes = nn.Parameter(torch.randn(4, 6))

    def forward(self, x):
        x = self.first(x)
        centred = x - x.mean(1, keepdim=True)
        x = self.scale * centred / (centred.pow(2).mean(1, keepdim=True) + 1e-6).sqrt()
        x = F.adaptive_avg_pool2d(F.hardswish(x), 1).flatten(1)
        return 10 * F.normalize(x, dim=1) @ F.normalize(self.classes, dim=1).t()


@network()
def norms_and_cosine():
    return VariousNorms(), [torch.randn(4, 3, 12, 12)]


class ConstantsAndBuffers(nn.Module):
    """What recent exporters write of networks of timm and transformers: dropout of a constant, an integer exponent, a blur
    whose kernel is a buffer, and batch normalisation in parts."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.output = nn.Conv1d(3, 6, 3, padding=1), nn.BatchNorm1d(6), nn.Linear(6, 2)
        self.dropout = nn.Dropout(0.1)
        self.register_buffer("blur", torch.tensor([0.25, 0.5, 0.25]).expand(6, 1, 3).clone(), persistent=False)

    def forward(self, x):
        x = torch.relu(self.norm(F.conv1d(self.first(x), self.blur, groups=6)))
        positions = torch.arange(x.shape[-1], device=x.device)
        slopes = torch.pow(torch.full((x.shape[-1],), 0.5), positions.int())
        return self.output((x + self.dropout(torch.sin(positions / 3)) + slopes).mean(-1))


@network("dynamo, not optimised")
def constants_and_buffers_dynamo():
    return ConstantsAndBuffers(), [torch.randn(5, 3, 8)]
