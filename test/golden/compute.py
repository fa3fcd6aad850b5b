"""Turns a case's description into numbers: inputs drawn, expected values from an oracle, both checked against another."""

import numpy as np
import torch

from codec import encode, generator, single
from formulas import FORMULAS
from library import LIBRARY, trusted

FORMULA = "paper formula under PyTorch autograd"
GRADIENTS = ("x", "gamma", "beta", "rho", "meanWeight", "varianceWeight", "g")


def parameter_axes(spec):
    axis, rank = spec["options"]["axis"], len(spec["shape"])
    return sorted(a % rank for a in (axis if isinstance(axis, list) else [axis]))


def gates(draw, gate, shape):
    if gate == "ends":
        return np.arange(int(np.prod(shape))).reshape(shape) % 2
    return draw.uniform(0.1, 0.9, shape) if gate is None else np.full(shape, gate)


def draw_x(spec, draw):
    if "constant" in spec:
        return np.full(spec["shape"], spec["constant"])
    x = draw.standard_normal(spec["shape"]) * spec.get("std", 1) + spec.get("mean", 0)
    if "nan" in spec:
        x.flat[spec["nan"]] = np.nan
    return x


def inputs_of(spec, name):
    """Parameters that a forgotten one would show in: gamma is neither 1 nor always positive, all differ."""
    draw, norm = generator(name), spec["norm"]
    shape = [spec["shape"][a] for a in parameter_axes(spec)]
    sign = np.where(draw.random(shape) < 0.2, -1, 1)
    drawn = {"x": draw_x(spec, draw), "dy": draw.standard_normal(spec["shape"])}
    if norm == "weight":
        drawn["g"] = draw.uniform(0.5, 2, shape) * sign
    elif norm != "meanOnlyBatch":
        drawn["gamma"] = draw.uniform(0.5, 1.5, shape) * sign
    if norm not in ("weight", "rms"):
        drawn["beta"] = draw.standard_normal(shape)
    if norm == "batchInstance":
        drawn["rho"] = gates(draw, spec.get("rho"), shape)
    if norm == "switchable":
        count = len(spec["options"]["statistics"])
        drawn["meanWeight"], drawn["varianceWeight"] = draw.standard_normal(count), draw.standard_normal(count)
    if spec.get("given") or "momentum" in spec:
        drawn["mean"] = draw.standard_normal(shape) * spec.get("std", 1) + spec.get("mean", 0)
        if norm != "meanOnlyBatch":
            drawn["variance"] = draw.uniform(0.3, 2, shape)
    if spec.get("second"):
        drawn["ddx"] = draw.standard_normal(spec["shape"])
    return {k: single(v) for k, v in drawn.items() if k not in spec.get("without", ())}


def derive(norm, function, inputs, options, second):
    """y, every first derivative of <y, dy>, and where asked every derivative of <dx, ddx>."""
    t = {k: torch.tensor(v, dtype=torch.float64) for k, v in inputs.items()}
    names = [n for n in GRADIENTS if n in t]
    for n in names + ["dy"]:
        t[n].requires_grad_(True)
    y = function({k: v for k, v in t.items() if k not in ("dy", "ddx")}, options)
    grads = torch.autograd.grad(y, [t[n] for n in names], t["dy"], create_graph=second, materialize_grads=True)
    expected = {"y": y, **{"d" + n: g for n, g in zip(names, grads)}}
    if second:
        # beta shifts only, so nothing of dx depends on it; dx of a mean-only norm depends on dy alone.
        wrt = ["dy"] if norm == "meanOnlyBatch" else [n for n in names if n != "beta"] + ["dy"]
        deep = torch.autograd.grad(grads[0], [t[n] for n in wrt], t["ddx"], materialize_grads=True)
        expected |= {"second" + n[0].upper() + n[1:]: g for n, g in zip(wrt, deep)}
    return {k: v.detach().numpy() for k, v in expected.items()}


def agree(name, a, b):
    """The oracle and the formula are two programs; a vector on which they differ is no reference."""
    for key in a:
        scale = max(1.0, np.nanmax(np.abs(b[key]), initial=0.0))
        np.testing.assert_allclose(a[key] / scale, b[key] / scale, rtol=1e-9, atol=2e-9, err_msg=f"{name} {key}")


def with_memory(spec, inputs, options):
    """Keras's convention: moving ← momentum · moving + (1 − momentum) · batch, the variance biased."""
    trained = {k: v for k, v in inputs.items() if k not in ("mean", "variance")}
    expected = derive(spec["norm"], FORMULAS[spec["norm"]], trained, options, False)
    x, keep = inputs["x"], spec["momentum"]
    others = tuple(d for d in range(x.ndim) if d != options["axis"] % x.ndim)
    expected["movingMean"] = keep * inputs["mean"] + (1 - keep) * x.mean(others)
    if "variance" in inputs:
        expected["movingVariance"] = keep * inputs["variance"] + (1 - keep) * x.var(others)
    return {k: expected[k] for k in ("y", "movingMean", "movingVariance") if k in expected}


def case_of(spec, name):
    norm, options = spec["norm"], spec["options"]
    inputs = inputs_of(spec, name)
    oracle, second = FORMULA, bool(spec.get("second"))
    if "momentum" in spec:
        expected = with_memory(spec, inputs, options)
        options = {**options, "momentum": spec["momentum"]}
    else:
        expected = derive(norm, FORMULAS[norm], inputs, options, second)
        if trusted(norm, spec["kind"], {"x": torch.tensor(inputs["x"])}, options):
            library = derive(norm, LIBRARY[norm], inputs, options, second)
            agree(name, library, expected)
            oracle, expected = "pytorch", library
    if "momentum" in spec:
        inputs.pop("dy")
    if norm == "meanOnlyBatch" and spec["kind"] == "nan":
        # x takes no part in this dx, so a finite one is right; but the set is lost, so NaN is not wrong either.
        expected.pop("dx")
    case = {"id": name, "norm": norm, "oracle": oracle, "kind": spec["kind"], "rank": len(spec["shape"])}
    case |= {"axis": spec["options"]["axis"], "options": options}
    case["through"] = "layer" if norm == "meanOnlyBatch" or "momentum" in spec else "op"
    if "mean" in spec:
        case["distribution"] = {"mean": spec["mean"], "std": spec["std"]}
    if spec["kind"] == "constant" and norm not in ("rms", "weight"):
        case["exact"] = ["y"]
    case["inputs"] = {k: encode(v) for k, v in inputs.items()}
    case["expected"] = {k: encode(v) for k, v in expected.items()}
    return case
