# SPDX-License-Identifier: BSD-2-Clause
"""Dataclass records, dumps and loads are as fast beside pickle as tests/bench/objects.py wants."""

import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).parents[1] / "bench" / "objects.py"


@pytest.mark.slow
def test_objects_are_several_times_as_fast_as_pickle():
    done = subprocess.run([sys.executable, SCRIPT], stdout=subprocess.PIPE, text=True)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
