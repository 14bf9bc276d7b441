# SPDX-License-Identifier: BSD-2-Clause
"""Fills a NumPy array from a file, without a second copy of the data: row by row, and at once."""

import sys
import tempfile
import time
from pathlib import Path

try:
    import numpy
except ModuleNotFoundError:
    print("This example fills a NumPy array, and NumPy is not installed: `pip install numpy`.")
    sys.exit()

import ladle
from demo.memory import MIB, Peak, in_fresh_process
from demo.records import random_records

ROW = numpy.dtype([("number", "f8"), ("letters", "S20"), ("integer", "u8")])


def row_by_row(path: Path, count: int):
    array = numpy.empty(count, ROW)
    for i, record in enumerate(ladle.load(path)):
        array[i] = record
    return array


def at_once(path: Path, count: int):
    array = numpy.empty(count, ROW)
    ladle.load(path).read_into(array)
    return array


def by_way_of_a_list(path: Path, count: int):
    return numpy.array(list(ladle.load(path)), ROW)


def observe(fill, path: Path, count: int) -> str:
    start = time.perf_counter()
    with Peak() as peak:
        array = fill(path, count)
    seconds = time.perf_counter() - start
    expected = sum(number for number, _, _ in random_records(count))
    assert len(array) == count and abs(array["number"].sum() - expected) < 1e-6 * count
    beside_mib = (peak.above_start - array.nbytes) / MIB
    return (
        f"{seconds:.2f} s, the array has {array.nbytes / MIB:.1f} MiB, "
        f"beside it at most {max(0, beside_mib):.1f} MiB"
    )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    print(f"{count:,} records (float, 20 letters, 64-bit integer) into an array:")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "records.ladle")
        ladle.dump(random_records(count), path)
        for label, fill in (
            ("array[i] = record:", row_by_row),
            ("load(path).read_into(array):", at_once),
            ("numpy.array(list(load)):", by_way_of_a_list),
        ):
            print(f"{label:30}" + in_fresh_process(observe, fill, path, count))
