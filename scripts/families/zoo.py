"""Untrained networks as their libraries build and initialise them, by family. The `look` families guided the rules of the
check; the `held` families were run once, and have guided rules since; the `fresh` families were run once after that. Each
list was written before any of its networks was checked.

A network is a function of the number of outputs and the inputs' shape that returns a function from inputs to
`Made(outputs, bias, features, kernel)`, in training mode.
"""
import dataclasses

import numpy as np
import torch
from networks import torchNetworks  # noqa: F401  makes torchvision importable beside any PyTorch
from torch import nn

torch.set_num_threads(1)


@dataclasses.dataclass
class Made:
    outputs: np.ndarray  # as the network gives them, its own bias included: N x ... x K
    bias: np.ndarray  # of the output layer; zeros where it has none
    features: np.ndarray | None = None  # what the output layer is given, N x F, where that is a linear layer
    fan_out: int = 0


@dataclasses.dataclass
class Network:
    group: str  # look, held or fresh
    library: str
    family: str
    name: str
    kind: str  # image, table, text, tokens, graph, pixels
    make: object


def torch_runner(model, units, pick=lambda made: made, class_axis=-1):
    """Runs a module in training mode, and records what its last layer of `units` outputs was given."""
    model.train()
    layers = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d)) and m.weight.shape[0] == units]
    last = layers[-1] if layers else None
    seen = {}
    if last is not None:
        last.register_forward_hook(lambda _, inputs, __: seen.update(features=inputs[0]))

    def run(inputs):
        with torch.no_grad():
            made = pick(model(**inputs) if isinstance(inputs, dict) else model(torch.as_tensor(inputs)))
        outputs = np.moveaxis(made.float().numpy(), class_axis, -1)
        has_bias = last is not None and last.bias is not None
        bias = last.bias.detach().float().numpy() if has_bias else np.zeros(units, np.float32)
        features = seen.get("features")
        keeps = isinstance(last, nn.Linear) and features is not None and features.ndim == 2 and len(features) == len(outputs)
        return Made(outputs, bias, features.float().numpy() if keeps else None, units)

    return run


channels_first = lambda x: np.ascontiguousarray(np.moveaxis(x, -1, 1))


def timm_network(name, size=64, fixed=False):
    def make(units, shape):
        import timm

        options = {"img_size": size} if fixed else {}
        run = torch_runner(timm.create_model(name, num_classes=units, **options), units)
        return lambda x: run(channels_first(enlarged(x, size)))

    return make


def enlarged(x, size):
    return x.repeat(size // 32, 1).repeat(size // 32, 2) if size % 32 == 0 else x.repeat(3, 1).repeat(3, 2)[:, :size, :size]


def torchvision_network(name, size=64, **options):
    def make(units, shape):
        import torchvision

        model = getattr(torchvision.models, name)(num_classes=units, weights=None, **options)
        run = torch_runner(model, units)
        return lambda x: run(channels_first(enlarged(x, size)))

    return make


def keras_network(name, size=64):
    def make(units, shape):
        import keras

        keras.utils.set_random_seed(1)
        model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=units, classifier_activation=None)
        layer = [one for one in model.layers if getattr(one, "bias", None) is not None and one.bias.shape[-1] == units][-1]
        trunk = keras.Model(model.inputs, [model.output, layer.input])

        def run(x):
            outputs, features = trunk(enlarged(x, size), training=True)
            features = np.asarray(features)
            return Made(np.asarray(outputs).reshape(len(x), units), np.asarray(layer.bias), features if features.ndim == 2 else None, units)

        return run

    return make


def hugging_image(name, **options):
    def make(units, shape):
        import transformers

        config = getattr(transformers, f"{name}Config")(image_size=32, num_labels=units, **options)
        model = getattr(transformers, f"{name}ForImageClassification")(config)
        run = torch_runner(model, units, lambda made: made.logits)
        return lambda x: run({"pixel_values": torch.as_tensor(channels_first(x))})

    return make


SMALL = {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 128}


def hugging_text(name, **options):
    def make(units, shape):
        import transformers

        config = getattr(transformers, f"{name}Config")(vocab_size=64, num_labels=units, pad_token_id=0, **options)
        run = torch_runner(getattr(transformers, f"{name}ForSequenceClassification")(config), units, lambda made: made.logits)
        return lambda x: run({"input_ids": torch.as_tensor(x).long(), "attention_mask": torch.ones(x.shape, dtype=torch.long)})

    return make


def hugging_language(name, cls="ForCausalLM", **options):
    """Scaled-down configurations; tied or not, and with the initialiser, of the library's own default."""

    def make(units, shape):
        import transformers

        config = getattr(transformers, f"{name}Config")(vocab_size=units, **options)
        for key in ["bos_token_id", "eos_token_id"]:
            if isinstance(getattr(config, key, None), int):
                setattr(config, key, 1)
        config.pad_token_id = 0
        model = getattr(transformers, f"{name}{'LMHeadModel' if name == 'GPT2' else cls}")(config)
        run = torch_runner(model, units, lambda made: made.logits)
        return lambda x: run({"input_ids": torch.as_tensor(x).long(), "attention_mask": torch.as_tensor(x != 0).long()})

    return make


def graph_network(name, **options):
    def make(units, shape):
        from torch_geometric.nn import models

        model = getattr(models, name)(shape[1], 64, 3, units, **options).train()

        def run(data):
            with torch.no_grad():
                made = model(torch.as_tensor(data["x"]), torch.as_tensor(data["edges"]))
            return Made(made.numpy(), np.zeros(units, np.float32))

        return run

    return make


def pixel_network(name):
    def make(units, shape):
        import torchvision

        model = getattr(torchvision.models.segmentation, name)(num_classes=units, weights=None, weights_backbone=None)
        run = torch_runner(model, units, lambda made: made["out"], class_axis=1)
        return lambda x: run(channels_first(x))

    return make


def module_network(build):
    def make(units, shape):
        return torch_runner(build(shape, units), units)

    return make


class Recurrent(nn.Module):
    def __init__(self, kind, units, pool=False, **options):
        super().__init__()
        self.embedding, self.pool = nn.Embedding(64, 32), pool
        self.recurrent = kind(32, 48, batch_first=True, **options)
        self.out = nn.Linear(96 if options.get("bidirectional") else 48, units)

    def forward(self, x):
        states = self.recurrent(self.embedding(x.long()))[0]
        return self.out(states.mean(1) if self.pool else states[:, -1])


class FeatureTokens(nn.Module):
    """FT-Transformer (Gorishniy et al. 2021): a token per column."""

    def __init__(self, columns, units):
        super().__init__()
        self.scale, self.shift = (nn.Parameter(torch.empty(columns, 32).uniform_(-(32**-0.5), 32**-0.5)) for _ in range(2))
        layer = nn.TransformerEncoderLayer(32, 4, 64, activation="gelu", batch_first=True, norm_first=True, dropout=0.1)
        self.encoder = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.out = nn.Sequential(nn.LayerNorm(32), nn.ReLU(), nn.Linear(32, units))

    def forward(self, x):
        return self.out(self.encoder(x[..., None] * self.scale + self.shift).mean(1))


class TabularResidual(nn.Module):
    def __init__(self, columns, units):
        super().__init__()
        self.first = nn.Linear(columns, 64)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.BatchNorm1d(64), nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 64)) for _ in range(4)
        )
        self.out = nn.Sequential(nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, units))

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = x + block(x)
        return self.out(x)


def mlp(widths, activation, norm=None):
    def build(shape, units):
        layers, before = [], shape[1]
        for width in widths:
            layers += [nn.Linear(before, width), *([norm(width)] if norm else []), activation()]
            before = width
        return nn.Sequential(*layers, nn.Linear(before, units))

    return build


class TextConvolutions(nn.Module):
    def __init__(self, units):
        super().__init__()
        self.embedding = nn.Embedding(64, 32)
        self.filters = nn.ModuleList(nn.Conv1d(32, 32, width) for width in [3, 4, 5])
        self.out = nn.Sequential(nn.Dropout(0.5), nn.Linear(96, units))

    def forward(self, x):
        letters = self.embedding(x.long()).transpose(1, 2)
        return self.out(torch.cat([torch.relu(one(letters)).amax(2) for one in self.filters], 1))


def of(group, library, kind, family, **makes):
    return [Network(group, library, family, name.replace("__", "."), kind, make) for name, make in makes.items()]


def timm_family(group, family, *names, size=64, fixed=False):
    return of(group, "timm", "image", family, **{name: timm_network(name, size, fixed) for name in names})


DECODER = {**SMALL, "max_position_embeddings": 64}
NETWORKS = [
    # to look at
    *timm_family("look", "resnet", "resnet10t", "resnet18", "resnext26ts", "seresnext26ts"),
    *timm_family("look", "efficientnet", "efficientnet_b0", "efficientnet_lite0", "tinynet_e"),
    *timm_family("look", "mobilenet v2", "mobilenetv2_035", "mobilenetv2_050", "mnasnet_small"),
    *timm_family("look", "vit", "vit_tiny_patch16_224", "deit_tiny_patch16_224", "eva02_tiny_patch14_224", size=64, fixed=True),
    *timm_family("look", "mixer", "mixer_s32_224", "resmlp_12_224", fixed=True),
    *timm_family("look", "convnext", "convnext_atto", "convnextv2_atto"),
    *timm_family("look", "regnet", "regnetx_002", "regnety_002"),
    *timm_family("look", "ghostnet", "ghostnet_050", "lcnet_035"),
    *timm_family("look", "poolformer", "poolformer_s12", "edgenext_xx_small"),
    *timm_family("look", "starnet", "starnet_s1"),
    *of("look", "torchvision", "image", "torchvision residual", resnet18=torchvision_network("resnet18"), shufflenet_v2_x0_5=torchvision_network("shufflenet_v2_x0_5")),
    *of("look", "torchvision", "image", "torchvision mobile", mobilenet_v2=torchvision_network("mobilenet_v2"), mnasnet0_5=torchvision_network("mnasnet0_5")),
    *of("look", "keras", "image", "keras mobile", MobileNet=keras_network("MobileNet"), MobileNetV2=keras_network("MobileNetV2"), EfficientNetB0=keras_network("EfficientNetB0")),
    *of("look", "transformers", "image", "hf vit", ViT=hugging_image("ViT", patch_size=8, **SMALL), Dinov2=hugging_image("Dinov2", patch_size=8, hidden_size=64, num_hidden_layers=3, num_attention_heads=4)),
    *of("look", "transformers", "text", "bert", Bert=hugging_text("Bert", **SMALL), Roberta=hugging_text("Roberta", **SMALL), Electra=hugging_text("Electra", **SMALL)),
    *of("look", "transformers", "tokens", "gpt2", GPT2=hugging_language("GPT2", n_positions=64, n_embd=64, n_layer=3, n_head=4)),
    *of("look", "transformers", "tokens", "llama", Llama=hugging_language("Llama", **DECODER), Gemma=hugging_language("Gemma", num_key_value_heads=4, head_dim=16, **DECODER)),
    *of("look", "torch-geometric", "graph", "convolutions", GCN=graph_network("GCN"), GraphSAGE=graph_network("GraphSAGE")),
    *of("look", "torchvision", "pixels", "lraspp", lraspp_mobilenet_v3_large=pixel_network("lraspp_mobilenet_v3_large")),
    *of("look", "torch", "text", "recurrent: LSTM", LSTM=module_network(lambda s, k: Recurrent(nn.LSTM, k)), bidirectional_LSTM=module_network(lambda s, k: Recurrent(nn.LSTM, k, True, bidirectional=True))),
    *of("look", "torch", "table", "tabular MLP", MLP_ReLU=module_network(mlp([64, 64], nn.ReLU)), MLP_batch_norm=module_network(mlp([128] * 3, nn.ReLU, nn.BatchNorm1d)), MLP_tanh=module_network(mlp([32] * 4, nn.Tanh))),
    *of("look", "torch", "table", "tabular residual", residual=module_network(lambda s, k: TabularResidual(s[1], k))),
    # run once
    *timm_family("held", "mobilenet v3", "mobilenetv3_small_050", "mobilenetv3_large_075", "mobilenetv4_conv_small_035"),
    *timm_family("held", "fbnet", "fbnetc_100", "spnasnet_100", "hardcorenas_a"),
    *timm_family("held", "rexnet", "rexnet_100", "mixnet_s"),
    *timm_family("held", "gmlp", "gmlp_ti16_224", fixed=True),
    *timm_family("held", "densenet", "densenet121"),
    *timm_family("held", "repvgg", "repvgg_a0", "mobileone_s0"),
    *timm_family("held", "hybrid", "mobilevit_xxs", "efficientvit_b0", "coatnet_nano_cc_224"),
    *timm_family("held", "pvt", "pvt_v2_b0"),
    *timm_family("held", "class attention", "cait_xxs24_224", "xcit_nano_12_p16_224", "convit_tiny", fixed=True),
    *timm_family("held", "swin", "swin_tiny_patch4_window7_224", size=64, fixed=True),
    *timm_family("held", "normalizer-free", "nf_regnet_b0", "nf_resnet26"),
    *timm_family("held", "vovnet and csp", "ese_vovnet19b_dw", "cspresnet50", "selecsls42"),
    *timm_family("held", "mambaout", "mambaout_femto"),
    *timm_family("held", "dla and hrnet", "dla46_c", "hrnet_w18_small"),
    *timm_family("held", "fastvit", "fastvit_t8", "efficientformerv2_s0"),
    *of("held", "torchvision", "image", "torchvision other", googlenet=torchvision_network("googlenet", aux_logits=False, init_weights=True), regnet_y_400mf=torchvision_network("regnet_y_400mf"), mobilenet_v3_small=torchvision_network("mobilenet_v3_small"), efficientnet_b0=torchvision_network("efficientnet_b0")),
    *of("held", "keras", "image", "keras other", MobileNetV3Small=keras_network("MobileNetV3Small"), NASNetMobile=keras_network("NASNetMobile"), DenseNet121=keras_network("DenseNet121"), ConvNeXtTiny=keras_network("ConvNeXtTiny")),
    *of("held", "transformers", "image", "hf other", Swin=hugging_image("Swin", patch_size=2, embed_dim=24, depths=[1, 1, 2], num_heads=[2, 2, 4], window_size=4), BeiT=hugging_image("Beit", patch_size=8, **SMALL)),
    *of("held", "transformers", "text", "other encoders", Albert=hugging_text("Albert", embedding_size=32, **SMALL), DistilBert=hugging_text("DistilBert", dim=64, n_layers=3, n_heads=4, hidden_dim=128), XLMRoberta=hugging_text("XLMRoberta", **SMALL), DebertaV2=hugging_text("DebertaV2", **SMALL)),
    *of("held", "transformers", "tokens", "opt and neox", OPT=hugging_language("OPT", hidden_size=64, num_hidden_layers=3, num_attention_heads=4, ffn_dim=128, max_position_embeddings=64, word_embed_proj_dim=64), GPTNeoX=hugging_language("GPTNeoX", **DECODER)),
    *of("held", "transformers", "tokens", "qwen and mistral", Qwen2=hugging_language("Qwen2", num_key_value_heads=4, tie_word_embeddings=True, **DECODER), Mistral=hugging_language("Mistral", num_key_value_heads=4, **DECODER), Phi=hugging_language("Phi", **DECODER)),
    *of("held", "torch-geometric", "graph", "attention and others", GAT=graph_network("GAT"), GIN=graph_network("GIN"), EdgeCNN=graph_network("EdgeCNN")),
    *of("held", "torchvision", "pixels", "deeplab", deeplabv3_mobilenet_v3_large=pixel_network("deeplabv3_mobilenet_v3_large")),
    *of("held", "torch", "text", "recurrent: GRU and others", GRU=module_network(lambda s, k: Recurrent(nn.GRU, k, num_layers=2)), RNN=module_network(lambda s, k: Recurrent(nn.RNN, k)), convolutions=module_network(lambda s, k: TextConvolutions(k))),
    *of("held", "torch", "table", "tabular transformer", FT_Transformer=module_network(lambda s, k: FeatureTokens(s[1], k))),
    *of("held", "torch", "table", "other MLPs", MLP_GELU_layer_norm=module_network(mlp([128] * 3, nn.GELU, nn.LayerNorm)), MLP_SiLU=module_network(mlp([100] * 4, nn.SiLU)), MLP_ELU=module_network(mlp([200] * 2, nn.ELU))),
    # run once after the rules had been changed by what the others show
    *timm_family("fresh", "inception", "inception_next_atto", "xception41"),
    *timm_family("fresh", "efficientnet v2 and edge", "tf_efficientnetv2_b0", "efficientnet_es", "mobilenetv1_100", "mobilenet_edgetpu_v2_xs"),
    *timm_family("fresh", "resnet with attention", "resnest14d", "skresnet18", "ecaresnet26t", "gcresnext26ts"),
    *timm_family("fresh", "bottleneck attention", "halonet26t", "lambda_resnet26t"),
    *timm_family("fresh", "multiscale residual", "res2net50_26w_4s", "dpn48b"),
    *timm_family("fresh", "vgg", "vgg11_bn"),
    *timm_family("fresh", "ghost and mobile", "repghostnet_050", "ghostnetv2_100", "repvit_m0_9", "shvit_s1", "efficientvit_m0", "fasternet_t0"),
    *timm_family("fresh", "hgnet and csp", "hgnetv2_b0", "cs3darknet_focus_s", "rdnet_tiny", "tresnet_m"),
    *timm_family("fresh", "metaformer", "caformer_s18", "convformer_s18", "efficientformer_l1", "swiftformer_xs"),
    *timm_family("fresh", "mobilevit v2", "mobilevitv2_050"),
    *timm_family("fresh", "other transformers", "pit_ti_224", "tnt_s_patch16_224", "visformer_tiny", "coat_lite_tiny", fixed=True),
    *timm_family("fresh", "hierarchical transformers", "focalnet_tiny_srf", "davit_tiny"),
    *of("fresh", "torchvision", "image", "torchvision plain", squeezenet1_1=torchvision_network("squeezenet1_1"), alexnet=torchvision_network("alexnet"), resnext50_32x4d=torchvision_network("resnext50_32x4d"), convnext_tiny=torchvision_network("convnext_tiny")),
    *of("fresh", "keras", "image", "keras residual", MobileNetV3Large=keras_network("MobileNetV3Large"), EfficientNetV2B0=keras_network("EfficientNetV2B0"), ResNet50V2=keras_network("ResNet50V2"), Xception=keras_network("Xception", 96)),
    *of("fresh", "transformers", "image", "hf convolutional", ResNet=hugging_image("ResNet", embedding_size=32, hidden_sizes=[32, 64], depths=[1, 1]), ConvNextV2=hugging_image("ConvNextV2", hidden_sizes=[24, 48, 96, 96], depths=[1, 1, 2, 1])),
    *of("fresh", "transformers", "text", "efficient encoders", ConvBert=hugging_text("ConvBert", embedding_size=64, **SMALL), RoFormer=hugging_text("RoFormer", **SMALL), SqueezeBert=hugging_text("SqueezeBert", embedding_size=64, **SMALL), MPNet=hugging_text("MPNet", **SMALL), ModernBert=hugging_text("ModernBert", **SMALL)),
    *of("fresh", "transformers", "tokens", "bloom and falcon", Bloom=hugging_language("Bloom", hidden_size=64, n_layer=3, n_head=4), Falcon=hugging_language("Falcon", hidden_size=64, num_hidden_layers=3, num_attention_heads=4), GPTJ=hugging_language("GPTJ", n_positions=64, n_embd=64, n_layer=3, n_head=4, rotary_dim=8)),
    *of("fresh", "transformers", "tokens", "recent decoders", Qwen3=hugging_language("Qwen3", num_key_value_heads=4, head_dim=16, **DECODER), Gemma2=hugging_language("Gemma2", num_key_value_heads=4, head_dim=16, **DECODER), Olmo=hugging_language("Olmo", **DECODER), StableLm=hugging_language("StableLm", num_key_value_heads=4, **DECODER), Granite=hugging_language("Granite", num_key_value_heads=4, **DECODER)),
    *of("fresh", "torch-geometric", "graph", "graph attention v2 and others", GATv2=graph_network("GAT", v2=True), GCN_jumping=graph_network("GCN", jk="cat"), SAGE_batch_norm=graph_network("GraphSAGE", norm="batch_norm")),
    *of("fresh", "torchvision", "pixels", "fully convolutional", fcn_resnet50=pixel_network("fcn_resnet50")),
    *of("fresh", "torch", "text", "recurrent: deep", LSTM_dropout=module_network(lambda s, k: Recurrent(nn.LSTM, k, num_layers=2, dropout=0.3)), bidirectional_GRU=module_network(lambda s, k: Recurrent(nn.GRU, k, True, bidirectional=True))),
    *of("fresh", "torch", "table", "tabular, other activations", MLP_SELU=module_network(mlp([64] * 5, nn.SELU)), MLP_leaky=module_network(mlp([256, 128, 64], nn.LeakyReLU)), MLP_Mish_batch_norm=module_network(mlp([96] * 3, nn.Mish, nn.BatchNorm1d)), MLP_Hardswish=module_network(mlp([128, 128], nn.Hardswish))),
]
