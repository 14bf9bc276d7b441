# SPDX-License-Identifier: BSD-2-Clause
"""tests/bench/arrays.py measures what it says; the figures are those of a full run on a quiet machine."""

import pathlib
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).parents[1] / "bench" / "arrays.py"


def test_the_measurements_of_arrays_run():
    done = subprocess.run([sys.executable, SCRIPT, "0.01"], stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    assert done.returncode in (0, 1) and len(lines) == 8, done.stdout
    assert all(float(line[42:51]) > 0 or "memory" in line for line in lines), done.stdout
