# SPDX-License-Identifier: BSD-2-Clause
"""The user's own pickle as a data set: converted without executing it, then like any other."""

import gc
import itertools
import time
import zlib
from collections.abc import Iterable
from pathlib import Path

import ladle
from memory import MIB, Peak
from progress import Progress
from records import DataSet

SAMPLE_COUNT = 1000


def convert(file: Path, path: Path, progress: Progress) -> str:
    """Makes a ladle file of a pickle; returns a line about how that went."""
    progress.begin(f"ladle convert {file.name}")
    records = ladle.from_pickle(file, unknown="opaque")
    with Peak() as peak:
        start = time.perf_counter()
        count = ladle.dump(records, path)
        seconds = time.perf_counter() - start
    rate = count / max(seconds, 1e-9)
    return (
        f"ladle convert {file}: {file.stat().st_size / 1e6:,.1f} MB, {count:,} records in "
        f"{seconds:.3f} s ({rate:,.0f} a second), {peak.above_start / MIB:.1f} MiB above the start"
    )


def data_set(path: Path) -> DataSet:
    """The records of a converted file. They are not made text or put into arrays."""
    return DataSet(
        title="records of your pickle",
        make=lambda _count: ladle.load(path),
        record_len_in_memory=_sampled_len(path),
        dtype=None,
        to_row=None,
        from_row=None,
        checksum=_checksum,
    )


def _sampled_len(path: Path) -> int:
    """Bytes that a record takes in memory, from the first ones."""
    with ladle.load(path) as records:
        sample = list(itertools.islice(records, SAMPLE_COUNT))
    seen, waiting, size = set(), list(sample), 0
    while waiting:
        value = waiting.pop()
        if id(value) not in seen and not isinstance(value, type):
            seen.add(id(value))
            size += value.__sizeof__()
            waiting.extend(gc.get_referents(value))
    return size // max(1, len(sample)) + 8


def _checksum(records: Iterable) -> tuple[int, int]:
    """As for other data sets, but for the order in a record: that of a set may change."""
    count = checksum = 0
    for count, record in enumerate(records, 1):
        letters = "".join(sorted(repr(record)))
        checksum = zlib.crc32(letters.encode("utf-8", "surrogatepass"), checksum)
    return count, checksum
