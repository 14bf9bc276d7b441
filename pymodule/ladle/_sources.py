# SPDX-License-Identifier: BSD-2-Clause
"""Where a Reader reads: a file, several files as one, a file object. Each is read by position."""

import bisect
import errno
import io
import itertools
import os
import stat
import threading

from ladle._core import Records, is_locked
from ladle._errors import CorruptError, Error, FormatError, TruncatedError
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
        """Refuse what would be taken for nothing, or for the torn end of the part before."""
        if not self.start:
            raise self.named(TruncatedError("the file is empty"))
        if self.start != MAGIC[: len(self.start)]:
            raise self.named(FormatError("it does not begin as a ladle file does"))

    def named(self, error):
        """An error that says that it is about this file."""
        error.filename = os.fsdecode(self.path)
        error.args = (f"{error.filename}: {error}",)
        return error

    def complete_size(self):
        """Its bytes without a torn end, which the parts behind it would be taken for a piece of."""
        size = self.size()
        if size < HEADER_LEN:
            return 0
        try:
            with self.records() as records:
                records.count()
        except Error:
            try:
                with self.records(on_error="tail") as records:
                    return records._info()["complete_size"]
            except Error:  # damage, and not only at its end
                pass
        return size

    def size(self):
        return os.fstat(self.descriptor).st_size

    def records(self, **options):
        """A Records over it."""
        return Records(os.dup(self.descriptor), name=self.path, owns=True, **options)

    def whole(self):
        """What ladle._recover reads for it."""
        return self.path

    def is_written(self, path=None):
        """Whether a writer that lives has it open; for parts, whether it is the one of this path."""
        return is_locked(self.descriptor)

    def __reduce__(self):
        return File, (os.path.abspath(self.path), self.identity)

    def __repr__(self):
        return repr(self.path)


class Parts:
    """Files one behind the other: together they are a file. Read by read_at and size."""

    torn_ends = None  # once they are left out: where they were

    def __init__(self, paths, identities=None):
        identities = itertools.repeat(None) if identities is None else identities
        if not paths:
            raise FileNotFoundError("there are no files to read: the list or directory is empty")
        self.files = [File(path, known) for path, known in zip(paths, identities, strict=False)]
        self.starts = self.starts_behind(file.size() for file in self.files[:-1])

    def starts_behind(self, sizes):
        """Where each file begins among all of them; the last one may grow."""
        return list(itertools.accumulate(sizes, initial=0))

    @property
    def name(self):
        """What errors call it: they find the file and the place in it by locate."""
        return self

    def locate(self, offset):
        """The path of the file that a byte of all of them is in, and its place there."""
        is_torn = offset in (self.torn_ends or ())
        find = bisect.bisect_left if is_torn else bisect.bisect_right
        index = find(self.starts, offset) - 1
        return os.fsdecode(self.files[index].path), offset - self.starts[index]

    def close(self):
        for file in self.files:
            file.close()

    def read_at(self, offset, size):
        """Up to size bytes from a place of all of them; none behind the end."""
        index = bisect.bisect_right(self.starts, offset) - 1
        if index + 1 < len(self.files):
            size = min(size, self.starts[index + 1] - offset)
        return os.pread(self.files[index].descriptor, size, offset - self.starts[index])

    def size(self):
        return self.starts[-1] + self.files[-1].size()

    def records(self, **options):
        takes_torn = options.get("live") or options.get("on_error", "raise") != "raise"
        if takes_torn:
            self.leave_out_torn_ends()
        else:
            for file in self.files:
                file.check_start()
        return Records(self, **options)

    def leave_out_torn_ends(self):
        """Where the last item of a file ends, the reader then finds that the next file begins."""
        if self.torn_ends is not None:
            return
        files = self.files[:-1]
        for file in files:
            if file.start:
                file.check_start()
        sizes = [file.complete_size() for file in files]
        self.starts = self.starts_behind(sizes)
        self.torn_ends = {
            end
            for end, size, file in zip(self.starts[1:], sizes, files, strict=True)
            if 0 < size < file.size()
        }

    def whole(self):
        return self

    def is_written(self, path=None):
        last = self.files[-1]
        return path in (None, os.fsdecode(last.path)) and last.is_written()

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
        except (AttributeError, OSError) as error:
            if getattr(error, "errno", None) not in (None, errno.ESPIPE):
                raise
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

    def is_written(self, path=None):
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
