# SPDX-License-Identifier: BSD-2-Clause
"""Damage to all files of tests/files, read through Python files: never a wrong record.

The suite `spoiled` of the C tests does all of it through callbacks and descriptors.
"""

import os
import random
import tempfile

import ladle
import pytest

import reference
from helpers import exactly
from test_files import PATHS

SLOW = os.environ.get("LADLE_SLOW") == "1"
PER_FILE = 1000 if SLOW else 40
NINE = {i: exactly(i) for i in range(9)}


class ReadOnly:
    """A file with nothing but read()."""

    def __init__(self, file):
        self.read = file.read


def read(file, mode):
    """Records by their numbers, whether all losses are counted, and what ended it."""
    found, losses = {}, []
    try:
        records = ladle.load(file, on_error=losses.append if mode == "skip" else mode)
        for record in records:
            found[records.position - 1] = exactly(record)
    except (ladle.FormatError, ladle.LimitError) as error:
        return found, losses, error
    return found, losses, None


def damages(data, source, count):
    """Files with a byte or some changed, or cut; and where the first change is."""
    for _ in range(count if data else 0):
        place = source.randrange(len(data))
        kind = source.randrange(4)
        if kind == 0:
            yield place, data[:place]
            continue
        length = 1 if kind < 3 else min(source.randrange(2, 60), len(data) - place)
        old = data[place : place + length]
        if kind == 1:
            new = bytes([old[0] ^ 1 << source.randrange(8)])
        elif kind == 2:
            new = bytes([source.choice([0, 255, (old[0] + 1) % 256, (old[0] - 1) % 256])])
        else:
            new = source.choice([bytes(length), source.randbytes(length)])
        changed = [i for i in range(length) if new[i] != old[i]]
        if changed:
            yield place + changed[0], data[:place] + new + data[place + length :]


@pytest.fixture(scope="module")
def counts():
    counts = {"files": 0, "damages": 0, "records": 0}
    yield counts
    print(f"\n{counts['files']} files, {counts['damages']} damages, {counts['records']} records")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_what_comes_out_is_right(path, counts):
    data = path.read_bytes()
    is_good = path.stem.startswith("good")
    with path.open("rb") as file:
        truth, _, _ = read(file, "skip")
    # What is damaged by nature may be mended by chance.
    allowed = truth if is_good else NINE | truth
    items = reference.blocks(data) if is_good else []
    with tempfile.TemporaryFile() as file:
        for place, damaged in damages(data, random.Random(path.stem), PER_FILE):
            file.seek(0)
            file.truncate()
            file.write(damaged)
            file.flush()
            for mode in ("raise", "tail", "skip"):
                file.seek(0)
                source = file if place % 2 else ReadOnly(file)
                found, losses, error = read(source, mode)
                is_counted = all(loss.lost is not None for loss in losses)
                if is_counted:
                    assert all(allowed.get(n) == record for n, record in found.items()), place
                else:
                    assert all(record in allowed.values() for record in found.values()), place
                if is_good and mode != "skip":
                    before = sum(
                        item.record_count for item in items if item.offset + item.byte_len <= place
                    )
                    assert list(found) == list(range(before)), place
                    assert error or mode == "tail" or place == len(damaged), place
                counts["records"] += len(found)
            counts["damages"] += 1
    counts["files"] += 1
