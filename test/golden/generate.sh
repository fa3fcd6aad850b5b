#!/usr/bin/env bash
# Makes the reference vectors again: one command, a virtual environment of its own under .cache/golden.
# `generate.sh environment` makes the environment only.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv="$here/../../.cache/golden"
[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
# What `npm run setup` knows a complete environment by.
cp "$here/requirements.txt" "$venv/requirements.txt"
if [ "${1:-}" = environment ]; then exit; fi
# One thread: a sum split over threads adds in another order, and the vectors must not depend on the machine's cores.
export OMP_NUM_THREADS=1 KERAS_BACKEND=numpy PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
"$venv/bin/python" "$here/generate.py"
"$venv/bin/python" "$here/verify.py"
