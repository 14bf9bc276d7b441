# SPDX-License-Identifier: BSD-2-Clause
"""Arrow IPC files and streams, by pyarrow. Files are written, as .arrow and .feather are."""

import functools

from ladle._convert import tables

FORMAT = "arrow"
READ_OPTIONS = ()
WRITE_OPTIONS = ("fields", "fill", "lossy")

FILE_MAGIC = b"ARROW1"


def read(source):
    """The rows of a table."""
    with tables.with_arrow(source.name) as pyarrow:
        file = source.open_again()
        is_file = file.read(len(FILE_MAGIC)) == FILE_MAGIC
        file.seek(0)
        if not is_file:
            stream = pyarrow.ipc.open_stream(file)
            yield from tables.records_of(stream, source)
            return
        opened = pyarrow.ipc.open_file(file)
        batches = map(opened.get_batch, range(opened.num_record_batches))
        yield from tables.records_of(batches, source)


def write(records, file, fields=None, fill=False, lossy=False):
    """Write a table with a row for each record."""
    with tables.with_arrow(None) as pyarrow:
        opened = functools.partial(pyarrow.ipc.new_file, file)
        return tables.write(records, opened, fields, fill, lossy)
