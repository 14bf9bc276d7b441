# SPDX-License-Identifier: BSD-2-Clause
"""Which record is the first that cannot be in an Arrow table."""

import datetime

from ladle._arrow_plan import ITEMS, KEYS, Mixed
from ladle._classes import Opaque

SHARED = {int: float, bytearray: bytes}


def located(reader, refused):
    """The TypeError that names the record, too, if it is among those of the reader."""
    kinds = set()
    for number, record in zip(reader._rows, iter(reader), strict=False):
        for value in _values(record, refused.path):
            if value is None and refused.is_culprit is None:
                continue
            kinds.add(_kind(value))
            if _is_culprit(refused, value, kinds):
                return TypeError(f"record {number}: {refused}")
    return TypeError(str(refused))


def _is_culprit(refused, value, kinds):
    if isinstance(refused, Mixed):
        return len(kinds) > 1
    return refused.is_culprit is None or refused.is_culprit(value)


def _kind(value):
    cls = type(value)
    if cls is datetime.datetime:
        return cls, value.tzinfo is None
    return SHARED.get(cls, cls)


def _values(value, path):
    """The values at a path of a value."""
    if not path:
        yield value
        return
    for child in _children(value, path[0]):
        yield from _values(child, path[1:])


def _children(value, step):
    if step is KEYS:
        return value if isinstance(value, dict) else ()
    if step is ITEMS:
        return value.values() if isinstance(value, dict) else _iterable(value)
    if isinstance(value, Opaque):
        value = value.state
    if isinstance(value, dict):
        return [value[step]] if step in value else ()
    if type(value) is tuple:
        return [value[int(step[1:])]] if int(step[1:]) < len(value) else ()
    return [getattr(value, step)] if hasattr(value, step) else ()


def _iterable(value):
    return value if isinstance(value, (list, tuple, set, frozenset)) else ()
