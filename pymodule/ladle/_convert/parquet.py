# SPDX-License-Identifier: BSD-2-Clause
"""Parquet files, by pyarrow."""

import functools

from ladle._convert.tables import TableWriter, records_of, with_arrow

FORMAT = "parquet"
READ_OPTIONS = ()
WRITE_OPTIONS = ("fields", "fill")

BATCH_COUNT = 4096


def read(source):
    """The rows of a table."""
    with with_arrow(source.name) as pyarrow:
        import pyarrow.parquet

        file = pyarrow.parquet.ParquetFile(source.open_again())
        names = file.schema_arrow.names
        yield from records_of(file.iter_batches(BATCH_COUNT), names)


def write(records, file, fields=None, fill=False):
    """Write a table with a row for each record."""
    with with_arrow(None):
        import pyarrow.parquet

        opened = functools.partial(pyarrow.parquet.ParquetWriter, file)
        return TableWriter(opened, fields, fill).write(records)
