"""Makes the reference vectors: `generate.sh` runs this in the pinned environment. Twice gives equal files."""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "numpy")

import torch

import axis_cases
import cases
from codec import write
from compute import case_of
from coverage import report
from keras_cases import keras_cases
from onnx_cases import onnx_cases
from sklearn_cases import sklearn_cases

HERE = pathlib.Path(__file__).parent


def specs():
    for norm in cases.CHANNEL_NORMS:
        yield from cases.of_channels(norm)
    for norm in cases.MEMORY:
        yield from cases.of_memory(norm)
    yield from cases.of_switchable()
    yield from cases.of_batch_instance()
    for norm in ("layer", "rms"):
        yield from axis_cases.of_axes(norm)
    yield from axis_cases.of_rms()
    yield from axis_cases.of_kernels()


def named(spec, seen):
    """`norm/kind/number-shape`: the number counts the kind's cases, so a name says where in the lists it stands."""
    key = (spec["norm"], spec["kind"])
    seen[key] = seen.get(key, 0) + 1
    return f"{spec['norm']}/{spec['kind']}/{seen[key]}-{'x'.join(map(str, spec['shape']))}"


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    table = json.loads((HERE / "cells.json").read_text(encoding="utf-8"))
    seen = {}
    made = [case_of(spec, named(spec, seen)) for spec in specs()]
    made += [*keras_cases(), *onnx_cases(), *sklearn_cases()]
    folder = HERE / "vectors"
    folder.mkdir(exist_ok=True)
    for norm in table["notApplicable"]:
        write(folder / f"{norm}.json", norm, [c for c in made if c["norm"] == norm])
    report(made, table)
    size = sum(f.stat().st_size for f in folder.glob("*.json"))
    print(f"{len(made)} cases, {size / 1e6:.2f} MB")


main()
