"""Arrays as text, and the random numbers the cases are made of."""

import base64
import json
import zlib

import numpy as np


def encode(array):
    """Shape and base64 of little-endian float32. There are many NaNs; one bit pattern keeps files equal."""
    values = np.asarray(array, dtype=np.float64).astype("<f4")
    values = np.where(np.isnan(values), np.float32(np.nan), values).astype("<f4")
    return {"shape": list(np.shape(array)), "data": base64.b64encode(values.tobytes()).decode("ascii")}


def decode(text):
    values = np.frombuffer(base64.b64decode(text["data"]), dtype="<f4")
    return values.reshape(text["shape"]).astype(np.float64)


def generator(name):
    """A generator of its own for every case, so that adding a case changes no other."""
    return np.random.Generator(np.random.PCG64(zlib.crc32(name.encode("utf-8"))))


def single(array):
    """Float64 numbers that float32 holds exactly: what the oracle computes with is what the file holds."""
    return np.asarray(array, dtype=np.float32).astype(np.float64)


def write(path, norm, cases):
    """One case a line, so that a difference between two versions names its case."""
    lines = ",\n".join(json.dumps(case, separators=(",", ":"), sort_keys=True) for case in cases)
    path.write_text(f'{{"norm":"{norm}","cases":[\n{lines}\n]}}\n', encoding="utf-8")
