# SPDX-License-Identifier: BSD-2-Clause
"""NumPy's .npz files: an array for each field of the records."""

import zipfile

from ladle._convert.arrays import Finder, chunks_of, header, ArrayFile
from ladle._convert.rows import rows_of
from ladle._convert.spool import spooled
from ladle._errors import FormatError, UnsupportedError

FORMAT = "npz"
READ_OPTIONS = ()
WRITE_OPTIONS = ()

SUFFIX = ".npy"


def read(source):
    """Records with an item of each array, all of which must be of one length."""
    try:
        yield from _read(source)
    except zipfile.BadZipFile as error:
        raise FormatError(f"{source.name}: {error}") from None
    except (NotImplementedError, RuntimeError) as error:  # a compression, a password
        raise UnsupportedError(f"{source.name}: {error}") from None


def _read(source):
    with zipfile.ZipFile(source.open_again()) as archive:
        members = [name for name in archive.namelist() if name.endswith(SUFFIX)]
        arrays = [ArrayFile(archive.open(name), f"{source.name}: {name}") for name in members]
        if len({array.shape[:1] for array in arrays}) > 1 or not all(a.shape for a in arrays):
            lengths = {name: array.shape for name, array in zip(members, arrays)}
            raise FormatError(f"{source.name}: the arrays have not one length: {lengths}")
        make = rows_of([name.removesuffix(SUFFIX) for name in members])
        count = min((array.chunk_count for array in arrays), default=1)
        for chunks in zip(*(array.chunks(count) for array in arrays)):
            yield from make(zip(*chunks))


def write(records, file):
    """Write an array for each field; the records are read once for each."""
    finder = Finder()
    with spooled(finder.watch(records)) as stored:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name in finder.names():
                if "\0" in name:
                    raise ValueError(f"[{name!r}]: in a .npz file a name ends at a zero")
                with archive.open(name + SUFFIX, "w", force_zip64=True) as member:
                    shape = (finder.count, *finder.extents(name))
                    member.write(header(finder.dtype(name), shape))
                    for chunk in chunks_of(stored, finder, name):
                        member.write(chunk.tobytes())
    return finder.count
