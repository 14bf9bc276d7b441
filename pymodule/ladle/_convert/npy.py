# SPDX-License-Identifier: BSD-2-Clause
"""NumPy's .npy files: a record is a row of the array, or one of its items."""

from ladle._convert.arrays import Finder, chunks_of, header, ArrayFile
from ladle._convert.spool import spooled

FORMAT = "npy"
READ_OPTIONS = ()
WRITE_OPTIONS = ()


def read(source):
    """The rows of an array."""
    array = ArrayFile(source.open(), source.name)
    for chunk in array.chunks():
        yield from chunk


def write(records, file):
    """Write an array with a row for each record: structured for dicts and tuples."""
    finder = Finder()
    with spooled(finder.watch(records)) as stored:
        file.write(header(finder.dtype(), (finder.count, *finder.extents())))
        for chunk in chunks_of(stored, finder):
            file.write(chunk.tobytes())
    return finder.count
