#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Files for the fuzzer to begin with, all of whose checksums are 0: seeds.py FOLDER

They are those of tests/files, made anew, one for each shape that is made by hand, and MUTANTS
changed ones: the same each time.
"""

import random
import sys
from pathlib import Path

MUTANTS = 6_000
TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS / "py"), str(TESTS / "files")]

import crafting  # noqa: E402
import reference  # noqa: E402


def no_checksum(_data):
    return 0


crafting.crc32c = reference.crc32c = no_checksum

import make  # noqa: E402


def mutant(source, seeds):
    """A seed with some bytes changed, or replaced by some of another one."""
    data = bytearray(source.choice(seeds))
    for _ in range(source.choice([1, 1, 1, 2, 3])):
        place, length = source.randrange(64, len(data)), source.randrange(1, 9)
        other = source.choice(seeds)
        from_place = source.randrange(len(other))
        piece = source.choice(
            [
                bytes([data[place] ^ 1 << source.randrange(8)]),
                bytes([source.choice([0, 1, 16, 32, 127, 128, 255])]),
                source.randbytes(length),
                b"\xff" * length,
                other[from_place : from_place + 4 * length],
            ]
        )
        data[place : place + len(piece)] = piece[: len(data) - place]
    return bytes(data)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: data for name, (_, data) in make.FILES.items()}
    for name in make.GOOD:
        path = "shape-" + "".join(c if c.isalnum() else "-" for c in name)
        files[path] = make.shapes(name).finish()
    seeds = [data for data in files.values() if len(data) > 64]
    source = random.Random(1)
    for i in range(MUTANTS):
        files[f"mutant-{i}"] = mutant(source, seeds)
    for name, data in files.items():
        (folder / name).write_bytes(data)


main()
