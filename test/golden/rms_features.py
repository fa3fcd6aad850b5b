"""Which features a partial RMS (pRMS) looks at."""

import math


def leading_count(size, partial):
    """The share in whole features; the small addend keeps 0.07 · 100 = 7.000000000000001 and 0.29 · 100 = 28.999999999999996 honest."""
    return max(1, math.floor(partial * size + 1e-9))


def leading(x, axes, partial):
    """The first features of the one axis; of several axes, all."""
    if len(axes) != 1:
        return x
    return x.narrow(axes[0], 0, leading_count(x.shape[axes[0]], partial))
