"""What is asked: for every norm and kind, shapes and options. No arithmetic here."""

CHANNEL_NORMS = ("batch", "instance", "group", "batchInstance", "switchable", "meanOnlyBatch")
MIN_RANK = {"instance": 3, "batchInstance": 3}
MEMORY = ("batch", "batchInstance", "switchable", "meanOnlyBatch")
EPSILON = {"rms": 1e-6, "batchInstance": 1e-5, "switchable": 1e-5}

# kind, shape, axis of the channels
LAYOUTS = [
    ("plain", [6, 5], -1), ("plain", [4, 5, 6], -1), ("plain", [2, 3, 4, 8], -1), ("plain", [2, 2, 3, 4, 4], -1),
    ("plain", [2, 2, 3, 2, 2, 6], -1), ("plain", [3, 4, 2, 9], 3),
    ("first", [4, 6, 5], 1), ("first", [2, 8, 3, 4], 1), ("first", [2, 4, 2, 3, 4], 1), ("first", [2, 6, 2, 3, 2, 2], 1),
    ("middle", [3, 4, 6, 2], 2), ("middle", [2, 3, 4, 2, 3], -3), ("middle", [2, 2, 2, 6, 3, 2], 3),
    ("odd", [7, 11], -1), ("odd", [3, 13, 5], -1), ("odd", [2, 3, 5, 7], -1), ("odd", [3, 7, 5, 3], 1),
    ("odd", [1, 17, 3], 1), ("odd", [2, 1, 3, 1, 13], -1), ("odd", [1, 1, 31, 5], -1),
]
SECOND = [([5, 6], -1), ([3, 4, 6], -1), ([2, 6, 3, 4], 1), ([2, 3, 4, 5], 2), ([2, 2, 3, 2, 4], -1), ([2, 3, 2, 2, 2, 3], 1)]
LARGE = [([2, 3, 5, 6], -1), ([3, 4, 5, 4], 1)]


def groups_of(shape, axis, turn):
    """Divisors of every sort: a real one where there is one, else layer statistics (1) and instance statistics (-1)."""
    channels = shape[axis]
    proper = [d for d in range(2, channels) if channels % d == 0]
    return proper[turn % len(proper)] if proper else (1, -1)[turn % 2]


def channel_case(norm, kind, shape, axis, turn=0, **more):
    options = {"axis": axis}
    if norm != "meanOnlyBatch":
        options["epsilon"] = EPSILON.get(norm, 1e-3)
    if norm == "group":
        options["groups"] = groups_of(shape, axis, turn)
    if norm == "switchable":
        options["statistics"] = ["instance", "layer", "batch"]
    options.update(more.pop("options", {}))
    return {"norm": norm, "kind": kind, "shape": shape, "options": options, **more}


def of_channels(norm):
    smallest = MIN_RANK.get(norm, 2)
    for turn, (kind, shape, axis) in enumerate(LAYOUTS):
        if len(shape) >= smallest:
            yield channel_case(norm, kind, shape, axis, turn)
    for without in (["beta"],) if norm == "meanOnlyBatch" else (["gamma"], ["beta"], ["gamma", "beta"]):
        yield channel_case(norm, "bare", [3, 4, 2, 6], -1, without=without)
        yield channel_case(norm, "bare", [2, 5, 3], 1, without=without)
    if norm != "meanOnlyBatch":
        for epsilon in (0.1, 1e-3, 1e-5, 1e-8, 0):
            yield channel_case(norm, "epsilon", [2, 4, 3, 6], -1, options={"epsilon": epsilon})
            yield channel_case(norm, "epsilon", [3, 4, 5], 1, options={"epsilon": epsilon}, std=0.01)
    for shape, axis in LARGE:
        for mean, std in ((30, 1), (-5, 1), (1e3, 1), (1e4, 1), (-1e3, 0.1)):
            yield channel_case(norm, "largeMean", shape, axis, mean=mean, std=std)
    for value in (0.1, 1e4 + 0.1, -3e-5):
        yield channel_case(norm, "constant", [2, 3, 3, 6], -1, constant=value)
        yield channel_case(norm, "constant", [3, 4, 7], 1, constant=value)
    yield channel_case(norm, "nan", [3, 2, 4, 6], -1, nan=17)
    yield channel_case(norm, "nan", [3, 6, 5], 1, nan=40)
    yield from one_element(norm)
    yield from channel_case_list(norm, "second", SECOND, smallest)


def channel_case_list(norm, kind, shapes, smallest):
    for turn, (shape, axis) in enumerate(shapes):
        if len(shape) >= smallest:
            yield channel_case(norm, kind, shape, axis, turn, second=True)


def one_element(norm):
    alone = {"instance": 3, "group": 3}.get(norm, 1)
    options = {"groups": -1} if norm == "group" else {}
    yield channel_case(norm, "one", [alone, 1, 1, 5], -1, options=dict(options))
    yield channel_case(norm, "one", [alone, 6, 1], 1, options=dict(options))
    if MIN_RANK.get(norm, 2) == 2:
        yield channel_case(norm, "one", [alone, 7], -1, options=dict(options))


def of_memory(norm):
    for turn, (shape, axis) in enumerate([([6, 5], -1), ([3, 4, 6], -1), ([2, 5, 3, 4], 1), ([2, 3, 4, 2, 3], 2), ([1, 3, 2, 7], -1), ([2, 2, 2, 3, 2, 4], -1)]):
        if len(shape) < MIN_RANK.get(norm, 2):
            continue
        yield channel_case(norm, "inference", shape, axis, turn, given=True)
        # A switchable layer refuses statistics over no dimensions.
        flat = {"statistics": ["layer", "batch"]} if norm == "switchable" and len(shape) == 2 else {}
        yield channel_case(norm, "moving", shape, axis, turn, momentum=(0.9, 0.99, 0.5, 0)[turn % 4], options=flat)
    yield channel_case(norm, "inference", [2, 3, 2, 6], -1, given=True, without=["beta"])
    yield channel_case(norm, "inference", [2, 3, 5, 4], -1, given=True, mean=1e3, std=1)
    yield channel_case(norm, "moving", [4, 3, 5], -1, momentum=0.9, mean=100, std=1)


def of_switchable():
    lists = (["instance", "layer"], ["layer", "batch"], ["instance", "batch"], ["batch", "layer", "instance"], ["layer", "instance"])
    for statistics in lists:
        for shape, axis in (([3, 2, 4, 5], -1), ([4, 3, 6], 1)):
            yield channel_case("switchable", "statistics", shape, axis, options={"statistics": statistics})
    yield channel_case("switchable", "statistics", [6, 7], -1, options={"statistics": ["layer", "batch"]})
    yield channel_case("switchable", "statistics", [2, 3, 4], -1, options={"statistics": ["layer", "batch"]}, second=True)


def of_batch_instance():
    for gate in (0, 1, 0.5, "ends"):
        yield channel_case("batchInstance", "rho", [3, 4, 3, 6], -1, rho=gate)
        yield channel_case("batchInstance", "rho", [3, 5, 7], 1, rho=gate)
