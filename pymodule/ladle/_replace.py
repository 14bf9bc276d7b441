# SPDX-License-Identifier: BSD-2-Clause
"""Files that appear whole or not at all."""

import contextlib
import os
import stat

from ladle._core import is_locked
from ladle._targets import another_writer, open_writing


def mode_of(path):
    """The mode of what a path names, or None when nothing is there."""
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def is_replaceable(path):
    """Whether a path names a regular file, or nothing yet: not a pipe or a device, nor "new/"."""
    mode = mode_of(path)
    return bool(os.path.basename(path)) if mode is None else stat.S_ISREG(mode)


@contextlib.contextmanager
def replacing(path):
    """Give a descriptor of a new file, open for writing, that takes the path's name
    when the block ends well.

    The new file is written beside the old one, has its mode, and is safe on disk before it gets the
    name. Symbolic links are followed. When the block raises, nothing is left of the new file.
    BlockingIOError when a writer has the old file, before the block or behind it: what it adds
    would be gone with the name.
    """
    path = os.path.realpath(path)
    directory = os.path.dirname(path)
    _check_written(path)
    descriptor, temporary = _create_beside(path, directory)
    try:
        try:
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _check_written(path)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_directory(directory)


def _check_written(path):
    """Refuse a path whose file a writer has, as far as that can be seen."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if is_locked(descriptor):
            raise another_writer(path)
    finally:
        os.close(descriptor)


def _create_beside(path, directory):
    """A new file with the mode of the one that it replaces, or as the umask says."""
    mode = mode_of(path)
    while True:
        temporary = os.path.join(os.fsdecode(directory), f".ladle-{os.urandom(8).hex()}")
        try:
            descriptor = open_writing(temporary, "x")
        except FileExistsError:
            continue
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from None
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        return descriptor, temporary


def _sync_directory(directory):
    """Make the new name survive a loss of power, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
