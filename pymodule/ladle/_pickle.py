# SPDX-License-Identifier: BSD-2-Clause
"""from_pickle: records out of pickles, without executing them."""

import os
import stat

from ladle._core import PickleRecords
from ladle._targets import as_path, open_url

STEP_LEN = 1 << 20


def from_pickle(file, *, items=None, unknown="refuse", types=(), encoding="ascii", limits=None):
    """Read a file of pickles and return an iterator over its records, without executing anything.

    file      a path, a URL that fsspec knows, or a binary file object, which is read from where it
              stands and not closed. It is read twice; what cannot seek, a pipe for example, is
              copied to a temporary file on disk first.
    items     what a record is. True: an item of the container that was pickled: of a list, tuple,
              set or deque, a row of an array, a tuple (key, value) of a dict; anything else is
              one record. False: what was pickled, as a whole. None: True for a file with one
              pickle, False for a file with several.
    unknown   objects of classes that are not known: "refuse" raises UnsupportedError with the
              name of the class, "opaque" makes a ladle.Opaque of its name and state.
    types     classes whose objects may be rebuilt, beside those that were registered: dataclasses,
              named tuples, enums, and others whose state is their attributes. Neither __init__ nor
              __setstate__ runs for that; what is registered and has a __setstate__ is not rebuilt.
    encoding  of the strs of Python 2: "ascii", "latin1", "utf-8", or "bytes" to leave them be.
    limits    a Limits, for each record; None for the defaults.

    Known are what ladle stores of the standard library and NumPy, under all the names that they
    ever had. Nothing that a pickle names is looked up, imported or called. Protocols 0 to 5.

    A container is never built: its items are handed out while the file is read, so that memory
    holds a few of them, and of the memo of the pickle what is used again further on. A set or dict
    that was forged may repeat members or keys. Two references to one object give one object when
    they are in one record, or not far apart.

    Raises CorruptError for what is no pickle, or a damaged one, with the byte and the opcode;
    TruncatedError behind the last record of one that was cut; UnsupportedError for classes, for
    buffers and values kept outside of the pickle; LimitError; OSError. A record that was handed
    out before is good. After an error the iterator stays at it.
    """
    if unknown not in ("refuse", "opaque"):
        raise ValueError(f"unknown is {unknown!r}: it must be 'refuse' or 'opaque'")
    from ladle import _pickle_known

    source, name, owns = _open(file)
    find = _pickle_known.finder(unknown == "opaque", types)
    return PickleRecords(
        source,
        find,
        _pickle_known.spread,
        name=name,
        owns=owns,
        items=items,
        encoding=encoding,
        limits=limits,
    )


def _open(file):
    """What to read, its name, and whether to close it in the end."""
    path = as_path(file)
    if path is None:
        return (file, None, False) if _can_seek(file) else (_spool(file), _name(file), True)
    if (source := open_url(path, "rb")) is not None:
        return (source, path, True) if _can_seek(source) else (_spool(source), path, True)
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor, path, True
    with open(descriptor, "rb") as pipe:
        return _spool(pipe), path, True


def _can_seek(file):
    seekable = getattr(file, "seekable", None)
    return seekable() if seekable is not None else hasattr(file, "seek")


def _name(file):
    name = getattr(file, "name", None)
    return name if isinstance(name, (str, bytes)) else None


def _spool(file):
    """A copy of what is left of a file, on disk."""
    import tempfile

    spool = tempfile.TemporaryFile()
    try:
        while data := file.read(STEP_LEN):
            spool.write(data)
        spool.seek(0)
    except BaseException:
        spool.close()
        raise
    return spool
