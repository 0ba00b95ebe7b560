"""Keras and TensorFlow: .keras, .h5 and weights files, SavedModels, checkpoints, TensorFlow Lite."""
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
import tensorflow as tf

from .case import Case

layers = keras.layers


def mlp(units=3, activation="softmax"):
    return keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="relu", name="hidden"), layers.Dense(units, activation=activation, name="probabilities")], name="mlp")


def variables(model):
    """Weights by layer and name; a model's own name in front depends on how many were made before."""
    values = {}
    for i, variable in enumerate(model.weights):
        name = "/".join(variable.path.split("/")[-2:])
        values[name if name not in values else f"{name} {i}"] = np.asarray(variable)
    return values


def model_case(name, build, biases, ending="keras", **options):
    def write(folder):
        keras.utils.set_random_seed(0)
        build().save(folder / f"model.{ending}")
        return folder / f"model.{ending}"
    return Case(f"{name} (.{ending})", "Keras", write, lambda path: (keras.backend.clear_session(), variables(keras.models.load_model(path, compile=False)))[1], biases, **options)


def weights_case(name, build, biases, **options):
    def write(folder):
        keras.utils.set_random_seed(0)
        build().save_weights(folder / "model.weights.h5")
        return folder / "model.weights.h5"

    def read(path):
        model = build()
        model.load_weights(path)
        return variables(model)
    return Case(f"{name} (.weights.h5)", "Keras", write, read, biases, **options)


def two_outputs():
    x = keras.Input((4,))
    h = layers.Dense(8, activation="relu", name="hidden")(x)
    return keras.Model(x, {"a": layers.Dense(3, activation="softmax", name="first")(h), "b": layers.Dense(2, name="second")(h)})


def shared_head():
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    head = layers.Dense(3, activation="softmax", name="head")
    return keras.Model([x, y], {"a": head(layers.Dense(8, name="left")(x)), "b": head(layers.Dense(8, name="right")(y))})


def nested():
    return keras.Sequential([keras.Input((32, 32, 3)), keras.applications.MobileNetV2(include_top=False, weights=None, alpha=0.35, input_shape=(32, 32, 3)), layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(3, name="label")])


def normalised():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, name="label"), layers.BatchNormalization(name="norm"), layers.Softmax()])


def unet():
    x = keras.Input((16, 16, 3))
    a = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    b = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.MaxPooling2D()(a))
    c = layers.Concatenate()([a, layers.UpSampling2D()(b)])
    return keras.Model(x, layers.Conv2D(3, 1, activation="softmax", name="classes")(c))


def recurrent():
    return keras.Sequential([keras.Input((10,)), layers.Embedding(30, 8), layers.Bidirectional(layers.LSTM(4)), layers.Dense(1, activation="sigmoid", name="flag")])


def application(name, **options):
    return lambda: getattr(keras.applications, name)(weights=None, classes=3, **options)


def exported(keep):
    def write(folder):
        keras.utils.set_random_seed(0)
        model = mlp()
        if keep == "export":
            model.export(folder / "saved", verbose=False)
        else:
            tf.saved_model.save(model, folder / "saved")
        return folder / "saved"
    return write


def read_saved(path):
    """What the SavedModel predicts for zeros, where only biases act, and its variables by their names."""
    loaded = tf.saved_model.load(path)
    values = {}
    for variable in loaded.signatures["serving_default"].variables:
        values.setdefault(variable.name.removesuffix(":0").removesuffix("_1"), np.asarray(variable))
    return values


def write_checkpoint(optimizer):
    def write(folder):
        keras.utils.set_random_seed(0)
        model = mlp()
        if optimizer:
            model.compile("adam", "mse")
            model.fit(np.zeros((2, 4)), np.zeros((2, 3)), verbose=0)
            tf.train.Checkpoint(model=model, optimizer=model.optimizer).write(folder / "ckpt")
        else:
            tf.train.Checkpoint(model=model).write(folder / "ckpt")
        return folder / "ckpt.index"
    return write


def read_checkpoint(path):
    model = mlp()
    tf.train.Checkpoint(model=model).read(str(path).removesuffix(".index")).expect_partial()
    return variables(model)


class Linear(tf.Module):
    def __init__(self):
        super().__init__(name="net")
        self.hidden_kernel, self.hidden_bias = tf.Variable(tf.random.normal((4, 8)), name="hidden/kernel"), tf.Variable(tf.zeros(8), name="hidden/bias")
        self.kernel, self.bias = tf.Variable(tf.random.normal((8, 3)), name="head/kernel"), tf.Variable(tf.zeros(3), name="head/bias")

    @tf.function(input_signature=[tf.TensorSpec((None, 4))])
    def __call__(self, x):
        return tf.nn.relu(x @ self.hidden_kernel + self.hidden_bias) @ self.kernel + self.bias


kept = []


def write_module(folder):
    module = Linear()
    kept.append(module)
    tf.saved_model.save(module, folder / "saved", signatures=module.__call__.get_concrete_function())
    return folder / "saved"


def write_lite(folder):
    (folder / "model.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(mlp()).convert())
    return folder / "model.tflite"


def write_frozen(folder):
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    function = tf.function(mlp()).get_concrete_function(tf.TensorSpec((None, 4)))
    frozen = convert_variables_to_constants_v2(function)
    (folder / "frozen.pb").write_bytes(frozen.graph.as_graph_def().SerializeToString())
    return folder / "frozen.pb"


def cases():
    for ending in ("keras", "h5"):
        yield model_case("an MLP", mlp, ("probabilities/bias",), ending)
        yield model_case("two outputs", two_outputs, ("first/bias", "second/bias"), ending, asks=True)
        yield model_case("a head shared by two outputs", shared_head, ("head/bias",), ending, asks=True)
        yield model_case("MobileNetV2 within a Sequential", nested, ("label/bias",), ending)
        yield model_case("a normalisation behind the last layer", normalised, (), ending, refused="cancels that bias")
        yield model_case("a U-Net", unet, ("classes/bias",), ending)
        yield model_case("an LSTM", recurrent, ("flag/bias",), ending)
    for name, options in (("MobileNetV3Small", dict(input_shape=(32, 32, 3))), ("EfficientNetB0", dict(input_shape=(32, 32, 3))), ("ResNet50V2", dict(input_shape=(32, 32, 3))), ("DenseNet121", dict(input_shape=(32, 32, 3))), ("ConvNeXtTiny", dict(input_shape=(32, 32, 3)))):
        yield model_case(f"keras.applications.{name}", application(name, **options), ({"MobileNetV3Small": "logits/bias", "ConvNeXtTiny": "convnext_tiny_head_dense/bias"}.get(name, "predictions/bias"),))
    yield weights_case("an MLP", mlp, ("probabilities/bias",))
    yield weights_case("two outputs", two_outputs, ("first/bias", "second/bias"), asks=True)
    yield Case("SavedModel of Keras's export", "TensorFlow", exported("export"), read_saved, ("mlp/probabilities/bias",))
    yield Case("SavedModel of tf.saved_model.save", "TensorFlow", exported("save"), read_saved, ("mlp/probabilities/bias",))
    yield Case("SavedModel of a tf.Module", "TensorFlow", write_module, read_saved, ("head/bias",))
    yield Case("checkpoint", "TensorFlow", write_checkpoint(False), read_checkpoint, ("probabilities/bias",))
    yield Case("checkpoint with its optimizer", "TensorFlow", write_checkpoint(True), read_checkpoint, ("probabilities/bias",))
    yield Case("TensorFlow Lite", "TensorFlow", write_lite, None, (), refused="TensorFlow Lite", way=lambda folder: model_case("an MLP", mlp, ("probabilities/bias",)))
    yield Case("frozen graph (.pb)", "TensorFlow", write_frozen, None, (), refused="frozen graph", way=lambda folder: model_case("an MLP", mlp, ("probabilities/bias",)))
