"""The networks of docs/networks.md: small sizes of the architectures that people train."""

import torch
import torch.nn.functional as F
from networks import torchNetworks  # noqa: F401  makes torchvision importable beside any PyTorch
import torchvision
from exportNetworks import network
from torch import nn

try:
    import timm
    import transformers
except ImportError:  # their networks are left out
    timm = transformers = None


def images(n=8, channels=3, size=32):
    return torch.randn(n, channels, size, size)


def tokens(vocabulary=50, n=3, length=12):
    # Not 0, which some models pad with: PyTorch keeps the gradient of its embedding at zero, and the file cannot say so.
    return torch.randint(1, vocabulary, (n, length))


@network()
def mlp():
    return nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 5)), [torch.randn(8, 10)]


@network("dynamo")
def mlp_dynamo():
    return mlp()


@network()
def mlp_batchnorm_dropout():
    layers = [nn.Linear(10, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 5)]
    return nn.Sequential(*layers), [torch.randn(8, 10)]


@network("dynamo, not optimised")
def mlp_batchnorm_dropout_dynamo():
    return mlp_batchnorm_dropout()


@network()
def cnn_batchnorm():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(256, 10),
    ), [images(4, 3, 16)]


@network("dynamo, not optimised")
def cnn_batchnorm_dynamo():
    return cnn_batchnorm()


class Makemore(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(27, 10)
        self.hidden = nn.Linear(30, 200)
        self.output = nn.Linear(200, 27)

    def forward(self, x):
        return self.output(torch.tanh(self.hidden(self.embedding(x).flatten(1))))


@network()
def makemore_mlp():
    return Makemore(), [tokens(27, 32, 3)]


@network("dynamo")
def makemore_mlp_dynamo():
    return makemore_mlp()


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.embedding = nn.Embedding(500, 12)
        self.layer = kind(12, 16, batch_first=True, **options)
        self.output = nn.Linear(16 * (2 if options.get("bidirectional") else 1), 5)

    def forward(self, x):
        return self.output(self.layer(self.embedding(x))[0][:, -1])


@network()
def lstm():
    return Recurrent(nn.LSTM), [tokens(500)]


@network("dynamo, not optimised")
def lstm_dynamo():
    return Recurrent(nn.LSTM), [tokens(500)]


@network()
def lstm_bidirectional_2_layers():
    return Recurrent(nn.LSTM, num_layers=2, bidirectional=True), [tokens(500)]


@network()
def gru():
    return Recurrent(nn.GRU), [tokens(500)]


@network("dynamo, not optimised")
def gru_bidirectional_dynamo():
    return Recurrent(nn.GRU, bidirectional=True), [tokens(500)]


@network()
def rnn_tanh():
    return Recurrent(nn.RNN), [tokens(500)]


class UNet(nn.Module):
    def __init__(self, mode):
        super().__init__()
        block = lambda a, b: nn.Sequential(  # noqa: E731
            nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()
        )
        self.down1, self.down2, self.up = block(1, 8), block(8, 16), block(24, 8)
        self.rise = nn.ConvTranspose2d(16, 16, 2, 2) if mode == "transposed" else nn.Upsample(
            scale_factor=2, mode=mode, align_corners=False if mode == "bilinear" else None
        )
        self.output = nn.Conv2d(8, 3, 1)

    def forward(self, x):
        one = self.down1(x)
        two = self.rise(self.down2(F.max_pool2d(one, 2)))
        return self.output(self.up(torch.cat([one, two], 1)))


@network()
def unet_transposed():
    return UNet("transposed"), [images(2, 1, 16)]


@network()
def unet_bilinear():
    return UNet("bilinear"), [images(2, 1, 16)]


@network("dynamo, not optimised")
def unet_nearest_dynamo():
    return UNet("nearest"), [images(2, 1, 16)]


@network()
def conv1d_groupnorm():
    return nn.Sequential(
        nn.Conv1d(4, 8, 5, padding=2), nn.GroupNorm(2, 8), nn.GELU(), nn.AvgPool1d(2), nn.Conv1d(8, 8, 3, groups=4),
        nn.InstanceNorm1d(8, affine=True), nn.SiLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 3),
    ), [torch.randn(4, 4, 32)]


@network("dynamo, not optimised")
def conv1d_groupnorm_dynamo():
    return conv1d_groupnorm()


@network()
def activations():
    kinds = [nn.ELU, nn.LeakyReLU, nn.SELU, nn.Mish, nn.Hardswish, nn.Hardsigmoid, nn.Softplus, nn.Softsign, nn.CELU]
    layers = [layer for kind in kinds for layer in (nn.Linear(12, 12), kind())]
    return nn.Sequential(*layers, nn.PReLU(), nn.Hardtanh(-0.3, 0.4), nn.Linear(12, 3)), [torch.randn(8, 12)]


@network("dynamo, not optimised")
def activations_dynamo():
    return activations()


@network("dynamo, not optimised")
def transformer_encoder_dynamo():
    layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.1, batch_first=True)
    return nn.Sequential(nn.Embedding(50, 16), nn.TransformerEncoder(layer, 2), nn.Linear(16, 50)), [tokens()]


@network()
def transformer_encoder():
    return transformer_encoder_dynamo()


class Tabular(nn.Module):
    """Numbers, and three categories with an embedding each."""

    def __init__(self):
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Embedding(n, 4) for n in (5, 9, 300))
        self.norm = nn.BatchNorm1d(6)
        self.layers = nn.Sequential(nn.Linear(18, 32), nn.ReLU(), nn.BatchNorm1d(32), nn.Dropout(0.1), nn.Linear(32, 1))

    def forward(self, numbers, categories):
        parts = [embedding(categories[:, i]) for i, embedding in enumerate(self.embeddings)]
        return self.layers(torch.cat([self.norm(numbers), *parts], 1))


@network()
def tabular_embeddings():
    return Tabular(), [torch.randn(16, 6), torch.randint(0, 5, (16, 3))]


@network("dynamo, not optimised")
def tabular_embeddings_dynamo():
    return tabular_embeddings()


class Attention(nn.Module):
    """A causal transformer block with einsum, as tutorials write it."""

    def __init__(self):
        super().__init__()
        self.embedding, self.place = nn.Embedding(40, 16), nn.Parameter(torch.randn(1, 10, 16) * 0.02)
        self.qkv, self.out = nn.Linear(16, 48), nn.Linear(16, 40)
        self.norm = nn.LayerNorm(16)

    def forward(self, x):
        h = self.norm(self.embedding(x) + self.place)
        q, k, v = self.qkv(h).chunk(3, -1)
        scores = torch.einsum("bqd,bkd->bqk", q, k) / 4
        mask = torch.tril(torch.ones(10, 10)) == 0
        weights = scores.masked_fill(mask, float("-inf")).softmax(-1)
        return self.out(h + torch.einsum("bqk,bkd->bqd", weights, v))


@network()
def causal_attention_einsum():
    return Attention(), [tokens(40, 3, 10)]


@network("dynamo, not optimised")
def causal_attention_einsum_dynamo():
    return causal_attention_einsum()


def from_torchvision(name, size=64, exporter="legacy", **options):
    def make():
        return getattr(torchvision.models, name)(weights=None, num_classes=10, **options), [images(8, 3, size)]

    make.__name__ = f"torchvision_{name}" + ("" if exporter == "legacy" else "_dynamo")
    network(exporter)(make)


for model, size in [("resnet18", 32), ("mobilenet_v2", 64), ("mobilenet_v3_small", 64), ("squeezenet1_1", 64),
                    ("shufflenet_v2_x0_5", 32), ("efficientnet_b0", 64), ("mnasnet0_5", 64), ("regnet_y_400mf", 64),
                    ("densenet121", 32), ("googlenet", 64)]:
    extra = {"googlenet": {"init_weights": False, "aux_logits": False}, "efficientnet_b0": {"stochastic_depth_prob": 0.0}}
    from_torchvision(model, size, **extra.get(model, {}))
# Dropout in place becomes a random mask here, which cannot be neutral, so it is left out.
from_torchvision("resnet18", 64, "dynamo, not optimised")
from_torchvision("mobilenet_v3_small", 64, "dynamo, not optimised", dropout=0.0)


def from_timm(name, size=32, exporter="legacy", **options):
    if timm is None:
        return

    def make():
        return timm.create_model(name, pretrained=False, num_classes=10, **options), [images(8, 3, size)]

    make.__name__ = f"timm_{name}" + ("" if exporter == "legacy" else "_dynamo")
    network(exporter)(make)


SMALL_VIT = {"img_size": 32, "patch_size": 8, "embed_dim": 32, "depth": 2, "num_heads": 4}
from_timm("vit_tiny_patch16_224", **SMALL_VIT)
from_timm("vit_tiny_patch16_224", exporter="dynamo, not optimised", **SMALL_VIT)
from_timm("deit_tiny_patch16_224", **SMALL_VIT)
from_timm("mixer_s32_224", 64, img_size=64)
from_timm("convnext_atto", drop_path_rate=0.0)
from_timm("convnext_atto", exporter="dynamo, not optimised")
from_timm("resnet10t")
from_timm("resnetv2_18", 32)
from_timm("ghostnet_050")
from_timm("lcnet_035")
from_timm("tinynet_e")
from_timm("mobilenetv4_conv_small_035")
from_timm("swin_tiny_patch4_window7_224", img_size=32, window_size=4, embed_dim=16, depths=(1, 1), num_heads=(2, 4), drop_path_rate=0.0)
from_timm("hardcorenas_a")
from_timm("efficientnet_lite0")
from_timm("dla34")
from_timm("repvgg_a0")
from_timm("edgenext_xx_small", 64)
from_timm("coat_lite_tiny", 32, img_size=32)
from_timm("poolformer_s12", 64)


class FirstOutput(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x, return_dict=False)[0]


TEXT = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
        "max_position_embeddings": 32, "attn_implementation": "eager", "num_labels": 3, "pad_token_id": 0}


def from_transformers(label, config, model, exporter, make_input=tokens, **options):
    if transformers is None:
        return

    def make():
        settings = getattr(transformers, config)(**options)
        settings.use_cache = False
        settings._attn_implementation = "eager"
        return FirstOutput(getattr(transformers, model)(settings)), [make_input()]

    make.__name__ = f"transformers_{label}" + ("" if exporter == "legacy" else "_dynamo")
    network(exporter)(make)


for way in ("legacy", "dynamo, not optimised"):
    from_transformers("bert", "BertConfig", "BertForSequenceClassification", way, **TEXT)
    if way != "legacy":  # torch: exporting the operator aten::diff to opset 17 is not supported
      from_transformers("gpt2", "GPT2Config", "GPT2LMHeadModel", way, vocab_size=50, n_embd=16, n_layer=2, n_head=2,
                      n_positions=32)
for way in ("dynamo, not optimised",):
    from_transformers("roberta", "RobertaConfig", "RobertaForMaskedLM", way, **TEXT)
    from_transformers("distilbert", "DistilBertConfig", "DistilBertForSequenceClassification", way, vocab_size=50, dim=16,
                      n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=32)
    from_transformers("llama", "LlamaConfig", "LlamaForCausalLM", way, **{**TEXT, "num_key_value_heads": 1})
    from_transformers("electra", "ElectraConfig", "ElectraForSequenceClassification", way, **TEXT, embedding_size=8)
    from_transformers("albert", "AlbertConfig", "AlbertForSequenceClassification", way, **TEXT, embedding_size=8)
    from_transformers("deberta_v2", "DebertaV2Config", "DebertaV2ForSequenceClassification", way, **TEXT)
    from_transformers("qwen2", "Qwen2Config", "Qwen2ForCausalLM", way, **{**TEXT, "num_key_value_heads": 1})
    from_transformers("vit", "ViTConfig", "ViTForImageClassification", way, images, image_size=32, patch_size=8,
                      hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
    from_transformers("segformer", "SegformerConfig", "SegformerForSemanticSegmentation", way, images,
                      hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], decoder_hidden_size=16, num_labels=4,
                      drop_path_rate=0.0)
