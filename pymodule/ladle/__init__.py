# SPDX-License-Identifier: BSD-2-Clause
"""Files of records: as easy as pickle, read and written piece by piece, safe to open.

    import ladle

    ladle.dump(records, "data.ladle")               # any iterable, streamed
    for record in ladle.load("data.ladle"): ...     # an iterator
    with ladle.open("data.ladle", "w") as writer:
        writer.append(("any", "value"))

A record is one Python value, and comes back with its exact types. Writing and reading take the
memory of one block, whatever the length of the file. Nothing that a file says is ever executed.
"""

from ladle._classes import Opaque
from ladle._convert import convert
from ladle._core import Records, Writer, dumps, loads, register
from ladle._errors import (
    CorruptError,
    Error,
    FormatError,
    LimitError,
    RecoveryWarning,
    TruncatedError,
    UnsupportedError,
)
from ladle._files import dump, load, open
from ladle._limits import Limits
from ladle._pickle import from_pickle
from ladle._reader import Reader
from ladle._core import __version__

__all__ = [
    "CorruptError",
    "Error",
    "FormatError",
    "Info",
    "LimitError",
    "Limits",
    "Loss",
    "Opaque",
    "Reader",
    "Records",
    "RecoveryWarning",
    "RepairReport",
    "Schema",
    "TruncatedError",
    "UnsupportedError",
    "Writer",
    "concat",
    "convert",
    "dump",
    "dumps",
    "from_pickle",
    "load",
    "loads",
    "open",
    "register",
    "repair",
]


# What few programs need, and what takes longer to import than all the rest.
_LATER = {
    "Info": "_schema",
    "Loss": "_recover",
    "RepairReport": "_recover",
    "Schema": "_schema",
    "concat": "_recover",
    "repair": "_recover",
}


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(f"module 'ladle' has no attribute {name!r}")
    import importlib

    return _public(getattr(importlib.import_module(f"ladle.{_LATER[name]}"), name))


def _public(thing):
    """So that tracebacks, help and pickles name it as its users do."""
    thing.__module__ = "ladle"
    return thing


for _name in {*__all__} - _LATER.keys() - {"Records", "Writer"}:
    _public(globals()[_name])
del _name
