# SPDX-License-Identifier: BSD-2-Clause
"""C writes, Python reads: samples.ladle, which 09_structs.c made. And a file the other way round,
for 19_from_python.c. Without samples.ladle in the current directory there is nothing to do."""

import os

import ladle

if os.path.exists("samples.ladle"):
    first = next(ladle.load("samples.ladle"))
    print(first)
    assert first == {"score": 0.0, "name": "name 0", "id": 0, "position": [1.0, 2.0, 3.0]}
    # Keys in any order, some absent, None for what is not known: C says what it makes of these.
    records = ({"id": i, "score": None if i % 10 == 0 else i / 8} for i in range(1000))
    ladle.dump(records, "python.ladle")
