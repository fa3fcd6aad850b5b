"""Every norm by explicit loops over its sets, in numpy float64. Shares no line with the formulas under autograd."""

import itertools
import math

import numpy as np


def axes_of(case):
    axis = case["axis"]
    return sorted(a % case["rank"] for a in (axis if isinstance(axis, list) else [axis]))


def label(norm, index, axes, size, groups):
    """Which set an element belongs to."""
    rest = tuple(i for d, i in enumerate(index) if d not in axes)
    kept = tuple(index[d] for d in axes)
    return {
        "batch": kept,
        "meanOnlyBatch": kept,
        "layer": rest,
        "rms": rest,
        "weight": kept,
        "instance": (index[0], *kept),
        "group": (index[0], kept[0] * groups // size if len(axes) == 1 else 0),
        "example": (index[0],),
    }[norm]


def sets(case, norm, shape):
    axes = axes_of(case)
    size = shape[axes[0]]
    groups = case["options"].get("groups", 1)
    groups = size if groups == -1 else groups
    found = {}
    for flat, index in enumerate(itertools.product(*map(range, shape))):
        found.setdefault(label(norm, index, axes, size, groups), []).append(flat)
    return found.values()


def moments(case, norm, x):
    """Mean and variance of its set, at every element."""
    flat, mean, variance = x.ravel(), np.empty(x.size), np.empty(x.size)
    for members in sets(case, norm, x.shape):
        values = flat[members]
        # Shifted by the first value: near-equal float64 numbers then subtract exactly.
        centre = values[0] + math.fsum(values - values[0]) / len(values)
        mean[members] = centre
        variance[members] = math.fsum((values - centre) ** 2) / len(values)
    return mean.reshape(x.shape), variance.reshape(x.shape)


def spread(case, parameter):
    axes = axes_of(case)
    return parameter.reshape([parameter.shape[axes.index(d)] if d in axes else 1 for d in range(case["rank"])])


def of_batch(case, t, trained):
    if "mean" in t and not trained:
        return spread(case, t["mean"]), spread(case, t["variance"]) if "variance" in t else None
    return moments(case, "batch", t["x"])


def standardize(x, mean, variance, epsilon):
    scale = variance + epsilon
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(scale == 0, 0, (x - mean) / np.sqrt(scale))


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum()


def root_mean_square(case, x, total):
    options, result = case["options"], np.empty(x.size)
    for members in sets(case, case["norm"], x.shape):
        values = x.ravel()[members]
        kept = len(values) if len(axes_of(case)) > 1 else max(1, math.floor(options.get("partial", 1) * len(values) + 1e-9))
        square = math.fsum(values[:kept] ** 2)
        result[members] = max(square, 1e-12) if total else square / kept + options["epsilon"]
    return np.sqrt(result.reshape(x.shape))


def standardized(case, t, trained):
    norm, x, epsilon = case["norm"], t["x"], case["options"].get("epsilon")
    if norm == "batch":
        return standardize(x, *of_batch(case, t, trained), epsilon)
    if norm == "meanOnlyBatch":
        return x - of_batch(case, t, trained)[0]
    if norm == "rms":
        return x / root_mean_square(case, x, False)
    if norm == "batchInstance":
        rho = spread(case, t["rho"])
        mixed = rho * standardize(x, *of_batch(case, t, trained), epsilon)
        return mixed + (1 - rho) * standardize(x, *moments(case, "instance", x), epsilon)
    if norm == "switchable":
        ways = {"instance": "instance", "layer": "example"}
        parts = [moments(case, ways[s], x) if s in ways else of_batch(case, t, trained) for s in case["options"]["statistics"]]
        weights = softmax(t["meanWeight"]), softmax(t["varianceWeight"])
        # Weights that sum to 1 but for a rounding must not scale a mean of 1e4.
        mean, variance = (parts[0][i] + sum(w * (p[i] - parts[0][i]) for w, p in zip(weights[i], parts)) for i in (0, 1))
        return standardize(x, mean, variance, epsilon)
    return standardize(x, *moments(case, norm, x), epsilon)


def forward(case, t):
    trained = "momentum" in case["options"]
    if case["norm"] == "weight":
        return spread(case, t["g"]) * t["x"] / root_mean_square(case, t["x"], True)
    y = standardized(case, t, trained)
    if "gamma" in t:
        y = y * spread(case, t["gamma"] + case["options"].get("offset", 0))
    return y + spread(case, t["beta"]) if "beta" in t else y
