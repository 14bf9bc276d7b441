# SPDX-License-Identifier: BSD-2-Clause
"""dump, load and open: from what users call a file to what the extension reads and writes."""

import io
import os
import warnings

from ladle._core import Writer
from ladle._errors import RecoveryWarning
from ladle._reader import Reader
from ladle._replace import is_replaceable, replacing
from ladle._sources import Appendable
from ladle._targets import as_path, open_reading, open_url, open_writing

# Iterable by accident: their items are hardly meant as records.
NOT_RECORDS = (str, bytes, bytearray, memoryview, dict)

READER_OPTIONS = frozenset({"limits", "on_error", "threads", "types"})
WRITER_OPTIONS = frozenset(
    {"block_size", "compression", "default", "level", "limits", "metadata", "threads", "uuid"}
)


def dump(records, file, **writer_options):
    """Write every record of an iterable to a file, and return how many there were.

    records  any iterable; a generator is taken record by record, so that memory holds one block;
             of an array of NumPy the rows are, as dicts if it has fields of objects. A str, bytes,
             dict or named tuple is refused with TypeError: wrap it in a list, or use dumps.
    file     a path (str, bytes or os.PathLike), a URL that fsspec knows, or a binary file object,
             which is written from where it stands and not closed.
    writer_options  as for open.

    To the path of a regular file this is atomic: whatever happens on the way, the name stands for
    the old file or for the whole new one. A file that a writer has open is refused with
    BlockingIOError. An exception of the iterable passes through unchanged; a record that cannot be
    stored raises TypeError or LimitError; a failed write OSError.
    """
    _check_options("dump", writer_options, WRITER_OPTIONS)
    _check_records(records)
    path = as_path(file)
    if path is None:
        return _write_all(records, Writer(file, **writer_options))
    if (target := open_url(path, "wb")) is not None:
        with target:
            return _write_all(records, Writer(target, name=path, **writer_options))
    if not is_replaceable(path):
        descriptor = open_writing(path, "w")
        return _write_all(records, Writer(descriptor, name=path, owns=True, **writer_options))
    with replacing(path) as descriptor:
        return _write_all(records, Writer(descriptor, name=path, **writer_options))


def load(file, **reader_options):
    """Open a file and return an iterator over its records, a Records.

    file      a path, a URL that fsspec knows, or an object with read(n), which is read from where it
              stands and not closed: pipes, sockets and the like will do.
    limits    a Limits, or None for the defaults.
    types     classes that may be rebuilt, beside those that were registered; a dataclass, named
              tuple, enumeration, or other class that is written in Python. Objects of all others
              come as Opaque.
    on_error  what to do about damage. "raise": CorruptError comes behind the records before it,
              TruncatedError behind the last complete block of a file that nobody completed (while
              its writer lives, the records simply end there). "tail": an unfinished file simply ends
              there. "skip": so it does, and damaged blocks are left out; Records.lost counts. A
              callable: gets the CorruptError of each loss, then reading goes on.
    threads   how many threads decompress ahead.

    The file header is read here: FormatError for what is no ladle file, TruncatedError for a file
    that ends inside it, OSError. Memory holds one block, and a few more with threads.
    """
    _check_options("load", reader_options, READER_OPTIONS)
    return open_reading(file, reader_options)


def open(file, mode="r", **options):
    """Open a file: "r" returns a Reader; "w" (empties it), "x" (must not exist) and "a" (adds to it,
    or creates it) a Writer.

    file  a path, a URL that fsspec knows, or a binary file object, which is not closed. To read,
          also a list of paths, or a directory: its files in the order of their names, as one,
          of which on_error="tail" lets the last be unfinished, and "skip" any.
    mode  a "b" may follow.

    "a" goes on behind the last complete block. What an interrupted writer left behind that is cut,
    with a RecoveryWarning; nothing that is intact ever is. A file that is damaged elsewhere is
    refused with CorruptError: ladle.repair makes a whole one of it. A file that another writer has
    open is refused with BlockingIOError, in "w" too.

    Options of a Writer:
    compression  None, "zlib", "zstd" or "lz4"
    level        of the compression; None for its default
    block_size   bytes of a block before compression that are aimed at; 132,000 unless told
    metadata     a dict from str to any values, kept in the file
    default      a callable: gets an object that cannot be stored, returns one that can; as in json,
                 keys of dicts are not asked about, nor are items of sets
    limits       a Limits
    uuid         16 bytes, or a uuid.UUID: with the same one the same records make the same file
    threads      how many threads compress behind the caller; the file stays the same
    Options of a Reader: limits, types, on_error, threads; see load.

    Raises ValueError for another mode, TypeError for an option of the other direction, OSError.
    """
    if mode in ("r", "rb"):
        _check_options('open(…, "r")', options, READER_OPTIONS)
        return Reader(file, **options)
    if mode not in ("w", "wb", "x", "xb", "a", "ab"):
        raise ValueError(f"mode is {mode!r}: it must be 'r', 'w', 'x' or 'a', and a 'b' may follow")
    _check_options(f"open(…, {mode!r})", options, WRITER_OPTIONS)
    path = as_path(file)
    if path is None:
        return _appending(Appendable(file), options) if mode[0] == "a" else Writer(file, **options)
    # A wrong option is found before it costs an existing file its content.
    Writer(io.BytesIO(), **options).abort()
    if (target := open_url(path, mode[0] + "b")) is not None:
        if mode[0] == "a":
            target.close()
            raise io.UnsupportedOperation(f"{path}: only files of this machine can be appended to")
        return Writer(target, name=path, owns=True, **options)
    directory = None if os.path.exists(path) else os.path.dirname(os.path.realpath(path))
    options |= {"name": path, "owns": True, "directory": directory}
    target = open_writing(path, mode[0])
    return _appending(target, options) if mode[0] == "a" else Writer(target, **options)


def _appending(target, options):
    writer = Writer(target, append=True, **options)
    if writer.cut_size:
        warnings.warn(
            f"{os.fsdecode(options.get('name', 'the file'))}: its writer was interrupted; "
            f"{writer.cut_size} bytes of an unfinished part were cut behind the last of "
            f"{len(writer)} complete records",
            RecoveryWarning,
            stacklevel=3,
        )
    return writer


def _check_options(call, options, known):
    for name in options:
        if name not in known:
            both = READER_OPTIONS | WRITER_OPTIONS
            reason = "belongs to the other direction" if name in both else "is not an option"
            raise TypeError(f"{call}: {name!r} {reason}; options are {', '.join(sorted(known))}")


def _check_records(records):
    if isinstance(records, NOT_RECORDS):
        raise TypeError(
            f"records is a {type(records).__name__}, whose items are hardly meant as records: "
            "dump([value], file) writes it as one record, dumps(value) makes bytes of it"
        )


def _write_all(records, writer):
    with writer:
        writer.extend(records)
        count = len(writer)
    return count
