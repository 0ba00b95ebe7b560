"""The original network, built and exported to ONNX by Keras, with the weights of a run's untrained-zero.onnx.

    baserate reproduce --onnx --out original
    KERAS_BACKEND=torch python scripts/kerasOriginal.py original/untrained-zero.onnx keras.onnx
    baserate compare --model keras.onnx --keep-weights --dataset cifar10 --out keras-run
"""
import pathlib
import sys

import keras
import numpy as np
import onnx
from keras import layers
from onnx import numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bench" / "peers"))
from notebook_tensorflow import hidden_layers

source, target = sys.argv[1:]
network = keras.Sequential([*hidden_layers(), layers.Dense(10)])
parameters = [one for one in onnx.load(source).graph.initializer if one.name.endswith((".kernel", ".bias"))]
network.set_weights([numpy_helper.to_array(one) for one in parameters])
network(np.zeros((1, 32, 32, 3), "float32"))
network.export(target, format="onnx")
print(target, "Keras", keras.__version__, "on", keras.backend.backend())
