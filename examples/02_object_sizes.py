# SPDX-License-Identifier: BSD-2-Clause
"""How many bytes small Python objects take, with everything that hangs on them."""

import sys

from demo.records import random_records


def size_of(value, seen: set[int] | None = None) -> int:
    """Bytes of an object and of all that it refers to, shared objects counted once."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = value
    else:
        parts = [vars(value)] if hasattr(value, "__dict__") else []
    return sys.getsizeof(value) + sum(size_of(part, seen) for part in parts)


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y


EXAMPLES = {
    "None": None,
    "1": 1,
    "2**64": 2**64,
    "1.5": 1.5,
    "an empty str": "",
    "20 ASCII letters": "abcdefghijklmnopqrst",
    "20 Greek letters": "αβγδεζηθικλμνξοπρστυ",
    "an empty tuple": (),
    "an empty list": [],
    "an empty dict": {},
    "(1.5, 2.5)": (1.5, 2.5),
    "[1.5, 2.5]": [1.5, 2.5],
    "{'x': 1.5, 'y': 2.5}": {"x": 1.5, "y": 2.5},
    "Point(1.5, 2.5)": Point(1.5, 2.5),
}

for name, example in EXAMPLES.items():
    print(f"{name:24}{size_of(example):6} bytes")

count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
per_record = size_of(list(random_records(count))) / count
print(f"\nA list of {count:,} records (float, 20 letters, 64-bit integer) takes")
print(f"{per_record:.0f} bytes a record; the values alone are 8 + 20 + 8 = 36 bytes.")

letters = "abcdefghijklmnopqrst"
shared = size_of([(letters, n) for n in range(count)]) / count
apart = size_of([(letters[:19] + "z", n) for n in range(count)]) / count
print(f"With one string shared by all, a pair takes {shared:.0f} bytes, else {apart:.0f}.")
