# SPDX-License-Identifier: BSD-2-Clause
"""ladle files."""

from ladle._core import Writer
from ladle._files import load

FORMAT = "ladle"
READ_OPTIONS = ("types", "limits")
WRITE_OPTIONS = ("compression", "level", "block_size", "metadata", "limits")


def read(source, **options):
    """The records of a ladle file."""
    return load(source.file if source.is_plain_path else source.open(), **options)


def write(records, file, **options):
    """Write a ladle file."""
    with Writer(file, **options) as writer:
        writer.extend(records)
        return len(writer)
