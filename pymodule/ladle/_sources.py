# SPDX-License-Identifier: BSD-2-Clause
"""Where a Reader reads: a file, several files as one, a file object. Each is read by position."""

import bisect
import io
import itertools
import os
import stat
import threading

from ladle._core import Records, is_locked
from ladle._errors import CorruptError, FormatError
from ladle._targets import as_path, open_url

OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
HEADER_LEN = 64
MAGIC = b"\x89LDL"
UUID = slice(16, 32)


def source_of(file):
    """What a Reader reads for what its user calls a file."""
    if isinstance(file, (list, tuple)):
        return Parts([os.fspath(part) for part in file])
    path = as_path(file)
    if path is None:
        return Window(file)
    if (target := open_url(path, "rb")) is not None:
        return Window(target, name=path)
    return Parts(parts_in(path)) if os.path.isdir(path) else File(path)


def parts_in(directory):
    """The files of a directory that are parts, by name; those with a dot before theirs are none."""
    names = sorted(name for name in os.listdir(directory) if not os.fsdecode(name).startswith("."))
    paths = [os.path.join(directory, name) for name in names]
    return [path for path in paths if os.path.isfile(path)]


def open_file(path):
    """The descriptor of a regular file."""
    descriptor = os.open(path, OPEN_FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise io.UnsupportedOperation(
            f"{os.fsdecode(path)} is no regular file, so it cannot be read at any place; "
            "ladle.load reads it from beginning to end"
        )
    return descriptor


class File:
    """A file by its path. It is opened once; iterators share what was opened, not its offset."""

    def __init__(self, path, identity=None):
        self.path = path
        self.descriptor = open_file(path)
        header = os.pread(self.descriptor, HEADER_LEN, 0)
        self.identity, self.start = header[UUID], header[: len(MAGIC)]
        if identity is not None and identity != self.identity:
            self.close()
            raise CorruptError(f"{os.fsdecode(path)}: the file was replaced by another meanwhile")

    def __del__(self):
        self.close()

    def close(self):
        """Let go of the descriptor; iterators have one of their own."""
        descriptor = self.__dict__.pop("descriptor", -1)
        if descriptor >= 0:
            os.close(descriptor)

    def check_start(self):
        """Refuse what would be taken for the torn end of the part before."""
        if self.start != MAGIC[: len(self.start)]:
            error = FormatError(f"{os.fsdecode(self.path)}: it does not begin as a ladle file does")
            error.filename = os.fsdecode(self.path)
            raise error

    def records(self, **options):
        """A Records over it."""
        return Records(os.dup(self.descriptor), name=self.path, owns=True, **options)

    def whole(self):
        """What ladle._recover reads for it."""
        return self.path

    def is_written(self):
        """Whether a writer that lives has it open."""
        return is_locked(self.descriptor)

    def __reduce__(self):
        return File, (os.path.abspath(self.path), self.identity)

    def __repr__(self):
        return repr(self.path)


class Parts:
    """Files one behind the other: together they are a file. Read by read_at and size."""

    def __init__(self, paths, identities=None):
        identities = itertools.repeat(None) if identities is None else identities
        if not paths:
            raise FileNotFoundError("there are no files to read: the list or directory is empty")
        self.files = [File(path, known) for path, known in zip(paths, identities, strict=False)]
        lengths = [os.fstat(file.descriptor).st_size for file in self.files]
        self.ends = list(itertools.accumulate(lengths))

    @property
    def name(self):
        """What errors call it: they find the file and the place in it by locate."""
        return self

    def locate(self, offset):
        """The path of the file that a byte of all of them is in, and its place there."""
        index = min(bisect.bisect_right(self.ends, offset), len(self.files) - 1)
        start = self.ends[index - 1] if index else 0
        return os.fsdecode(self.files[index].path), offset - start

    def close(self):
        for file in self.files:
            file.close()

    def read_at(self, offset, size):
        """Up to size bytes from a place of all of them; none behind the end."""
        index = bisect.bisect_right(self.ends, offset)
        if index == len(self.files):
            return b""
        start = self.ends[index - 1] if index else 0
        size = min(size, self.ends[index] - offset)
        return os.pread(self.files[index].descriptor, size, offset - start)

    def size(self):
        return self.ends[-1]

    def records(self, **options):
        if options.get("on_error", "raise") == "raise":
            for file in self.files:
                file.check_start()
        return Records(self, **options)

    def whole(self):
        return self

    def is_written(self):
        return self.files[-1].is_written()

    def __reduce__(self):
        paths = [os.path.abspath(file.path) for file in self.files]
        return Parts, (paths, [file.identity for file in self.files])

    def __repr__(self):
        return repr([file.path for file in self.files])


class Window:
    """A seekable file object from where it stands, which it is moved about in, under a lock."""

    def __init__(self, file, name=None):
        self.file, self.name = file, name
        self.lock = threading.Lock()
        try:
            self.start = file.tell()
        except (AttributeError, io.UnsupportedOperation) as error:
            raise io.UnsupportedOperation(
                f"the file object cannot seek ({error}); ladle.load reads it from beginning to end"
            ) from None

    def close(self):
        if self.name is not None:
            self.file.close()

    def read_at(self, offset, size):
        with self.lock:
            self.file.seek(self.start + offset)
            return self.file.read(size)

    def size(self):
        with self.lock:
            return max(self.file.seek(0, os.SEEK_END) - self.start, 0)

    def records(self, **options):
        name = getattr(self.file, "name", None) if self.name is None else self.name
        return Records(self, name=name if isinstance(name, (str, bytes)) else None, **options)

    def whole(self):
        return self

    def is_written(self):
        return False

    def __reduce__(self):
        raise TypeError("a Reader of a file object cannot be pickled; open it by its path")

    def __repr__(self):
        return repr(self.file if self.name is None else self.name)


class Appendable(Window):
    """A seekable file object that is written behind what it holds, wherever it stands."""

    def __init__(self, file):
        super().__init__(file)
        self.start = 0

    def write(self, data):
        with self.lock:
            self.file.seek(0, os.SEEK_END)
            return self.file.write(data)

    def truncate(self, size):
        with self.lock:
            if self.file.seek(0, os.SEEK_END) != self.start + size:
                self.file.truncate(self.start + size)

    def flush(self):
        flush = getattr(self.file, "flush", None)
        if flush is not None:
            flush()

    def fileno(self):
        return self.file.fileno()
