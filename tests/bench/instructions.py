# SPDX-License-Identifier: BSD-2-Clause
"""Instructions for each record of T, counted by valgrind's callgrind.

Unlike seconds they are the same each time. A program does its work once, and three times: half
of the difference is one pass, without the start of Python and the making of records.
"""

import re
import shutil
import subprocess
from pathlib import Path

COUNT = 20_000

PROGRAM = """
import random, sys, collections
import ladle
what, times, count, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
source = random.Random(1)
records = [
    (source.random(), f"{source.getrandbits(80):020x}", source.getrandbits(64))
    for _ in range(count)
]
ladle.dump(records, path)
for _ in range(times):
    if what == "encode":
        ladle.dump(records, "/dev/null")
    else:
        collections.deque(ladle.load(path), 0)
"""


def count(python: str, folder: Path) -> dict[str, float]:
    """By 'encode' and 'decode'; empty where valgrind is missing."""
    if not shutil.which("valgrind"):
        return {}
    result = {}
    for what in ("encode", "decode"):
        once, thrice = (_instructions(python, what, times, folder) for times in (1, 3))
        if once and thrice:
            result[what] = (thrice - once) / 2 / COUNT
    return result


def _instructions(python: str, what: str, times: int, folder: Path) -> int | None:
    command = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        python,
        "-c",
        PROGRAM,
        what,
        str(times),
        str(COUNT),
        str(folder / "instructions.ladle"),
    ]
    environment = {"PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    found = re.search(r"Collected : (\d+)", done.stderr)
    return int(found[1]) if found and done.returncode == 0 else None
