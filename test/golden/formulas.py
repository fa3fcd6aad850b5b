"""The papers' formulas in float64 under PyTorch's autograd: two-pass variances, nothing folded, nothing clever."""

import torch

from rms_features import leading


def broadcast(parameter, rank, axes):
    """A parameter over `axes` (ascending), shaped so that it lines up with an input of `rank` dimensions."""
    shape = [1] * rank
    for size, axis in zip(parameter.shape, axes):
        shape[axis] = size
    return parameter.reshape(shape)


def moments(x, dims):
    if not dims:
        return x, torch.zeros_like(x)
    mean = x.mean(dims, keepdim=True)
    # Corrected once: the mean of equal values is then that value, to the last bit.
    mean = mean + (x - mean).mean(dims, keepdim=True)
    return mean, ((x - mean) ** 2).mean(dims, keepdim=True)


def affine(x_hat, t, axes):
    y = x_hat
    if "gamma" in t:
        y = y * broadcast(t["gamma"], y.dim(), axes)
    if "beta" in t:
        y = y + broadcast(t["beta"], y.dim(), axes)
    return y


def normalize(x, mean, variance, epsilon):
    """With epsilon 0 a set of zero variance is defined as 0, as the pack's ops have it."""
    scale = variance + epsilon
    return torch.where(scale == 0, 0.0, (x - mean) * torch.rsqrt(torch.where(scale == 0, 1.0, scale)))


def channel(x, o):
    return o["axis"] % x.dim()


def space(x, c):
    return [d for d in range(1, x.dim()) if d != c]


def batch_statistics(t, c):
    x = t["x"]
    if "mean" in t:
        return broadcast(t["mean"], x.dim(), [c]), broadcast(t["variance"], x.dim(), [c]) if "variance" in t else None
    return moments(x, [d for d in range(x.dim()) if d != c])


def batch(t, o):
    c = channel(t["x"], o)
    return affine(normalize(t["x"], *batch_statistics(t, c), o["epsilon"]), t, [c])


def mean_only_batch(t, o):
    c = channel(t["x"], o)
    return affine(t["x"] - batch_statistics(t, c)[0], t, [c])


def sorted_axes(x, o):
    axis = o["axis"]
    return sorted(a % x.dim() for a in (axis if isinstance(axis, list) else [axis]))


def layer(t, o):
    axes = sorted_axes(t["x"], o)
    return affine(normalize(t["x"], *moments(t["x"], axes), o["epsilon"]), t, axes)


def rms(t, o):
    x, axes = t["x"], sorted_axes(t["x"], o)
    head = leading(x, axes, o.get("partial", 1))
    x_hat = x * torch.rsqrt((head**2).mean(axes, keepdim=True) + o["epsilon"])
    shifted = {"gamma": t["gamma"] + o.get("offset", 0)} if "gamma" in t else {}
    return affine(x_hat, shifted, axes)


def instance(t, o):
    c = channel(t["x"], o)
    return affine(normalize(t["x"], *moments(t["x"], space(t["x"], c)), o["epsilon"]), t, [c])


def group(t, o):
    """Contiguous groups of channels: dimension 1 is split into [groups, channels of a group]."""
    c = channel(t["x"], o)
    x = t["x"].movedim(c, 1)
    groups = x.shape[1] if o["groups"] == -1 else o["groups"]
    split = x.reshape(x.shape[0], groups, -1)
    x_hat = normalize(split, *moments(split, [2]), o["epsilon"]).reshape(x.shape).movedim(1, c)
    return affine(x_hat, t, [c])


def weight(t, o):
    v = t["x"]
    outputs = sorted_axes(v, o)
    square = (v**2).sum([d for d in range(v.dim()) if d not in outputs], keepdim=True)
    return broadcast(t["g"], v.dim(), outputs) * v * torch.rsqrt(torch.clamp(square, min=1e-12))


def batch_instance(t, o):
    x, c = t["x"], channel(t["x"], o)
    rho = broadcast(t["rho"], x.dim(), [c])
    of_batch = normalize(x, *batch_statistics(t, c), o["epsilon"])
    of_instance = normalize(x, *moments(x, space(x, c)), o["epsilon"])
    return affine(rho * of_batch + (1 - rho) * of_instance, t, [c])


def switchable(t, o):
    x, c = t["x"], channel(t["x"], o)
    sets = {
        "instance": lambda: moments(x, space(x, c)),
        "layer": lambda: moments(x, list(range(1, x.dim()))),
        "batch": lambda: batch_statistics(t, c),
    }
    statistics = [sets[name]() for name in o["statistics"]]
    mean = sum(w * s[0] for w, s in zip(torch.softmax(t["meanWeight"], 0), statistics))
    variance = sum(w * s[1] for w, s in zip(torch.softmax(t["varianceWeight"], 0), statistics))
    return affine(normalize(x, mean, variance, o["epsilon"]), t, [c])


FORMULAS = {
    "batch": batch,
    "layer": layer,
    "instance": instance,
    "group": group,
    "rms": rms,
    "weight": weight,
    "batchInstance": batch_instance,
    "switchable": switchable,
    "meanOnlyBatch": mean_only_batch,
}
