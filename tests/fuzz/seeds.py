#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Files for the fuzzer to begin with, all of whose checksums are 0: seeds.py FOLDER

They are those of tests/files, made anew, and one for each shape that is made by hand.
"""

import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS / "py"), str(TESTS / "files")]

import crafting  # noqa: E402
import reference  # noqa: E402


def no_checksum(_data):
    return 0


crafting.crc32c = reference.crc32c = no_checksum

import make  # noqa: E402


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, (_, data) in make.FILES.items():
        (folder / name).write_bytes(data)
    for name in make.GOOD:
        path = folder / ("shape-" + "".join(c if c.isalnum() else "-" for c in name))
        path.write_bytes(make.shapes(name).finish())


main()
