# SPDX-License-Identifier: BSD-2-Clause
"""The data sets: the same records for everybody, and how to tell that they came back."""

import random
import string
import sys
import time
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

SEED = 20


def random_records(count: int) -> Iterator[tuple[float, str, int]]:
    """Tuples of a random float, 20 random letters and a random integer in 0..2**64."""
    source = random.Random(SEED)
    number, choices, bits = source.random, source.choices, source.getrandbits
    for _ in range(count):
        yield number(), "".join(choices(string.ascii_letters, k=20)), bits(64)


def unicode_records() -> Iterator[dict]:
    """All code points that have a name, as dicts."""
    for character in map(chr, range(sys.maxunicode + 1)):
        name = unicodedata.name(character, None)
        if name is None:
            continue
        yield {
            "code": ord(character),
            "name": name,
            "category": unicodedata.category(character),
            "bidirectional": unicodedata.bidirectional(character),
            "decomposition": unicodedata.decomposition(character),
            "numeric": unicodedata.numeric(character, None),
        }


def unicode_record_from_row(row: tuple) -> dict:
    """Undoes what an array does to a record: text became bytes, None became NaN."""
    code, *texts, numeric = row
    texts = [text.decode("ascii") for text in texts]
    keys = ("code", "name", "category", "bidirectional", "decomposition", "numeric")
    return dict(zip(keys, (code, *texts, None if numeric != numeric else numeric)))


@dataclass(frozen=True)
class DataSet:
    """Records, and what a NumPy array needs to hold them one a row."""

    title: str
    make: Callable[[int], Iterator]
    record_len_in_memory: int  # bytes as Python objects, measured; to foresee what fits
    dtype: list[tuple[str, str]] | None  # None: they are not put into an array, nor into text
    to_row: Callable | None  # None: a record is a row
    from_row: Callable | None
    checksum: Callable[[Iterable], tuple[int, int]]


def count_and_checksum(records: Iterable) -> tuple[int, int]:
    """Differs when a value, its type, the order of records or of dict keys differs."""
    count = checksum = 0
    for count, record in enumerate(records, 1):
        checksum = zlib.crc32(repr(record).encode("utf-8", "surrogatepass"), checksum)
    return count, checksum


DATA_SETS = {
    "random": DataSet(
        title="random tuples (float, 20 letters, integer below 2**64)",
        make=random_records,
        record_len_in_memory=240,
        dtype=[("number", "f8"), ("letters", "S20"), ("integer", "u8")],
        to_row=None,
        from_row=lambda row: (row[0], row[1].decode("ascii"), row[2]),
        checksum=count_and_checksum,
    ),
    "unicode": DataSet(
        title="named code points of unicodedata, as dicts of six fields",
        make=lambda _count: unicode_records(),  # always all of them
        record_len_in_memory=600,
        dtype=[
            ("code", "u4"),
            ("name", "S90"),
            ("category", "S2"),
            ("bidirectional", "S3"),
            ("decomposition", "S110"),
            ("numeric", "f8"),
        ],
        to_row=lambda record: tuple(record.values()),
        from_row=unicode_record_from_row,
        checksum=count_and_checksum,
    ),
}


class OneByOne:
    """Records that are made while they are asked for; knows the seconds that took.

    They are made a few at a time, so that looking at the clock costs next to nothing.
    """

    BATCH_COUNT = 200

    def __init__(self, records: Iterator):
        self.records = records
        self.seconds = 0.0

    def __iter__(self) -> Iterator:
        return chain.from_iterable(iter(self._next_batch, []))

    def _next_batch(self) -> list:
        start = time.perf_counter()
        batch = list(islice(self.records, self.BATCH_COUNT))
        self.seconds += time.perf_counter() - start
        return batch
