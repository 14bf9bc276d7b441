# SPDX-License-Identifier: BSD-2-Clause
"""What is read: a path, a URL or a file object, as often as the format needs it."""

import contextlib
import os

from ladle._core import Records
from ladle._errors import Error, FormatError, LimitError
from ladle._targets import as_path, open_url

PACKINGS = (".gz", ".bz2", ".xz")
STEP_LEN = 1 << 20


def without_packing(path):
    """The path without the suffix of a compression."""
    root, suffix = os.path.splitext(path)
    return root if suffix in PACKINGS else path


class Source:
    """Where records come from. Close it in the end."""

    def __init__(self, file):
        self.file = file
        path = as_path(file)
        self.path = None if path is None else os.fsdecode(path)
        name = self.path if path is not None else getattr(file, "name", None)
        self.name = name if isinstance(name, str) else "the input"
        self._stack = contextlib.ExitStack()
        self._spool = None
        self._raw = None

    @property
    def is_plain_path(self):
        """Whether the path can be opened as it is: it is no URL, and not compressed."""
        return self.path is not None and os.path.splitext(self.path)[1] not in PACKINGS

    def open(self):
        """A binary file object at the beginning. For a file object it is that, once."""
        if self.path is None:
            return self.file
        if (file := open_url(self.path, "rb")) is None:
            file = self._raw = open(self.path, "rb")
        unpacked = self._stack.enter_context(_unpacking(self.path, file))
        if getattr(unpacked, "name", None) is None:
            with contextlib.suppress(AttributeError):
                unpacked.name = self.path  # for messages; CPython 3.13 and later has it
        return unpacked

    def open_again(self):
        """A binary file object at the beginning; may be called more than once."""
        if self.path is not None and (self.is_plain_path or self._spool is None):
            if os.path.isfile(self.path):
                return self.open()
        if self._spool is None:
            import tempfile

            self._spool = self._stack.enter_context(tempfile.TemporaryFile())
            file = self.open()
            while data := file.read(STEP_LEN):
                self._spool.write(data)
        self._spool.seek(0)
        return self._spool

    def share_of(self, records):
        """A function that tells which share of the file was read when some of its records were."""
        if self.path is None or not os.path.isfile(self.path):
            return lambda: None
        size = max(1, os.path.getsize(self.path))

        def share():
            if self._raw is not None:
                return self._raw.tell() / size
            if hasattr(records, "offset"):
                return records.offset / size
            return records.position / count if count else None

        count = _count_of(records)
        return share

    @contextlib.contextmanager
    def naming_damage(self):
        """What decompression raises for damage is a FormatError with the name of the file."""
        try:
            yield
        except _damages() as error:
            if self.path is None or (isinstance(error, OSError) and not _is_damage(error)):
                raise
            raise FormatError(f"{self.name}: {error}") from None

    def close(self):
        """Close what was opened; the file object that was given stays open."""
        self._stack.close()


def _count_of(records):
    """How many records a ladle file has; None where that cannot be known beforehand."""
    try:
        return records.count() if isinstance(records, Records) else None
    except Error:
        return None


def _unpacking(path, file):
    suffix = os.path.splitext(path)[1]
    if suffix == ".gz":
        import gzip

        return gzip.GzipFile(fileobj=file)
    if suffix == ".bz2":
        import bz2

        return bz2.BZ2File(file)
    if suffix == ".xz":
        import lzma

        return lzma.LZMAFile(file)
    return file


def _damages():
    """Exceptions of the modules that decompress."""
    import lzma
    import zlib

    return EOFError, zlib.error, lzma.LZMAError, OSError


def _is_damage(error):
    """Whether an OSError is of gzip or bz2, and not of the system."""
    return error.errno is None and type(error).__name__ in ("OSError", "BadGzipFile")


def too_long(place, record, len_max):
    """The LimitError for a record of text that does not end."""
    error = LimitError(
        f"{place}: the record is longer than max_record, {len_max} bytes; "
        "to allow it pass limits=ladle.Limits(max_record=...)"
    )
    error.limit, error.record = "max_record", record
    return error
