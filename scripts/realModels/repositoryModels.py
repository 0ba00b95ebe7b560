"""Model files that public repositories hold, written by the versions of Keras, PyTorch and TensorFlow.js of their time.

REPOSITORIES names a folder of clones, OWNER+NAME/repo, as `git clone --bare` makes them. What a file's output is was read
from the code of the repository that loads it.
"""
import json
import os
import pathlib
import subprocess

import numpy as np

from .case import Case

clones = pathlib.Path(os.environ.get("REPOSITORIES", ""))
burn, tract, human, faces = "tracel-ai+burn", "sonos+tract", "vladmandic+human", "oarriaga+face_classification"
stored, reader = "crates/burn-store/pytorch-tests/tests", "crates/burn-store/src/pytorch/tests/reader/test_data"


def torch_arrays(path):
    import torch
    from .architectureModels import arrays
    return arrays(torch.load(path))


def safetensors_arrays(path):
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    return {name: np.frombuffer(content[start:][slice(*one["data_offsets"])], "<f4") for name, one in header.items() if name != "__metadata__"}


def onnx_arrays(path):
    from .architectureModels import initializers
    return initializers(path)


def hdf5_arrays(path):
    import h5py
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def tfjs_arrays(path):
    found = {}
    for group in json.loads(path.read_text())["weightsManifest"]:
        content, at = b"".join((path.parent / name).read_bytes() for name in group["paths"]), 0
        for weight in group["weights"]:
            dtype = np.dtype(weight.get("quantization", weight)["dtype"])
            size = int(np.prod(weight["shape"], dtype=int)) * dtype.itemsize
            found[weight["name"]], at = np.frombuffer(content[at : at + size], dtype), at + size
        assert at == len(content)
    return found


readers = {".pt": torch_arrays, ".safetensors": safetensors_arrays, ".onnx": onnx_arrays, ".hdf5": hdf5_arrays, ".json": tfjs_arrays}


def show(repository, path):
    return subprocess.run(["git", "-C", clones / repository / "repo", "show", f"HEAD:{path}"], capture_output=True, check=True).stdout


def case(repository, path, *biases, refused=None, beside=(), **options):
    def write(folder):
        for name in (path, *beside):
            (folder / pathlib.Path(name).name).write_bytes(show(repository, name))
        return folder / pathlib.Path(path).name
    return Case(f"{repository.replace('+', '/')}: {path}", "repository", write, readers.get(pathlib.Path(path).suffix), biases, refused=refused, **options)


set_files = {
    f"{stored}/complex_nested/complex_nested.pt": "fc2.bias", f"{stored}/enum_module/enum_depthwise_false.pt": "conv.bias",
    f"{stored}/enum_module/enum_depthwise_true.pt": "conv.pconv.bias", f"{stored}/linear/linear_with_bias.pt": "fc1.bias",
    f"{stored}/missing_module_field/missing_module_field.pt": "conv1.bias", f"{stored}/non_contiguous_indexes/non_contiguous_indexes.pt": "fc.8.bias",
    f"{stored}/top_level_key/top_level_key.pt": "my_state_dict.conv1.bias", f"{reader}/checkpoint.pt": "model_state_dict.fc2.bias",
    f"{reader}/nested_dict.pt": "layer2.bias", f"{reader}/state_dict.pt": "bias",
    "crates/burn-store/src/pytorch/tests/store/test_data/model_without_enum_variants.pt": "classifier.bias",
    "crates/burn-store/safetensors-tests/tests/multi_layer/multi_layer.safetensors": "fc1.bias",
}
refused_files = {
    **{f"{stored}/{name}/{name}.pt": "choose one with --output" for name in ("conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "linear", "key_remap")},
    **{f"{stored}/{name}/{name}.pt": "no bias at all" for name in ("boolean", "buffer", "embedding", "integer")},
    **{f"{stored}/{name}.pt": "no tensor looks like" for name in ("layer_norm/layer_norm", "group_norm/group_norm", "batch_norm/batch_norm2d")},
    **{f"{reader}/{name}.pt": "no bias at all" for name in ("bfloat16", "bool", "float16", "float64", "int8", "tensor_4d", "large_shape", "scalar", "empty")},
    **{f"{reader}/{name}.pt": "before version 1.6" for name in ("simple_legacy", "legacy_with_offsets", "legacy_shared_storage")},
    f"{reader}/broken.pt": "unknown format",
    **{f"examples/import-model-weights/weights/mnist.{ending}": "norm2 looks like a normalisation" for ending in ("pt", "safetensors")},
}
onnx_cases = "onnx/test_cases"
refused_networks = {
    "averagepool_count_include_pad": "AveragePool", "deconv_group": "--add-bias", "lgbm_classifier_tensor": "2 outputs", "lgbm_regressor_tensor": "--tensor",
    "linear_classifier": "2 outputs", "linear_regressor": "no training to start", "xgboost_classifier_tree": "2 outputs", "xgboost_regressor_tree": "no training to start",
    "qlstm_3-2-3_T3_S1": "before quanti", "qrelu_1": "before quanti", "qsigmoid_1": "before quanti", "qtanh_1": "before quanti", "qtdnn_10x5_101_i32_biases": "before quanti",
}

trained_faces = {
    "fer2013_mini_XCEPTION.119-0.65": "conv2d_7/conv2d_7", "emotion_models/fer2013_mini_XCEPTION.102-0.66": "conv2d_7/conv2d_7_1",
    "emotion_models/mini_XCEPTION_KDEF": "conv2d_7/conv2d_7", "emotion_models/tiny_XCEPTION_KDEF": "conv2d_7/conv2d_7",
    "fer2013_big_XCEPTION.54-0.66": "conv2d_5/conv2d_5_1", "gender_models/gender_mini_XCEPTION.21-0.95": "conv2d_7/conv2d_7",
}


def cases():
    if not (clones / burn / "repo").exists():
        raise ImportError("REPOSITORIES names no folder of clones")
    for path, bias in set_files.items():
        yield case(burn, path, bias)
    yield case(burn, f"{reader}/complex_structure.pt", "state.decoder.bias", "state.encoder.layer_0.bias", asks=True)
    for path, refused in refused_files.items():
        yield case(burn, path, refused=refused)
    yield case(tract, "examples/keras-tract-tf2/example.onnx", "sequential/dense_1/BiasAdd/ReadVariableOp:0")
    yield case(tract, f"{onnx_cases}/byte_sb_bidi_lstm/model.onnx", "out.bias")
    for name, refused in refused_networks.items():
        yield case(tract, f"{onnx_cases}/{name}/model.onnx", refused=refused)
    for name in ("tensorflow/benches/hey_snips_3.pb", "tensorflow/tests/models/plus3.pb"):
        yield case(tract, name, refused="frozen graph")
    for name, bias in (("antispoof", "unknown_8"), ("emotion", "unknown_44"), ("liveness", "StatefulPartitionedCall/sequential_1/dense_2/BiasAdd/ReadVariableOp")):
        yield case(human, f"models/{name}.json", bias, beside=(f"models/{name}.bin",))
    for name, bias in trained_faces.items():
        yield case(faces, f"trained_models/{name}.hdf5", f"model_weights/{bias}/bias:0")
