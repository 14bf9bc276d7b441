# SPDX-License-Identifier: BSD-2-Clause
"""Parquet files, by pyarrow."""

import functools

from ladle._convert import tables

FORMAT = "parquet"
READ_OPTIONS = ()
WRITE_OPTIONS = ("fields", "fill", "lossy")

BATCH_COUNT = 4096
BUFFER_LEN = 1 << 18


def read(source):
    """The rows of a table."""
    with tables.with_arrow(source.name) as pyarrow:
        import pyarrow.parquet

        file = pyarrow.parquet.ParquetFile(
            source.open_again(), pre_buffer=False, buffer_size=BUFFER_LEN
        )
        yield from tables.records_of(file.iter_batches(BATCH_COUNT), source)


def write(records, file, fields=None, fill=False, lossy=False):
    """Write a table with a row for each record."""
    with tables.with_arrow(None):
        import pyarrow.parquet

        opened = functools.partial(pyarrow.parquet.ParquetWriter, file)
        return tables.write(records, opened, fields, fill, lossy)
