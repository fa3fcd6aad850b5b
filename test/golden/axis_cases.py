"""The cases of the norms over chosen axes (layer, RMS) and of kernels (weight)."""

AXES = [
    ("plain", [7], -1), ("plain", [6, 5], -1), ("plain", [2, 5, 6], 2), ("plain", [2, 3, 4, 8], -1), ("plain", [2, 2, 3, 2, 7], -1),
    ("plain", [2, 2, 1, 3, 2, 9], -1), ("plain", [3, 4, 5], [1, 2]), ("plain", [2, 3, 4, 5], [-3, -2, -1]),
    ("plain", [3, 2, 2, 3, 4], [3, 4]),
    ("first", [4, 6, 5], 1), ("first", [2, 8, 3, 4], 1), ("first", [2, 4, 2, 3, 4], 1), ("first", [2, 5, 2, 3, 2, 2], 1),
    ("first", [2, 3, 4, 5], [1, 2]), ("first", [5, 7], 0), ("first", [3, 4, 5], [0, 1]),
    ("middle", [3, 4, 6, 2], 2), ("middle", [2, 3, 4, 5], [1, 3]), ("middle", [3, 4, 5], [0, 2]),
    ("middle", [2, 3, 4, 5], [3, 1]), ("middle", [2, 3, 2, 3, 4], [-1, 0, 2]), ("middle", [2, 3, 2, 2, 2, 3], [1, 3, 5]),
    ("odd", [7, 11], -1), ("odd", [3, 13, 5], 1), ("odd", [2, 3, 5, 7], [1, 2, 3]), ("odd", [1, 127], -1),
    ("odd", [3, 5, 7], [0, 2]), ("odd", [1, 1, 1, 1, 13], -1), ("odd", [2, 97], -1),
]
SECOND = [([5, 6], -1), ([3, 4, 5], [1, 2]), ([2, 6, 3, 4], 1), ([2, 3, 4, 5], [1, 3]), ([2, 2, 3, 2, 4], -1), ([2, 3, 2, 2, 2, 3], [2, 5])]


def axis_case(norm, kind, shape, axis, **more):
    options = {"axis": axis, "epsilon": 1e-6 if norm == "rms" else 1e-3, **more.pop("options", {})}
    return {"norm": norm, "kind": kind, "shape": shape, "options": options, **more}


def of_axes(norm):
    for kind, shape, axis in AXES:
        yield axis_case(norm, kind, shape, axis)
    for without in ((["gamma"],) if norm == "rms" else (["gamma"], ["beta"], ["gamma", "beta"])):
        yield axis_case(norm, "bare", [3, 4, 6], -1, without=without)
        yield axis_case(norm, "bare", [2, 5, 3], [0, 2], without=without)
    for epsilon in (0.1, 1e-3, 1e-5, 1e-8, 0):
        yield axis_case(norm, "epsilon", [4, 3, 6], -1, options={"epsilon": epsilon})
        yield axis_case(norm, "epsilon", [3, 4, 5], 1, options={"epsilon": epsilon}, std=0.01)
    for shape, axis in (([3, 5, 12], -1), ([2, 3, 4, 5], [1, 3])):
        for mean, std in ((30, 1), (-5, 1), (1e3, 1), (1e4, 1), (-1e3, 0.1)):
            yield axis_case(norm, "largeMean", shape, axis, mean=mean, std=std)
    for value in (0.1, 1e4 + 0.1, -3e-5):
        yield axis_case(norm, "constant", [2, 3, 6], -1, constant=value)
        yield axis_case(norm, "constant", [3, 4, 7], [0, 1], constant=value)
    yield axis_case(norm, "nan", [3, 4, 6], -1, nan=17)
    yield axis_case(norm, "nan", [3, 6, 5], [0, 2], nan=40)
    yield axis_case(norm, "one", [5, 1], -1)
    yield axis_case(norm, "one", [2, 1, 3, 1], [1, 3])
    for shape, axis in SECOND:
        yield axis_case(norm, "second", shape, axis, second=True)


def of_rms():
    for size, partial in ((8, 0.5), (10, 0.3), (7, 0.25), (13, 0.0625), (5, 0.01), (100, 0.29), (6, 1)):
        yield axis_case("rms", "partial", [3, size], -1, options={"partial": partial})
    yield axis_case("rms", "partial", [2, 6, 5], 1, options={"partial": 0.5})
    yield axis_case("rms", "partial", [2, 3, 8, 2], 2, options={"partial": 0.25, "offset": 1})
    yield axis_case("rms", "partial", [3, 8], -1, options={"partial": 0.5}, second=True)
    for offset in (1, -0.5):
        yield axis_case("rms", "offset", [4, 6], -1, options={"offset": offset})
        yield axis_case("rms", "offset", [2, 3, 5], [1, 2], options={"offset": offset})
    yield axis_case("rms", "offset", [3, 5], -1, options={"offset": 1}, second=True)


# Kernels as tfjs holds them: kind, shape, output axis or axes.
KERNELS = [
    ("plain", [7, 5], -1), ("plain", [3, 4, 6], -1), ("plain", [3, 3, 2, 8], -1), ("plain", [2, 3, 2, 3, 4], -1),
    ("plain", [2, 1, 2, 2, 3, 5], -1), ("plain", [8, 12], 1), ("plain", [16, 9], -1),
    ("first", [11, 6], 0), ("first", [5, 4, 3], 0), ("first", [3, 4, 5], 1),
    ("middle", [3, 3, 6, 4], -2), ("middle", [2, 2, 5, 3], 2), ("middle", [2, 3, 2, 4, 3], -2),
    ("middle", [3, 3, 4, 2], [2, 3]), ("middle", [5, 1, 3, 3], [2, 3]), ("middle", [4, 3, 5], [0, 2]),
    ("odd", [13, 7], -1), ("odd", [5, 3, 7, 1], -1), ("odd", [3, 5, 1, 7], -2), ("odd", [1, 1, 7, 11], -1), ("odd", [97, 3], -1),
]


def weight_case(kind, shape, axis, **more):
    return {"norm": "weight", "kind": kind, "shape": shape, "options": {"axis": axis}, **more}


def of_kernels():
    for kind, shape, axis in KERNELS:
        yield weight_case(kind, shape, axis)
    for shape, axis in (([9, 5], -1), ([3, 3, 2, 4], -2)):
        for mean, std in ((30, 1), (-5, 1), (1e3, 1), (1e4, 1), (-1e3, 0.1)):
            yield weight_case("largeMean", shape, axis, mean=mean, std=std)
        for value in (0.1, 1e4 + 0.1, -3e-5):
            yield weight_case("constant", shape, axis, constant=value)
        yield weight_case("nan", shape, axis, nan=17)
        yield weight_case("guard", shape, axis, std=1e-8)
        yield weight_case("guard", shape, axis, constant=0)
    yield weight_case("one", [1, 6], -1)
    yield weight_case("one", [1, 1, 3, 2], [2, 3])
    for shape, axis in (([4, 3], -1), ([3, 2, 4], -1), ([2, 2, 4, 3], -2), ([2, 2, 3, 2], [2, 3]), ([6, 4], 0), ([2, 2, 2, 2, 3], -1)):
        yield weight_case("second", shape, axis, second=True)
