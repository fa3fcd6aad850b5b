"""What the cases cover: cells of norm × kind, and shares by rank, channels, axis and mean over standard deviation."""

import collections

import numpy as np

from codec import decode


def cells(cases, table):
    count = collections.Counter((c["norm"], c["kind"]) for c in cases)
    norms, kinds = list(table["notApplicable"]), list(table["kinds"])
    print("kind".ljust(14) + "".join(n.rjust(15) for n in norms) + "total".rjust(8))
    empty = []
    for kind in kinds:
        row = []
        for norm in norms:
            excused = kind in table["notApplicable"][norm]
            if (count[norm, kind] == 0) != excused:
                empty.append((norm, kind))
            row.append("–" if excused else str(count[norm, kind]))
        print(kind.ljust(14) + "".join(n.rjust(15) for n in row) + str(sum(count[n, kind] for n in norms)).rjust(8))
    totals = [sum(count[n, k] for k in kinds) for n in norms]
    print("total".ljust(14) + "".join(str(n).rjust(15) for n in totals) + str(sum(totals)).rjust(8))
    if empty:
        raise SystemExit(f"cells that are empty, or filled though listed as not applicable: {empty}")


def place(case):
    axis, rank = case["axis"], case["rank"]
    if isinstance(axis, list):
        axes = sorted(a % rank for a in axis)
        return "several axes, " + ("neighbours" if axes[-1] - axes[0] == len(axes) - 1 else "apart")
    return {rank - 1: "last", 1: "first (1)", 0: "first (0)"}.get(axis % rank, "middle")


def offset(case):
    x = decode(case["inputs"]["x"])
    ratio = abs(np.nanmean(x)) / (np.nanstd(x) or 1e-30)
    for limit in (1, 10, 100, 2000):
        if ratio < limit:
            return f"below {limit}"
    return "2000 and more"


def shares(title, values):
    count = collections.Counter(values)
    whole = sum(count.values())
    print(f"{title}: " + ", ".join(f"{k} {100 * n / whole:.0f} %" for k, n in sorted(count.items(), key=lambda i: str(i[0]))))


def report(cases, table):
    cells(cases, table)
    shares("oracle", [c["oracle"] for c in cases])
    shares("rank", [c["rank"] for c in cases])
    single_axis = [c for c in cases if isinstance(c["axis"], int)]
    shares("channels mod 4", [c["inputs"]["x"]["shape"][c["axis"]] % 4 for c in single_axis])
    shares("axis", [place(c) for c in cases])
    shares("|mean| / std", [offset(c) for c in cases])
