# SPDX-License-Identifier: BSD-2-Clause
"""Writing from a generator and iterating take a few megabytes, whatever the number of records."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/clear_refs"), reason="the platform tells no peak of memory"
)

MIB = 1 << 20
COUNTS = (200_000, 400_000)
LARGE_COUNTS = (1_000_000, 10_000_000)
KINDS = ("tuples", "dicts")

MEASURE = """
import json, random, sys
import ladle

def memory(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024

def records(kind, count):
    source = random.Random(7)
    for i in range(count):
        name = f"{source.getrandbits(80):020x}"
        if kind == "tuples":
            yield (source.random(), name, source.getrandbits(64))
        else:
            record = {"id": i, "name": name, "tags": ["a"] * (i % 4)}
            yield record if i % 5 else {**record, "odd": None}

def dump():
    return ladle.dump(records(kind, count), path)

def iterate():
    return sum(1 for record in ladle.load(path))

work, kind, count, path = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
for record in records(kind, 1000):
    pass
def hold_all():
    return len(list(ladle.load(path)))

open("/proc/self/clear_refs", "w").write("5")
start = memory("VmRSS")
done = {"dump": dump, "iterate": iterate, "hold all": hold_all}[work]()
print(json.dumps([done, memory("VmHWM") - start]))
"""


def peak(work, kind, count, path):
    """Bytes of resident memory above the start, at their peak, in a process of its own."""
    command = [sys.executable, "-c", MEASURE, work, kind, str(count), os.fspath(path)]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    done, above_start = json.loads(result.stdout)
    assert done == count
    return above_start


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("counts", [COUNTS, pytest.param(LARGE_COUNTS, marks=pytest.mark.slow)])
def test_dumping_and_iterating_stay_within_four_megabytes_and_do_not_grow(path, kind, counts):
    peaks = {
        (work, count): peak(work, kind, count, path)
        for count in counts
        for work in ("dump", "iterate")
    }
    print({key: f"{value / MIB:.2f} MiB" for key, value in peaks.items()})
    assert max(peaks.values()) <= 4 * MIB
    for work in ("dump", "iterate"):
        assert peaks[work, counts[1]] - peaks[work, counts[0]] <= MIB // 2


def test_the_measure_sees_records_that_are_held(path):
    peak("dump", "tuples", COUNTS[0], path)
    assert peak("hold all", "tuples", COUNTS[0], path) > 20 * MIB
