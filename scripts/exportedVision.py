"""More networks of torchvision for docs/networks.md, none of which the ops were made for: see exportNetworks.py."""

from functools import partial

from exportedNetworks import images
from exportNetworks import network
from torchvision import models
from torchvision.models.convnext import CNBlockConfig


def register(name, make_model, size, n=4):
    def make():
        return make_model(), [images(n, 3, size)]

    make.__name__ = f"torchvision_{name}"
    network()(make)


for name, size in [("resnet50", 64), ("mobilenet_v3_large", 64), ("mnasnet1_0", 64), ("shufflenet_v2_x1_0", 64),
                   ("squeezenet1_0", 64), ("regnet_x_400mf", 64)]:
    register(name, partial(getattr(models, name), weights=None, num_classes=10), size)
register("inception_v3", partial(models.inception_v3, num_classes=10, init_weights=False, aux_logits=False), 96)
# Stochastic depth is exported as a random mask, which cannot be neutral as dropout's can, so it is left out.
register("efficientnet_v2_s", partial(models.efficientnet_v2_s, num_classes=10, stochastic_depth_prob=0.0), 64)
register("efficientnet_b1", partial(models.efficientnet_b1, num_classes=10, stochastic_depth_prob=0.0), 64)
blocks = [CNBlockConfig(16, 32, 1), CNBlockConfig(32, 64, 2), CNBlockConfig(64, None, 1)]
register("convnext", partial(models.ConvNeXt, blocks, stochastic_depth_prob=0.0, num_classes=10), 32)
swin = {"patch_size": [4, 4], "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 4], "window_size": [4, 4],
        "stochastic_depth_prob": 0.0, "num_classes": 10}
register("swin", partial(models.SwinTransformer, **swin), 32)
register("swin_v2", partial(models.SwinTransformer, **swin, block=models.swin_transformer.SwinTransformerBlockV2,
                            downsample_layer=models.swin_transformer.PatchMergingV2), 32)
register("vit", partial(models.VisionTransformer, image_size=32, patch_size=8, num_layers=2, num_heads=4, hidden_dim=32,
                        mlp_dim=64, num_classes=10), 32)
register("maxvit", partial(models.MaxVit, input_size=(32, 32), stem_channels=8, partition_size=4, block_channels=[8, 16],
                           block_layers=[1, 1], head_dim=4, stochastic_depth_prob=0.0, num_classes=10), 32)
register("densenet", partial(models.DenseNet, growth_rate=8, block_config=(2, 3), num_init_features=16, num_classes=10), 64)
register("vgg_bn", partial(models.VGG, models.vgg.make_layers([8, "M", 16, 16, "M"], batch_norm=True), num_classes=10), 28)
for name in ("fcn_resnet50", "deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large"):
    make_model = partial(getattr(models.segmentation, name), weights=None, weights_backbone=None, num_classes=4)
    register(name, make_model, 64)


def register_video(name):
    def make():
        model = getattr(models.video, name)(weights=None, num_classes=10)
        return model, [images(2, 3, 32).unsqueeze(2).repeat(1, 1, 4, 1, 1)]

    make.__name__ = f"torchvision_{name}"
    network()(make)


for name in ("mc3_18", "r2plus1d_18"):
    register_video(name)
