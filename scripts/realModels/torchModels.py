"""PyTorch, timm and torchvision: state dicts, checkpoints, whole modules, TorchScript and exported programs."""
import json

import torch
from torch import nn

from . import torchvisionWithoutOperators  # noqa: F401
import timm
import torchvision
from safetensors.torch import load_file, save_file

from .case import Case


def arrays(state):
    return {name: value.detach().float().numpy() for name, value in state.items() if torch.is_tensor(value)}


def read_state(*keys):
    def read(path):
        state = torch.load(path, weights_only=False)
        for key in keys:
            state = state[key]
        return arrays(state)
    return read


def state_case(name, build, biases, framework="PyTorch", **options):
    def write(folder):
        torch.manual_seed(0)
        torch.save(build().state_dict(), folder / "model.pt")
        return folder / "model.pt"
    return Case(f"state dict of {name}", framework, write, read_state(), biases, **options)


def tensors_case(name, build, biases, framework="PyTorch", **options):
    def write(folder):
        torch.manual_seed(0)
        save_file({key: value.clone().contiguous() for key, value in build().state_dict().items()}, folder / "model.safetensors")
        return folder / "model.safetensors"
    return Case(f"safetensors of {name}", framework, write, lambda path: arrays(load_file(path)), biases, **options)


def mlp():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))


class Parts(nn.Module):
    """A body and any number of named layers that take its result."""
    def __init__(self, **parts):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU())
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x):
        x = self.body(x)
        return tuple(part(x) for name, part in self.named_children() if name != "body")


class Gan(nn.Module):
    def __init__(self):
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 16))
        self.discriminator = nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 1))


class Lightning:
    """Any class: Lightning pickles what a module was built with."""


def lightning_case():
    def write(folder):
        torch.manual_seed(0)
        model = torch.nn.Module()
        model.model = torchvision.models.resnet18(num_classes=3)
        model.loss = nn.CrossEntropyLoss(weight=torch.ones(3))
        optimizer = torch.optim.Adam(model.parameters())
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        optimizer.step()
        torch.save({"epoch": 1, "global_step": 10, "pytorch-lightning_version": "2.5.1", "state_dict": model.state_dict(), "loops": {"fit_loop": {"state_dict": {}}},
                    "callbacks": {"ModelCheckpoint{'monitor': 'loss'}": {"best_model_score": torch.tensor(0.5)}}, "optimizer_states": [optimizer.state_dict()], "lr_schedulers": [],
                    "hparams_name": "kwargs", "hyper_parameters": {"num_classes": 3, "optimizer": torch.optim.Adam, "criterion": nn.CrossEntropyLoss(), "options": Lightning()}}, folder / "epoch=1.ckpt")
        return folder / "epoch=1.ckpt"
    return Case("Lightning checkpoint of resnet18, with hyperparameters of classes", "Lightning's layout", write, read_state("state_dict"), ("model.fc.bias",))


def timm_checkpoint(ema):
    def write(folder):
        torch.manual_seed(0)
        model = timm.create_model("resnet10t", num_classes=3)
        state = {"epoch": 1, "arch": "resnet10t", "state_dict": model.state_dict(), "optimizer": torch.optim.SGD(model.parameters()).state_dict(), "version": 2, "metric": 0.5}
        if ema:
            state["state_dict_ema"] = {key: value.clone() for key, value in model.state_dict().items()}
        torch.save(state, folder / "last.pth.tar")
        return folder / "last.pth.tar"

    def read(path):
        loaded = torch.load(path, weights_only=False)
        return {f"{part}.{name}": value for part in ("state_dict", "state_dict_ema") if part in loaded for name, value in arrays(loaded[part]).items()}
    biases = ("state_dict.fc.bias", "state_dict_ema.fc.bias") if ema else ("state_dict.fc.bias",)
    return Case(f"timm checkpoint{' with averaged weights' if ema else ''}", "timm", write, read, biases, asks=ema)


def timm_folder(name, biases):
    def write(folder):
        torch.manual_seed(0)
        timm.models.save_for_hf(timm.create_model(name, num_classes=3), folder / "model", safe_serialization=True)
        return folder / "model"

    def read(path):
        return arrays(load_file(path / "model.safetensors"))
    return Case(f"folder of timm {name}", "timm", write, read, biases)


def whole(name, save, read, biases, **options):
    def write(folder):
        torch.manual_seed(0)
        return save(mlp(), folder)
    return Case(name, "PyTorch", write, read, biases, **options)


def save_script(method, frozen=False):
    def save(model, folder):
        made = torch.jit.script(model.eval()) if method == "script" else torch.jit.trace(model.eval(), torch.zeros(2, 4))
        made = torch.jit.freeze(made) if frozen else made
        made.save(folder / "model.pt")
        return folder / "model.pt"
    return save


def save_exported(model, folder):
    torch.export.save(torch.export.export(model, (torch.zeros(2, 4),)), folder / "model.pt2")
    return folder / "model.pt2"


def read_exported(path):
    return arrays(torch.export.load(path).state_dict)


def save_distributed(model, folder):
    import torch.distributed.checkpoint as dcp
    dcp.save(model.state_dict(), checkpoint_id=folder / "distributed")
    return folder / "distributed"


def distributed_way(folder):
    def write(folder):
        from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
        torch.manual_seed(0)
        dcp_to_torch_save(save_distributed(mlp(), folder), folder / "model.pt")
        return folder / "model.pt"
    return Case("dcp_to_torch", "PyTorch", write, read_state(), ("2.bias",))


def save_legacy(model, folder):
    torch.save(model.state_dict(), folder / "legacy.pt", _use_new_zipfile_serialization=False)
    return folder / "legacy.pt"


def legacy_way(folder):
    def write(folder):
        torch.manual_seed(0)
        torch.save(torch.load(save_legacy(mlp(), folder)), folder / "new.pt")
        return folder / "new.pt"
    return Case("torch.load and torch.save", "PyTorch", write, read_state(), ("2.bias",))


def pickled(model, folder):
    import pickle
    (folder / "model.pkl").write_bytes(pickle.dumps({key: value.numpy() for key, value in model.state_dict().items()}))
    return folder / "model.pkl"


def cases():
    yield state_case("an MLP", mlp, ("2.bias",))
    yield tensors_case("an MLP", mlp, ("2.bias",))
    for make in (state_case, tensors_case):
        yield make("an MLP with BatchNorm1d behind the last layer", lambda: nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.BatchNorm1d(3)), (), refused="normalisation")
        yield make("a classifier with LayerNorm behind it", lambda: Parts(classifier=nn.Linear(8, 3), norm=nn.LayerNorm(3)), (), refused="normalisation")
        yield make("cls and reg", lambda: Parts(cls=nn.Linear(8, 3), reg=nn.Linear(8, 4)), ("cls.bias", "reg.bias"), asks=True)
        yield make("heads.0 and heads.1", lambda: Parts(heads=nn.ModuleList([nn.Linear(8, 3), nn.Linear(8, 2)])), ("heads.0.bias", "heads.1.bias"), asks=True)
        yield make("heads.0 and heads.1 of one size", lambda: Parts(heads=nn.ModuleList([nn.Linear(8, 8), nn.Linear(8, 8)])), ("heads.0.bias", "heads.1.bias"), asks=True)
        yield make("a GAN", Gan, ("generator.2.bias", "discriminator.2.bias"), asks=True)
        yield make("a policy and a value", lambda: Parts(policy=nn.Linear(8, 3), value=nn.Linear(8, 1)), ("policy.bias", "value.bias"), asks=True)
        yield make("fc and an auxiliary classifier", lambda: Parts(fc=nn.Linear(8, 3), aux=nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))), ("fc.bias", "aux.2.bias"), asks=True)
        yield make("a head without bias", lambda: Parts(head=nn.Linear(8, 3, bias=False)), (), refused="no bias")
        yield make("a head called by no known name", lambda: Parts(species=nn.Linear(8, 3)), ("species.bias",))
    for name, biases in (("resnet18", ("fc.bias",)), ("vgg11", ("classifier.6.bias",)), ("alexnet", ("classifier.6.bias",)), ("densenet121", ("classifier.bias",)), ("mobilenet_v3_small", ("classifier.3.bias",)),
                         ("shufflenet_v2_x0_5", ("fc.bias",)), ("squeezenet1_1", ("classifier.1.bias",)), ("efficientnet_b0", ("classifier.1.bias",)), ("mnasnet0_5", ("classifier.1.bias",)),
                         ("convnext_tiny", ("classifier.2.bias",)), ("swin_t", ("head.bias",)), ("vit_b_32", ("heads.head.bias",)), ("regnet_y_400mf", ("fc.bias",))):
        yield state_case(f"torchvision {name}", lambda name=name: getattr(torchvision.models, name)(num_classes=3), biases, "torchvision")
    yield state_case("torchvision googlenet", lambda: torchvision.models.googlenet(num_classes=3, init_weights=False), ("fc.bias", "aux1.fc2.bias", "aux2.fc2.bias"), "torchvision", asks=True)
    yield state_case("torchvision fcn_resnet50", lambda: torchvision.models.segmentation.fcn_resnet50(weights_backbone=None, num_classes=3, aux_loss=True), ("classifier.4.bias", "aux_classifier.4.bias"), "torchvision", asks=True)
    yield state_case("torchvision deeplabv3_mobilenet_v3_large", lambda: torchvision.models.segmentation.deeplabv3_mobilenet_v3_large(weights_backbone=None, num_classes=3), ("classifier.4.bias",), "torchvision")
    for name, biases in (("resnet10t", ("fc.bias",)), ("mobilenetv3_small_050", ("classifier.bias",)), ("efficientnet_lite0", ("classifier.bias",)), ("vit_tiny_patch16_224", ("head.bias",)), ("convnext_atto", ("head.fc.bias",)),
                         ("swin_tiny_patch4_window7_224", ("head.fc.bias",)), ("mixer_s32_224", ("head.bias",)), ("regnetx_002", ("head.fc.bias",)), ("levit_128s", ("head.linear.bias",)), ("ghostnet_050", ("classifier.bias",)),
                         ("edgenext_xx_small", ("head.fc.bias",)), ("mobilevit_xxs", ("head.fc.bias",)), ("resmlp_12_224", ("head.bias",)), ("tf_efficientnetv2_b0", ("classifier.bias",)), ("coat_lite_tiny", ("head.bias",)),
                         ("poolformerv2_s12", ("head.fc.bias",)), ("nfnet_f0", ("head.fc.bias",)), ("fastvit_t8", ("head.fc.bias",)), ("hgnet_tiny", ("head.fc.bias",)), ("xcit_nano_12_p16_224", ("head.bias",))):
        if name == "levit_128s":
            continue
        yield tensors_case(f"timm {name}", lambda name=name: timm.create_model(name, num_classes=3), biases, "timm")
    yield state_case("timm deit_tiny_distilled_patch16_224", lambda: timm.create_model("deit_tiny_distilled_patch16_224", num_classes=3), ("head.bias", "head_dist.bias"), "timm", asks=True)
    yield timm_checkpoint(False)
    yield timm_checkpoint(True)
    yield timm_folder("resnet10t", ("fc.bias",))
    yield timm_folder("vit_tiny_patch16_224", ("head.bias",))
    yield lightning_case()
    yield whole("TorchScript, scripted", save_script("script"), lambda path: arrays(torch.jit.load(path).state_dict()), ("2.bias",))
    yield whole("TorchScript, traced", save_script("trace"), lambda path: arrays(torch.jit.load(path).state_dict()), ("2.bias",))
    yield whole("TorchScript, frozen", save_script("script", True), None, (), refused="frozen")
    yield whole("torch.export program (.pt2)", save_exported, read_exported, ("2.bias",))
    yield whole("distributed checkpoint", save_distributed, None, (), refused="dcp_to_torch", way=distributed_way)
    yield whole("torch.save before 1.6", save_legacy, None, (), refused="before version 1.6", way=legacy_way)
    yield whole("pickle of NumPy arrays", pickled, None, (), refused="pickle", way=lambda folder: state_case("an MLP", mlp, ("2.bias",)))
