"""Checks the committed vectors by a third way: explicit loops over the sets, and central differences of them.

Looks at every case but NaN's, every array, some entries of each."""

import json
import math
import pathlib

import numpy as np

from codec import decode, generator
from loops import forward

STEP = 1e-4
ENTRIES = 4


def differences(function, t, name, step, entries):
    """Central differences of a number by some entries of one input."""
    for entry in entries:
        ends = []
        for sign in (1, -1):
            moved = t[name].copy()
            moved.flat[entry] += sign * step
            ends.append(function({**t, name: moved}))
        yield entry, (ends[0] - ends[1]) / (2 * step)


def directional(case, t):
    """<dx, ddx> without derivatives by name: how <y, dy> changes along ddx."""
    step = 1e-4
    loss = lambda s: np.sum(forward(case, {**t, "x": t["x"] + s * step * t["ddx"]}) * t["dy"])
    return (8 * (loss(1) - loss(-1)) - (loss(2) - loss(-2))) / (12 * step)


def curve(case, x):
    """What a step must be small against: the spread of x (its size, where the mean stays in) and the root of epsilon."""
    if case["norm"] == "meanOnlyBatch":
        return 1.0
    spread = np.sqrt(np.mean(x**2)) if case["norm"] in ("rms", "weight") else np.std(x)
    return min(1.0, max(float(spread), math.sqrt(case["options"].get("epsilon") or 1e-12)))


def close(case, name, actual, expected, tolerance):
    scale = max(1.0, float(np.max(np.abs(expected))))
    if not np.all(np.abs(actual - expected) <= tolerance * scale):
        raise SystemExit(f"{case['id']}: {name} is {expected}, by differences {actual}")


def verify(case):
    t = {k: decode(v) for k, v in case["inputs"].items()}
    expected = {k: decode(v) for k, v in case["expected"].items()}
    close(case, "y", forward(case, t), expected["y"], 1e-6)
    checked = 1
    loss = lambda moved: np.sum(forward(case, moved) * t["dy"])
    step = STEP * curve(case, t["x"])
    for name in expected:
        second = name.startswith("second")
        wrt = name[6].lower() + name[7:] if second else name[1:]
        if wrt not in t or name[0] not in "ds" or name == "y":
            continue
        function = (lambda moved: directional(case, moved)) if second else loss
        entries = generator(case["id"] + name).integers(0, t[wrt].size, ENTRIES)
        width = 1e-4 if second else step if wrt == "x" else STEP
        found = list(differences(function, t, wrt, width, entries))
        wanted = expected[name]
        scale = max(1.0, float(np.max(np.abs(wanted))))
        tolerance = 2e-4 if second else 2e-5
        for entry, value in found:
            if abs(value - wanted.flat[entry]) > tolerance * scale:
                raise SystemExit(f"{case['id']}: {name}[{entry}] is {wanted.flat[entry]}, by differences {value}")
        checked += len(found)
    return checked


def main():
    folder = pathlib.Path(__file__).parent / "vectors"
    cases = [c for f in sorted(folder.glob("*.json")) for c in json.loads(f.read_text(encoding="utf-8"))["cases"]]
    counted = [verify(c) for c in cases if c["kind"] not in ("nan",)]
    print(f"{len(counted)} cases agree with loops and central differences ({sum(counted)} numbers)")


if __name__ == "__main__":
    main()
