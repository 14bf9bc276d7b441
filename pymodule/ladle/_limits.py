# SPDX-License-Identifier: BSD-2-Clause
"""How large a record may be."""

import re

KI = 2**10
UNITS = {
    "": 1, "B": 1,
    "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9,
    "KiB": KI, "MiB": KI**2, "GiB": KI**3,
}  # fmt: skip
SIZE = re.compile(r"(\d{1,18}) ?([A-Za-z]*)", re.ASCII)
HIGHEST = 2**63 - 1


class Limits:
    """How large a record may be that is written or read. It cannot be changed.

    max_depth   nesting of its containers: 256, at most 4096
    max_record  its size in the file before compression: "256MiB", at most "2047MiB"
    max_items   values in its containers: 16,777,216
    max_memory  an estimate of the memory that its objects take: "1GiB"

    Sizes are in bytes, as an int or as a str like "64KiB", "10MB" or "1GiB". None is the default.
    Raises ValueError for what is out of range, 0 included, and TypeError.
    """

    __slots__ = ("max_depth", "max_items", "max_memory", "max_record")

    def __init__(self, *, max_depth=None, max_record=None, max_items=None, max_memory=None):
        self._set("max_depth", max_depth, 256, 4096)
        self._set("max_record", size(max_record), 256 * KI**2, 2047 * KI**2)
        self._set("max_items", max_items, 16 * KI**2, HIGHEST)
        self._set("max_memory", size(max_memory), KI**3, HIGHEST)

    def _set(self, name, value, default, highest):
        if value is None:
            value = default
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name} is a {type(value).__name__}: it must be an int or None")
        if not 1 <= value <= highest:
            raise ValueError(f"{name} is {value}: it must be from 1 to {highest}")
        object.__setattr__(self, name, value)

    def __setattr__(self, name, value):
        raise AttributeError(f"{name}: Limits cannot be changed; make new ones")

    def __delattr__(self, name):
        raise AttributeError(f"{name}: Limits cannot be changed; make new ones")

    def _values(self):
        return {name: getattr(self, name) for name in self.__slots__}

    def __eq__(self, other):
        return self._values() == other._values() if isinstance(other, Limits) else NotImplemented

    def __hash__(self):
        return hash(tuple(self._values().values()))

    def __repr__(self):
        return f"Limits({', '.join(f'{name}={value}' for name, value in self._values().items())})"

    def __reduce__(self):
        return _make, (self._values(),)


def _make(values):
    return Limits(**values)


def size(value):
    """A number of bytes from a str like "64KiB"; anything else as it is."""
    if not isinstance(value, str):
        return value
    match = SIZE.fullmatch(value.strip())
    if not match or match[2] not in UNITS:
        raise ValueError(f"{value!r} is not a size; these are: 4096, '64KiB', '10MB', '1GiB'")
    return int(match[1]) * UNITS[match[2]]
