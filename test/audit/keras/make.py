"""Writes mobilenetV2.json.gz: the topology of Keras's own MobileNetV2 (width 0.35, 96 x 96 x 3), in two dialects.

`keras` is what Keras 3 writes (`model.to_json()`), which tfjs 4.22 cannot load. `modelTopology` is the same network in the layout of
Keras 2 and tfjs, made from it by the few changes below, and `weights` lists each weight with its shape in the order of Keras. No
weights are in the file: network.ts draws them from a seed, which is smaller, and as good for what is tested.

    python3 -m venv .cache/keras && .cache/keras/bin/pip install -r test/audit/keras/requirements.txt
    KERAS_BACKEND=jax .cache/keras/bin/python test/audit/keras/make.py
"""

import gzip
import json
from pathlib import Path

import keras

HERE = Path(__file__).parent
SILENT = ("module", "registered_name", "build_config")


def histories(value):
    """The [name, node, tensor] of every tensor among a layer's arguments."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return [value["config"]["keras_history"]]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [history for entry in inner for history in histories(entry)]


def plain(value):
    """Objects without what Keras 2 does not have; a dtype policy as the name of its dtype."""
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "DTypePolicy":
        return value["config"]["name"]
    return {key: plain(entry) for key, entry in value.items() if key not in SILENT}


def layer_of(layer):
    """One layer in the layout of Keras 2."""
    nodes = [[[*history, {}] for history in histories(node["args"])] for node in layer["inbound_nodes"]]
    layer = plain(layer)
    config = layer["config"]
    if "batch_shape" in config:
        config["batch_input_shape"] = config.pop("batch_shape")
    layer["inbound_nodes"] = [node for node in nodes if node]
    return layer


def pairs(ends):
    return [ends] if isinstance(ends[0], str) else ends


def name_of(layer, weight):
    """Keras 3 calls the kernel of a depthwise convolution `kernel`, Keras 2 and tfjs `depthwise_kernel`."""
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D) and weight.name == "kernel"
    return f"{layer.name}/{'depthwise_kernel' if depthwise else weight.name}"


def main():
    model = keras.applications.MobileNetV2(input_shape=(96, 96, 3), alpha=0.35, weights=None, classes=10)
    topology = json.loads(model.to_json())
    config = topology["config"]
    functional = {
        "name": config["name"],
        "trainable": True,
        "layers": [layer_of(layer) for layer in config["layers"]],
        "input_layers": pairs(config["input_layers"]),
        "output_layers": pairs(config["output_layers"]),
    }
    weights = [
        {"name": name_of(layer, weight), "shape": list(weight.shape)}
        for layer in model.layers
        for weight in layer.weights
    ]
    made = {
        "keras": topology,
        "modelTopology": {"class_name": "Model", "config": functional, "keras_version": "2.15.0", "backend": "tensorflow"},
        "weights": weights,
        "kerasVersion": keras.__version__,
    }
    data = json.dumps(made, separators=(",", ":")).encode()
    # A fixed time: the same network makes the same bytes.
    (HERE / "mobilenetV2.json.gz").write_bytes(gzip.compress(data, 9, mtime=0))


main()
