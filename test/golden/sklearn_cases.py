"""scikit-learn knows some norms by other names, and has real data: handwritten digits, whose corners are constant 0."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler, normalize

from codec import encode, single


def case_of(norm, options, inputs, y, through="op"):
    shape = inputs["x"].shape
    case = {"id": f"{norm}/scikit-learn/digits", "norm": norm, "oracle": "scikit-learn", "kind": "scikit-learn"}
    case |= {"rank": len(shape), "axis": options["axis"], "options": options, "through": through}
    case["inputs"] = {k: encode(v) for k, v in inputs.items()}
    case["expected"] = {"y": encode(y)}
    return case


def sklearn_cases():
    x = single(load_digits().data[:40])
    # A StandardScaler divides by the biased deviation and leaves a constant column at 0: batch norm at epsilon 0.
    yield case_of("batch", {"axis": -1, "epsilon": 0}, {"x": x}, StandardScaler().fit_transform(x))
    yield case_of("meanOnlyBatch", {"axis": -1}, {"x": x}, StandardScaler(with_std=False).fit_transform(x), "layer")
    # Rows of length 1: an RMS norm over the root of n, and a kernel's outputs of unit g.
    rows = normalize(x)
    yield case_of("rms", {"axis": -1, "epsilon": 0}, {"x": x}, rows * np.sqrt(x.shape[1]))
    yield case_of("weight", {"axis": 0}, {"x": x, "g": np.ones(x.shape[0])}, rows)
