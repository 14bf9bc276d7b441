# SPDX-License-Identifier: BSD-2-Clause
"""What users call a file: paths, URLs and file objects."""

import os
import re

from ladle._core import Records

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def as_path(file):
    """The path that file is, as str or bytes; None for a file object."""
    if isinstance(file, (str, bytes, os.PathLike)):
        return os.fspath(file)
    if hasattr(file, "read") or hasattr(file, "write"):
        return None
    raise TypeError(
        f"file is a {type(file).__name__}: it must be a path (str, bytes or os.PathLike) "
        "or a binary file object"
    )


def open_url(path, mode):
    """The file object that fsspec gives for a URL; None when path is none, or fsspec is not there."""
    if not isinstance(path, str) or not URL.match(path):
        return None
    try:
        import fsspec
    except ImportError:
        return None
    return fsspec.open(path, mode).open()


def open_writing(path, mode):
    """A descriptor of a file that is emptied ("w") or must be new ("x")."""
    flags = os.O_TRUNC if mode == "w" else os.O_EXCL
    flags |= os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    return os.open(path, flags, 0o666)


def open_reading(file, options):
    """A Records over a file from its beginning, or over a file object from where it stands."""
    path = as_path(file)
    if path is None:
        return Records(file, **options)
    source = open_url(path, "rb")
    if source is None:
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        source = os.open(path, flags)
    return Records(source, name=path, owns=True, **options)
