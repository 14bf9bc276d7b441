# SPDX-License-Identifier: BSD-2-Clause
"""Writes records to a file and reads them back, without ever holding all of them."""

import tempfile
from pathlib import Path

import ladle

with tempfile.TemporaryDirectory() as folder:
    squares = Path(folder, "squares.ladle")
    count = ladle.dump(((n, n * n) for n in range(1000)), squares)
    print(f"dump wrote {count} records of a generator: {squares.stat().st_size} bytes.")
    total = sum(square for _, square in ladle.load(squares))
    print(f"load gives an iterator; the sum of the squares is {total}.")

    events = Path(folder, "events.ladle")
    with ladle.open(events, "w") as writer:
        writer.append({"event": "start", "tags": ["first"]})
        writer.extend({"event": "step", "number": n} for n in range(2))
    for event in ladle.load(events):
        print("read back:", event)
