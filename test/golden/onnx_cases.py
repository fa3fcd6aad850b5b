"""The node tests that the onnx package carries (Apache-2.0), decoded as they are: inputs, outputs, attributes."""

import pathlib

import onnx
from onnx import numpy_helper

from codec import encode

NORMS = {
    "BatchNormalization": "batch",
    "GroupNormalization": "group",
    "InstanceNormalization": "instance",
    "LayerNormalization": "layer",
    "RMSNormalization": "rms",
}
INPUTS = {"batch": ["x", "gamma", "beta", "mean", "variance"], "rms": ["x", "gamma"]}


def tensors(folder, kind):
    files = sorted(folder.glob(f"{kind}_*.pb"), key=lambda f: int(f.stem.split("_")[1]))
    return [numpy_helper.to_array(onnx.load_tensor(str(f))) for f in files]


def options_of(norm, attributes, rank):
    """ONNX has channels at 1; its layer and RMS norm average from `axis` to the end. Its epsilons are float32."""
    options = {"epsilon": attributes.get("epsilon", 1e-5), "axis": 1}
    if norm == "group":
        options["groups"] = attributes["num_groups"]
    if norm in ("layer", "rms"):
        options["axis"] = list(range(attributes.get("axis", -1) % rank, rank))
    return options


def case_of(folder, node, norm):
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    given, outputs = tensors(folder / "test_data_set_0", "input"), tensors(folder / "test_data_set_0", "output")
    options = options_of(norm, attributes, given[0].ndim)
    inputs = dict(zip(INPUTS.get(norm, ["x", "gamma", "beta"]), given))
    expected = {"y": outputs[0]}
    training = bool(attributes.get("training_mode"))
    if training:
        options["momentum"] = attributes.get("momentum", 0.9)
        expected |= {"movingMean": outputs[1], "movingVariance": outputs[2]}
    name = folder.name.removeprefix("test_")
    case = {"id": f"{norm}/onnx/{name}", "norm": norm, "oracle": "onnx", "kind": "onnx", "rank": given[0].ndim}
    case |= {"axis": options["axis"], "options": options, "through": "layer" if training else "op"}
    case["inputs"] = {k: encode(v) for k, v in inputs.items()}
    case["expected"] = {k: encode(v) for k, v in expected.items()}
    return case


def onnx_cases():
    """`_expanded` folders hold the same data with the operator spelt out in others."""
    for folder in sorted(pathlib.Path(onnx.__file__).parent.glob("backend/test/data/node/test_*")):
        if "_expanded" in folder.name or "normalization" not in folder.name and "norm" not in folder.name:
            continue
        nodes = onnx.load(str(folder / "model.onnx")).graph.node
        if len(nodes) == 1 and nodes[0].op_type in NORMS:
            yield case_of(folder, nodes[0], NORMS[nodes[0].op_type])
