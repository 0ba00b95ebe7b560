"""torchvision's architectures in each form that PyTorch saves and as ONNX, and models that scikit-learn has pickled.

What the output layer is, the network itself says: it is the last linear layer or convolution that a forward pass calls.
"""
import pickle

import joblib
import numpy as np
import onnx
import onnx.numpy_helper
import torch
from networks import torchNetworks  # noqa: F401  makes torchvision importable beside any PyTorch
import torchvision
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from .case import Case

images = """alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_b1 efficientnet_v2_s maxvit_t mnasnet0_5 mnasnet1_0
mobilenet_v2 mobilenet_v3_large mobilenet_v3_small regnet_x_400mf regnet_y_400mf resnet18 resnet34 resnet50 resnext50_32x4d
shufflenet_v2_x0_5 shufflenet_v2_x1_0 squeezenet1_0 squeezenet1_1 swin_t swin_v2_t vgg11_bn vit_b_32""".split()
videos = ["r3d_18", "mc3_18", "r2plus1d_18", "s3d"]
# Others need an operator that ONNX's opset 13 or PyTorch 1.13's exporter lacks, or weigh hundreds of MB.
exported = [name for name in images if not name.startswith(("alexnet", "vgg", "swin", "maxvit", "vit", "resnet50", "resnext"))]


def arrays(value, prefix=""):
    """All tensors in nested dictionaries, lists and modules, by their paths joined with dots."""
    if torch.is_tensor(value):
        return {prefix[:-1]: value.detach().float().numpy()} if not value.is_quantized else {}
    if isinstance(value, nn.Module):
        value = value.state_dict()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else []
    return {name: array for key, child in items for name, array in arrays(child, f"{prefix}{key}.").items()}


def read(path):
    # The files are our own; from PyTorch 2.6 on, modules and classes in them must be allowed.
    trusted = {} if torch.__version__.startswith("1.") else {"weights_only": False}
    return arrays(torch.load(path, **trusted))


def build(name):
    torch.manual_seed(0)
    makers = torchvision.models.video if name in videos else torchvision.models
    return getattr(makers, name)(num_classes=3).eval()


def example(name):
    return torch.zeros(1, 3, 16, 224, 224) if name in videos else torch.zeros(1, 3, 224, 224)


def last_bias(model, x):
    """The name of the bias of the last layer that is called."""
    called = []
    for name, module in model.named_modules():
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.Conv3d)):
            module.register_forward_hook(lambda *_, name=name: called.append(name))
    with torch.no_grad():
        model(x)
    return f"{called[-1]}.bias"


biases = {}


def bias_of(name):
    if name not in biases:
        biases[name] = last_bias(build(name), example(name))
    return biases[name]


def saved(form, name):
    """Each form that training code saves a network in: what is saved, and the path of the state dict in it."""
    forms = {
        "state dict": ("", lambda model: model.state_dict()),
        "checkpoint with optimizer": ("model.", lambda model: {"epoch": 3, "model": model.state_dict(), "optimizer": torch.optim.Adam(model.parameters()).state_dict()}),
        "Lightning's checkpoint": ("state_dict.net.", lambda model: {"pytorch-lightning_version": "1.9", "global_step": 7, "state_dict": {f"net.{key}": value for key, value in model.state_dict().items()}, "hyper_parameters": {"optimizer": torch.optim.SGD}}),
        "DataParallel": ("module.", lambda model: nn.DataParallel(model).state_dict()),
        "whole module": ("", lambda model: model),
        "half precision": ("", lambda model: model.half().state_dict()),
        "float64": ("", lambda model: model.double().state_dict()),
        "averaged weights": ("module.", lambda model: torch.optim.swa_utils.AveragedModel(model).state_dict()),
    }
    prefix, make = forms[form]
    bias = bias_of(name)

    def write(folder):
        torch.save(make(build(name)), folder / "model.pt")
        return folder / "model.pt"
    if bias not in build(name).state_dict():
        return Case(f"{form} of {name}", "torchvision", write, read, (), refused="has a weight but no bias")
    return Case(f"{form} of {name}", "torchvision", write, read, (prefix + bias,))


def initializers(path):
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(str(path)).graph.initializer}


def onnx_case(name):
    def write(folder):
        torch.onnx.export(build(name), example(name), str(folder / "model.onnx"), opset_version=13)
        return folder / "model.onnx"
    bias = bias_of(name)
    # The default exporter of PyTorch 2 drops biases of zeros.
    if not torch.__version__.startswith("1.") and not build(name).state_dict()[bias].any():
        return Case(f"ONNX of {name}", "torch.onnx", write, initializers, (), refused="drop a bias that is all zeros")
    return Case(f"ONNX of {name}", "torch.onnx", write, initializers, (bias,))


def several(name, make, names):
    def write(folder):
        torch.manual_seed(0)
        torch.save(make().state_dict(), folder / "model.pt")
        return folder / "model.pt"
    return Case(f"state dict of {name}", "torchvision", write, read, names, asks=len(names) > 1)


def script(frozen):
    def write(folder):
        made = torch.jit.script(build("mobilenet_v3_small"))
        (torch.jit.freeze(made) if frozen else made).save(str(folder / "model.pt"))
        return folder / "model.pt"
    read_script = lambda path: arrays(dict(torch.jit.load(str(path)).state_dict()))
    if frozen:
        return Case("TorchScript, frozen", "PyTorch", write, read_script, (), refused="before torch.jit.freeze", way=lambda _: script(False))
    return Case("TorchScript, scripted", "PyTorch", write, read_script, (bias_of("mobilenet_v3_small"),))


def legacy(folder):
    torch.save(build("resnet18").state_dict(), folder / "legacy.pt", _use_new_zipfile_serialization=False)
    return folder / "legacy.pt"


def legacy_way(_):
    def write(folder):
        torch.save(torch.load(legacy(folder)), folder / "new.pt")
        return folder / "new.pt"
    return Case("torch.load and torch.save", "PyTorch", write, read, ("fc.bias",))


def mlp():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))


def quantised(folder):
    torch.save(torch.quantization.quantize_dynamic(mlp()).state_dict(), folder / "model.pt")
    return folder / "model.pt"


def quantised_way(_):
    packed = "2._packed_params._packed_params.1"
    return Case("with --tensor", "PyTorch", quantised, read, (packed,), flags=("--tensor", packed))


def pickled(dump, ending, make):
    def write(folder):
        path = folder / f"model.{ending}"
        dump(make().fit(np.arange(12).reshape(6, 2), [0, 1, 2, 0, 1, 2]), path)
        return path
    return write


def to_pickle(model, path):
    path.write_bytes(pickle.dumps(model))


def cases():
    for name in images + videos:
        yield saved("state dict", name)
    for name in exported:
        yield onnx_case(name)
    for form in ("checkpoint with optimizer", "Lightning's checkpoint", "DataParallel", "whole module", "half precision", "float64", "averaged weights"):
        for name in ("resnet18", "mobilenet_v3_small", "squeezenet1_1"):
            yield saved(form, name)
    seg, det = torchvision.models.segmentation, torchvision.models.detection
    none = dict(weights=None, weights_backbone=None, num_classes=3)
    yield several("googlenet", lambda: torchvision.models.googlenet(num_classes=3, init_weights=False), ("fc.bias", "aux1.fc2.bias", "aux2.fc2.bias"))
    yield several("inception_v3", lambda: torchvision.models.inception_v3(num_classes=3, init_weights=False), ("fc.bias", "AuxLogits.fc.bias"))
    yield several("fcn_resnet50 with an auxiliary head", lambda: seg.fcn_resnet50(aux_loss=True, **none), ("classifier.4.bias", "aux_classifier.4.bias"))
    yield several("deeplabv3_mobilenet_v3_large", lambda: seg.deeplabv3_mobilenet_v3_large(**none), ("classifier.4.bias",))
    yield several("fasterrcnn_mobilenet_v3_large_fpn", lambda: det.fasterrcnn_mobilenet_v3_large_fpn(**none), ("roi_heads.box_predictor.cls_score.bias", "roi_heads.box_predictor.bbox_pred.bias", "rpn.head.cls_logits.bias", "rpn.head.bbox_pred.bias"))
    yield several("retinanet_resnet50_fpn", lambda: det.retinanet_resnet50_fpn(**none), ("head.classification_head.cls_logits.bias", "head.regression_head.bbox_reg.bias"))
    yield several("ssdlite320_mobilenet_v3_large", lambda: det.ssdlite320_mobilenet_v3_large(**none), tuple(f"head.{kind}_head.module_list.{i}.1.bias" for kind in ("classification", "regression") for i in range(6)))
    yield script(False)
    yield script(True)
    yield Case("torch.save before 1.6", "PyTorch", legacy, None, (), refused="before version 1.6", way=legacy_way)
    yield Case("dynamically quantised state dict", "PyTorch", quantised, None, (), refused="--tensor", way=quantised_way)
    for name, make in (("LogisticRegression", LogisticRegression), ("MLPClassifier", MLPClassifier), ("pipeline", lambda: make_pipeline(StandardScaler(), LogisticRegression()))):
        yield Case(f"pickle of {name}", "scikit-learn", pickled(to_pickle, "pkl", make), None, (), refused="scikit-learn")
        yield Case(f"joblib of {name}", "scikit-learn", pickled(joblib.dump, "joblib", make), None, (), refused="scikit-learn")
    yield Case("compressed joblib", "scikit-learn", pickled(lambda model, path: joblib.dump(model, path, compress=3), "joblib", LogisticRegression), None, (), refused="joblib")
