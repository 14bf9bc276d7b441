# SPDX-License-Identifier: BSD-2-Clause
"""What users call a file: paths, URLs and file objects."""

import errno
import io
import os
import re
import stat

from ladle._core import Records, lock

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def as_path(file):
    """The path that file is, as str or bytes; None for a file object."""
    if isinstance(file, (str, bytes, os.PathLike)):
        return os.fspath(file)
    if isinstance(file, io.TextIOBase):
        raise TypeError("the file object takes text, not bytes: open it in binary mode")
    if any(hasattr(file, method) for method in ("read", "write", "read_at")):
        return None
    raise TypeError(
        f"file is a {type(file).__name__}: it must be a path (str, bytes or os.PathLike) "
        "or a binary file object"
    )


def open_url(path, mode):
    """The file object that fsspec gives for a URL; None when path is none."""
    if not isinstance(path, str) or not URL.match(path):
        return None
    try:
        import fsspec
    except ImportError as error:
        raise type(error)(f"{path}: to read and write URLs, install fsspec") from None
    return fsspec.open(path, mode).open()


def open_writing(path, mode):
    """A descriptor of a file that is emptied ("w"), must be new ("x") or is kept ("a").

    A regular file is locked for its only writer: BlockingIOError when another writer has it.
    """
    flags = os.O_RDWR if mode == "a" else os.O_WRONLY
    flags |= os.O_CREAT | (os.O_EXCL if mode == "x" else 0)
    flags |= getattr(os, "O_BINARY", 0) | os.O_CLOEXEC
    while True:
        descriptor = os.open(path, flags, 0o666)
        try:
            is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
            if not is_regular or _take(descriptor, path):
                if is_regular and mode == "w":
                    os.ftruncate(descriptor, 0)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def another_writer(path):
    """The exception for a file that is not to be touched."""
    return BlockingIOError(errno.EAGAIN, "another writer has the file open", path)


def _take(descriptor, path):
    """Lock a file. False when it lost its name before that: nobody would find what is written."""
    if not lock(descriptor):
        raise another_writer(path)
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def open_reading(file, options):
    """A Records over a file from its beginning, or over a file object from where it stands."""
    path = as_path(file)
    if path is None:
        return Records(file, **options)
    source = open_url(path, "rb")
    if source is None:
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | os.O_CLOEXEC
        source = os.open(path, flags)
    return Records(source, name=path, owns=True, **options)
