"""ONNX: PyTorch's exports, quantised by ONNX Runtime in each of its ways, optimised by it, and its own format."""
import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime import quantization as q

from .case import Case
from .torchModels import mlp, timm


def initializers(path):
    model = onnx.load(path)
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def cnn():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(8, 3))


def three_dimensional():
    """Linear on sequences is exported as MatMul and Add."""
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))


networks = {"mlp": (mlp, (2, 4)), "cnn": (cnn, (2, 3, 16, 16)), "sequence": (three_dimensional, (2, 5, 4))}


def export(kind, path, softmax=False, dynamo=True):
    torch.manual_seed(0)
    build, shape = networks[kind]
    model = build().eval()
    if softmax:
        model = torch.nn.Sequential(model, torch.nn.Softmax(-1))
    torch.onnx.export(model, (torch.zeros(shape),), path, dynamo=dynamo, input_names=["x"], output_names=["y"], verbose=False, external_data=False)
    return path


class Data(q.CalibrationDataReader):
    def __init__(self, shape):
        self.rows = iter([{"x": np.random.default_rng(i).normal(size=shape).astype(np.float32)} for i in range(4)])

    def get_next(self):
        return next(self.rows, None)


def onnx_case(name, write, units=3, **options):
    """The output bias is found by running: ONNX files name it as they like. `biases` is a mark for that."""
    return Case(name, "ONNX", write, run, ("shift",), **options)


def run(path):
    """The model's outputs before softmax, for fixed inputs: a bias shifts each by its own constant."""
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    shape = next(shape for kind, (_, shape) in networks.items() if len(shape) == len(given.shape) and (len(given.shape) != 3 or kind == "sequence"))
    x = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    return {"y": session.run(None, {given.name: x})[0]}


def dynamic(kind, weight=q.QuantType.QInt8):
    def write(folder):
        # The shapes that PyTorch's new exporter notes make quantize_dynamic fail where it splits a Gemm.
        export(kind, folder / "float.onnx", dynamo=False)
        q.quantize_dynamic(folder / "float.onnx", folder / "model.onnx", weight_type=weight)
        return folder / "model.onnx"
    return write


def static(kind, form):
    def write(folder):
        export(kind, folder / "float.onnx")
        q.quantize_static(folder / "float.onnx", folder / "model.onnx", Data(networks[kind][1]), quant_format=form)
        return folder / "model.onnx"
    return write


def optimised(kind, quantised, level=ort.GraphOptimizationLevel.ORT_ENABLE_ALL):
    def write(folder):
        source = dynamic(kind)(folder) if quantised else export(kind, folder / "float.onnx")
        options = ort.SessionOptions()
        options.optimized_model_filepath = str(folder / "optimised.onnx")
        options.graph_optimization_level = level
        ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        return folder / "optimised.onnx"
    return write


def own_format(folder):
    export("mlp", folder / "float.onnx")
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(folder / "model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    ort.InferenceSession(folder / "float.onnx", options, providers=["CPUExecutionProvider"])
    return folder / "model.ort"


def cases():
    for kind in networks:
        yield onnx_case(f"PyTorch's export of the {kind}", lambda folder, kind=kind: export(kind, folder / "model.onnx"))
        yield onnx_case(f"PyTorch's export by TorchScript of the {kind}", lambda folder, kind=kind: export(kind, folder / "model.onnx", dynamo=False))
        yield onnx_case(f"{kind} after dynamic quantisation to int8", dynamic(kind))
        yield onnx_case(f"{kind} after dynamic quantisation to uint8", dynamic(kind, q.QuantType.QUInt8))
        for form in (q.QuantFormat.QDQ, q.QuantFormat.QOperator):
            yield onnx_case(f"{kind} after static quantisation ({form.name})", static(kind, form), refused="quantise dynamically",
                            way=lambda folder, kind=kind: onnx_case(f"{kind} quantised dynamically", dynamic(kind)))
        yield onnx_case(f"{kind} optimised by ONNX Runtime", optimised(kind, False))
        yield onnx_case(f"{kind} quantised and optimised by ONNX Runtime", optimised(kind, True))
    yield Case("ONNX Runtime's own format (.ort)", "ONNX Runtime", own_format, None, (), refused=r"ONNX Runtime", way=lambda folder: onnx_case("the .onnx file", lambda folder: export("mlp", folder / "model.onnx")))
