# SPDX-License-Identifier: BSD-2-Clause
"""Arrays filled from files and written to them, beside NumPy's own ways: arrays.py [SHARE]

Prints processor time, medians of interleaved rounds, and exits with 1 when a target is missed. SHARE
(1) is how much of the 1,000,000 rows, 500,000 rows of 16 floats and 100,000 rows of 100 columns is
measured: targets are those of all. Files are in memory where there is /dev/shm, and free memory is
put together before (machine.py).
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import ladle
import numpy

import machine
from workloads import rows

ROUNDS = 11
ROW = numpy.dtype([("f0", "f8"), ("f1", "S20"), ("f2", "u8")])
WIDE, ASKED = [f"column {i}" for i in range(100)], ["column 3", "column 71"]

# Each in a process of its own, which pays for memory that is new to it. Modules are there before.
FIRST = """
import ladle, numpy, sys, time
path, names = sys.argv[1], sys.argv[2:] or None
ladle.open(path)[:1].columns(names)
start = time.process_time()
ladle.open(path).columns(names)
print(time.process_time() - start)
"""
PEAK = """
import ladle, numpy, sys
array = numpy.zeros(int(sys.argv[2]), [("f0", "f8"), ("f1", "S20"), ("f2", "u8")])
array["f1"] = b"touched"
ladle.load(sys.argv[1]).read_into(array[:100])
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
before = peak()
ladle.load(sys.argv[1]).read_into(array)
print((peak() - before) / 1024)
"""


def told(program, *arguments):
    """The number that a process of its own prints."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def once(function):
    start = time.process_time()  # others may use the machine
    function()
    return time.process_time() - start


def medians(functions, rounds=ROUNDS):
    """Seconds by name, of rounds in which each has its turn."""
    taken = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            taken[name].append(once(function))
    return {name: statistics.median(times) for name, times in taken.items()}


def fill(path, out):
    count = ladle.load(path).read_into(out)
    assert count == len(out), count


def measure_rows(folder, share):
    count = int(1_000_000 * share)
    path = folder / "rows.ladle"
    ladle.dump(rows(count, Random(1)), path)
    out = numpy.zeros(count, ROW)
    with_list = [(real, text.encode(), number) for real, text, number in ladle.load(path)]
    taken = medians({"fill": lambda: fill(path, out), "array": lambda: numpy.array(with_list, ROW)})
    assert out[count // 2] == numpy.array(with_list[count // 2], ROW)
    yield "(f8, S20, u8) from tuples", taken["fill"] / count * 1e9, "ns a row at most", 16
    yield "   numpy.array(list, dtype) takes", taken["array"] / taken["fill"], "times as long", 11
    yield "   memory above the array", told(PEAK, path, count), "MiB at most", 4


def loop(path, out):
    for i, record in enumerate(ladle.load(path)):
        out[i] = record


def read_bytes(path, out):
    """The array as numpy.save wrote it, read to where it belongs, and not checked."""
    with open(path, "rb", buffering=0) as file:
        file.seek(-out.nbytes, 2)
        assert file.readinto(out.view("u1")) == out.nbytes


def write(path, array):
    with ladle.open(path, "w") as writer:
        writer.extend(array)


def measure_matrix(folder, share):
    array = numpy.random.default_rng(1).random((int(500_000 * share), 16))
    tuples, ours, theirs = folder / "tuples.ladle", folder / "array.ladle", folder / "array.npy"
    ladle.dump(map(tuple, array.tolist()), tuples)
    out = numpy.zeros_like(array)
    taken = medians(
        {
            "write": lambda: write(ours, array),
            "save": lambda: numpy.save(theirs, array),
            "read": lambda: ladle.open(ours).to_numpy(),
            "load": lambda: numpy.load(theirs),
            "bytes": lambda: read_bytes(theirs, out),
            "fill": lambda: fill(tuples, out),
        }
    )
    assert numpy.array_equal(out, array) and numpy.array_equal(ladle.open(ours).to_numpy(), array)
    slow = statistics.median(once(lambda: loop(tuples, out)) for _ in range(3))
    numpys = taken["save"] + taken["load"]
    yield "16 floats from tuples: numpy.load takes", taken["load"] / taken["fill"], "times as long", 0.6
    yield "   readinto of as many bytes takes", taken["bytes"] / taken["fill"], "times as long", 0.8
    yield "   a[i] = record in a loop takes", slow / taken["fill"], "times as long", 30
    yield "an array written and read: NumPy takes", numpys / (taken["write"] + taken["read"]), "times as long", 0.6


def measure_columns(folder, share):
    table = numpy.random.default_rng(1).random((int(100_000 * share), len(WIDE)))
    path = folder / "wide.ladle"
    ladle.dump((dict(zip(WIDE, row, strict=True)) for row in table.tolist()), path)
    rounds = [(told(FIRST, path, *ASKED), told(FIRST, path)) for _ in range(ROUNDS)]
    two, everything = map(statistics.median, zip(*rounds, strict=True))
    assert numpy.array_equal(ladle.open(path).columns(ASKED)[ASKED[1]], table[:, 71])
    yield "2 of 100 columns: all take", everything / two, "times as long", 10


def main():
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    missed = 0
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for measure in (measure_rows, measure_matrix, measure_columns):
            machine.compact()
            for what, found, unit, target in measure(Path(folder), share):
                is_missed = found > target if unit.endswith("at most") else found < target
                missed += is_missed
                print(f"{what:42} {found:8.2f} {unit} ({'MISSED: ' if is_missed else ''}{target})", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
