# SPDX-License-Identifier: BSD-2-Clause
"""Whole files: verify them, save what is intact of a damaged one, join several."""

import contextlib
import os
from typing import NamedTuple

from ladle._core import _concat, _repair, _verify
from ladle._replace import is_replaceable, replacing
from ladle._sources import OPEN_FLAGS
from ladle._targets import as_path, open_url, open_writing


class Loss(NamedTuple):
    """Records that are lost, by their numbers in the damaged file.

    first_record  the number of the first of them
    count         how many, or None when nothing intact tells
    offset, size  the bytes of the file that are damaged
    reason        what is wrong there
    """

    first_record: int
    count: int | None
    offset: int
    size: int
    reason: str

    def __str__(self):
        if self.count == 0:
            which = "no record"
        elif self.count is None:
            which = f"an unknown number of records from {self.first_record} on"
        elif self.count == 1:
            which = f"record {self.first_record}"
        else:
            which = f"records {self.first_record} to {self.first_record + self.count - 1}"
        return f"{which} lost ({self.size} bytes from byte {self.offset} on): {self.reason}"


class RepairReport(NamedTuple):
    """What repair saved, and verify found.

    records      intact records
    lost         how many are lost, or None when nothing intact tells
    losses       where, a tuple of Loss
    blocks       intact blocks
    tail_size    bytes of an unfinished part at the end of the file
    is_complete  whether a writer completed the file
    """

    records: int
    lost: int | None
    losses: tuple[Loss, ...]
    blocks: int
    tail_size: int
    is_complete: bool


def report_of(figures):
    """The report that the extension's figures are."""
    losses = tuple(Loss(*loss) for loss in figures["losses"])
    return RepairReport(**{**figures, "losses": losses})


def verify(file, progress=None):
    """Check every byte and every value of a file, of which memory holds one block.

    file      a path, a URL that fsspec knows, or a binary file object
    progress  a callable: gets the bytes done and the bytes in all

    Returns a RepairReport and the exception of the first damage, None for a file that is whole.
    Raises FormatError for what is no ladle file, and OSError.
    """
    with reading(file) as (source, name):
        figures, error = _verify(source, name, progress)
    return report_of(figures), error


def repair(file, output, *, progress=None):
    """Copy every intact record of a damaged or unfinished file to a new one.

    file, output  paths, URLs that fsspec knows, or binary file objects; file is not changed. To the
                  path of a regular file this is atomic, as with dump.
    progress      a callable: gets the bytes done and the bytes in all

    Returns a RepairReport, which says exactly which records were lost. Blocks are copied as they
    are, without decompressing them. Raises FormatError when nothing of a ladle file is there,
    and OSError.
    """
    with reading(file) as (source, name), writing(output) as target:
        return report_of(_repair(source, target, name, progress))


def concat(inputs, output, *, progress=None):
    """Join files, without decoding or compressing their records anew; checksums are verified.

    inputs    an iterable of paths, URLs that fsspec knows, or binary file objects
    output    a path, URL or binary file object; to the path of a regular file this is atomic
    progress  a callable: gets the bytes done and the bytes in all of the file at hand

    Raises TypeError for a str or the like as inputs, ValueError for none, CorruptError and
    TruncatedError for a file that is not whole, FormatError, OSError.
    """
    if isinstance(inputs, (str, bytes, os.PathLike)):
        raise TypeError(f"inputs is a {type(inputs).__name__}: it must be an iterable of files")
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(reading(file)) for file in inputs]
        if not opened:
            raise ValueError("inputs is empty: there is no file to join")
        sources, names = zip(*opened, strict=True)
        _concat(sources, stack.enter_context(writing(output)), names, progress)


@contextlib.contextmanager
def reading(file):
    """What the extension reads for what users call a file, and its name."""
    path = as_path(file)
    if path is None:
        yield file, getattr(file, "name", None)
    elif (source := open_url(path, "rb")) is not None:
        with source:
            yield source, path
    else:
        descriptor = os.open(path, OPEN_FLAGS)
        try:
            yield descriptor, os.fsdecode(path)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def writing(file):
    """What the extension writes to. A regular file gets its name when the block ends well."""
    path = as_path(file)
    if path is None:
        yield file
    elif (target := open_url(path, "wb")) is not None:
        with target:
            yield target
    elif is_replaceable(path):
        with replacing(path) as descriptor:
            yield descriptor
    else:
        descriptor = open_writing(path, "w")
        try:
            yield descriptor
        finally:
            os.close(descriptor)
