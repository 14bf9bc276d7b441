# SPDX-License-Identifier: BSD-2-Clause
"""What can go wrong. Failed input and output is OSError, lack of memory MemoryError."""


class Error(Exception):
    """The base of the errors of this package.

    filename  the path of the file that is concerned, or None
    """

    filename: str | None = None


class FormatError(Error, ValueError):
    """What was given is not what ladle writes."""


class CorruptError(FormatError):
    """Data were damaged after they were written. Nothing of a damaged block is handed out.

    offset        the byte of the file where the damaged part begins, or None
    first_record  the number of the first record that is concerned, or None
    lost          how many records are lost, or None when that is not known
    """

    offset: int | None = None
    first_record: int | None = None
    lost: int | None = None


class TruncatedError(CorruptError):
    """The file ends before its writer completed it. All records before that were handed out."""


class LimitError(Error):
    """A record is larger, deeper or longer than the limits allow.

    limit   the name of the limit: a parameter of Limits
    needed  what the limit would have to be at least, or None
    record  the number of the record, or None
    """

    limit: str | None = None
    needed: int | None = None
    record: int | None = None


class UnsupportedError(FormatError):
    """Written by a newer version, or by means that this installation lacks."""


class RecoveryWarning(UserWarning):
    """A file that an interrupted writer left was made whole again, to be appended to."""
