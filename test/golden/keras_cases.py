"""Keras's own layers on its numpy backend, in float32 as users run them, and so compared as float32 is.

Its torch backend is no oracle: float32 whatever the dtype, and LayerNormalization fails there on inner axes (3.12); RMSNormalization fails on
them everywhere, and unsorted axes are not sorted in 3.12 (later versions do), so they are not asked for."""

import numpy as np
from keras import layers

from codec import encode, generator, single

# norm, Keras layer and its options, shape, the pack's options, steps of training (None: inference from a memory)
CASES = [
    ("batch", layers.BatchNormalization, [8, 5], {"axis": -1, "epsilon": 1e-3, "momentum": 0.99}, True),
    ("batch", layers.BatchNormalization, [4, 6, 7], {"axis": -1, "epsilon": 1e-3, "momentum": 0.9}, True),
    ("batch", layers.BatchNormalization, [3, 5, 4, 6], {"axis": 1, "epsilon": 1e-5, "momentum": 0.5}, True),
    ("batch", layers.BatchNormalization, [2, 3, 4, 2, 7], {"axis": -1, "epsilon": 1e-3, "momentum": 0.9}, True),
    ("batch", layers.BatchNormalization, [8, 5], {"axis": -1, "epsilon": 1e-3}, False),
    ("batch", layers.BatchNormalization, [3, 5, 4, 6], {"axis": 1, "epsilon": 1e-5}, False),
    ("layer", layers.LayerNormalization, [6, 9], {"axis": -1, "epsilon": 1e-3}, None),
    ("layer", layers.LayerNormalization, [3, 4, 5], {"axis": [1, 2], "epsilon": 1e-3}, None),
    ("layer", layers.LayerNormalization, [3, 4, 5, 2], {"axis": [1, 2], "epsilon": 1e-5}, None),
    ("layer", layers.LayerNormalization, [3, 4, 5, 2], {"axis": 1, "epsilon": 1e-3}, None),
    ("rms", layers.RMSNormalization, [6, 9], {"axis": -1, "epsilon": 1e-6}, None),
    ("rms", layers.RMSNormalization, [3, 4, 5], {"axis": [1, 2], "epsilon": 1e-6}, None),
    ("rms", layers.RMSNormalization, [3, 4, 5, 2], {"axis": [-2, -1], "epsilon": 1e-3}, None),
    ("group", layers.GroupNormalization, [2, 5, 6], {"axis": -1, "groups": 3, "epsilon": 1e-3}, None),
    ("group", layers.GroupNormalization, [2, 8, 3, 5], {"axis": 1, "groups": 4, "epsilon": 1e-5}, None),
    ("group", layers.GroupNormalization, [2, 3, 2, 3, 10], {"axis": -1, "groups": 5, "epsilon": 1e-3}, None),
    ("group", layers.GroupNormalization, [4, 12], {"axis": -1, "groups": 1, "epsilon": 1e-3}, None),
    ("instance", layers.GroupNormalization, [2, 5, 7], {"axis": -1, "epsilon": 1e-3}, None),
    ("instance", layers.GroupNormalization, [2, 3, 4, 5], {"axis": 1, "epsilon": 1e-3}, None),
    ("instance", layers.GroupNormalization, [2, 2, 3, 4, 3], {"axis": -1, "epsilon": 1e-5}, None),
]
OURS = {"gamma": "gamma", "beta": "beta", "scale": "gamma", "moving_mean": "mean", "moving_variance": "variance"}
RESULTS = {"moving_mean": "movingMean", "moving_variance": "movingVariance"}


def layer_of(norm, kind, options):
    arguments = {**options, **({"groups": -1} if norm == "instance" else {})}
    return kind(**arguments)


def draw(layer, shape, source):
    inputs = {"x": single(source.standard_normal(shape) * 2 + 0.5)}
    for variable in layer.weights:
        name = OURS[variable.name]
        values = source.uniform(0.5, 2, variable.shape) if name != "beta" else source.standard_normal(variable.shape)
        inputs[name] = single(values)
        variable.assign(inputs[name].astype(np.float32))
    return inputs


def case_of(norm, kind, shape, options, training, name):
    layer = layer_of(norm, kind, options)
    layer.build(shape)
    inputs = draw(layer, shape, generator(name))
    x = inputs["x"].astype(np.float32)
    y = layer(x) if training is None else layer(x, training=training)
    expected = {"y": np.asarray(y)}
    if training:
        expected |= {RESULTS[v.name]: np.asarray(v.value) for v in layer.weights if v.name in RESULTS}
    case = {"id": name, "norm": norm, "oracle": "keras", "kind": "keras", "rank": len(shape), "axis": options["axis"]}
    case |= {"options": options, "through": "layer" if training else "op"}
    case["inputs"] = {k: encode(v) for k, v in inputs.items()}
    case["expected"] = {k: encode(v) for k, v in expected.items()}
    return case


def keras_cases():
    for index, (norm, kind, shape, options, training) in enumerate(CASES):
        yield case_of(norm, kind, shape, options, training, f"{norm}/keras/{index}-{'x'.join(map(str, shape))}")
