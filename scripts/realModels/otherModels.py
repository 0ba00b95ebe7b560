"""Flax, scikit-learn, LightGBM and formats that baserate names and refuses."""
import pickle

import flax.linen as nn
import flax.serialization
import jax
import jax.numpy as jnp
import joblib
import lightgbm
import numpy as np
import sklearn.linear_model
import sklearn.neural_network

from .case import Case


class Mlp(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3, name="head")(nn.relu(nn.Dense(8)(x)))


class Two(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(8)(x))
        return nn.Dense(3, name="cls")(x), nn.Dense(4, name="reg")(x)


def parameters(module):
    return module.init(jax.random.key(0), jnp.zeros((1, 4)))


def leaves(value, prefix=""):
    if isinstance(value, dict):
        return {name: leaf for key, child in value.items() for name, leaf in leaves(child, f"{prefix}{key}/").items()}
    return {prefix[:-1]: np.asarray(value)}


def read_msgpack(path):
    return leaves(flax.serialization.msgpack_restore(path.read_bytes()))


def msgpack(name, module, biases, **options):
    def write(folder):
        (folder / "model.msgpack").write_bytes(flax.serialization.to_bytes(parameters(module)))
        return folder / "model.msgpack"
    return Case(f"msgpack of {name}", "Flax", write, read_msgpack, biases, **options)


def write_orbax(folder):
    import orbax.checkpoint as ocp
    checkpointer = ocp.StandardCheckpointer()
    checkpointer.save(folder / "orbax", parameters(Mlp()))
    checkpointer.wait_until_finished()
    return folder / "orbax"


def orbax_way(folder):
    def write(folder):
        import orbax.checkpoint as ocp
        restored = ocp.StandardCheckpointer().restore(write_orbax(folder))
        (folder / "params.msgpack").write_bytes(flax.serialization.to_bytes(restored))
        return folder / "params.msgpack"
    return Case("to_bytes", "Flax", write, read_msgpack, ("params/head/bias",))


def written(name, content):
    def write(folder):
        path = folder / name
        value = content()
        if isinstance(value, bytes):
            path.write_bytes(value)
        else:
            value(path)
        return path
    return write


def fitted(kind=sklearn.linear_model.LogisticRegression):
    return kind().fit(np.arange(12).reshape(6, 2), [0, 1, 2, 0, 1, 2])


def boosted():
    data = lightgbm.Dataset(np.random.default_rng(0).normal(size=(60, 2)), np.tile([0, 1], 30))
    return lightgbm.train({"objective": "binary", "verbose": -1, "min_data_in_leaf": 2}, data, 2)


def npz(names):
    def write(folder):
        shapes = [(4, 8), (8,), (8, 3), (3,)]
        np.savez(folder / "model.npz", **{name: np.random.default_rng(i).normal(size=shape).astype(np.float32) for i, (name, shape) in enumerate(zip(names, shapes))})
        return folder / "model.npz"
    return write


def cases():
    yield msgpack("linen parameters", Mlp(), ("params/head/bias",))
    yield msgpack("linen parameters of two heads", Two(), ("params/cls/bias", "params/reg/bias"), asks=True)
    yield Case("Orbax checkpoint", "Flax", write_orbax, None, (), refused="Orbax", way=orbax_way)
    yield Case("pickle of Flax parameters", "Flax", written("params.pkl", lambda: pickle.dumps(jax.tree.map(np.asarray, parameters(Mlp())))), None, (), refused="pickle", way=lambda folder: msgpack("linen parameters", Mlp(), ("params/head/bias",)))
    yield Case("pickle of a scikit-learn model", "scikit-learn", written("model.pkl", lambda: pickle.dumps(fitted())), None, (), refused="scikit-learn")
    yield Case("joblib of a scikit-learn model", "scikit-learn", written("model.joblib", lambda: lambda path: joblib.dump(fitted(), path)), None, (), refused="scikit-learn")
    yield Case("compressed joblib of a scikit-learn model", "scikit-learn", written("model.joblib", lambda: lambda path: joblib.dump(fitted(), path, compress=3)), None, (), refused="joblib")
    yield Case("LightGBM's text", "LightGBM", written("model.txt", lambda: boosted().model_to_string().encode()), None, (), refused="LightGBM")
    yield Case("GGUF (header only)", "llama.cpp's layout", written("model.gguf", lambda: b"GGUF" + (3).to_bytes(4, "little") + bytes(16)), None, (), refused="GGUF")
    for names in (("hidden/kernel:0", "hidden/bias:0", "head/kernel:0", "head/bias:0"), ("l1.w", "l1.b", "l2.w", "l2.b"), ("W1", "b1", "W2", "b2")):
        yield Case(f".npz with {names[-1]}", "NumPy", npz(names), lambda path: dict(np.load(path)), (names[-1],))
