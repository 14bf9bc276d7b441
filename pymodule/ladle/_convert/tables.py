# SPDX-License-Identifier: BSD-2-Clause
"""Records as tables of pyarrow, and back, by the columns that Reader and Writer give and take."""

import contextlib
import io

from ladle._convert.rows import VALUE, names_of, shape_of, tuple_names
from ladle._convert.spool import spooled
from ladle._core import Writer, dumps
from ladle._errors import FormatError, UnsupportedError
from ladle._files import load
from ladle._files import open as open_ladle

PIECE_COUNT = 4096  # rows that are made records, or compared, at once
GROUP_LEN = 1 << 22  # bytes of columns that are written at once: a row group of Parquet


@contextlib.contextmanager
def with_arrow(name):
    """The module pyarrow; its errors become ours. 'name' is that of the file that is read."""
    try:
        import pyarrow
    except ImportError:
        raise UnsupportedError("Parquet and Arrow need the package pyarrow") from None
    try:
        yield pyarrow
    except pyarrow.ArrowException as error:
        if name is None:
            raise ValueError(str(error)) from None
        raise FormatError(f"{name}: {error}") from None


def records_of(batches, source):
    """The records of batches."""
    done = 0
    for batch in batches:
        for piece in pieces_of(batch):
            yield from records_in(piece, source.name, done)
            done += piece.num_rows


def pieces_of(batch):
    """A batch, a few rows at a time."""
    for first in range(0, batch.num_rows, PIECE_COUNT):
        yield batch.slice(first, PIECE_COUNT)


def records_in(piece, name, first):
    """An iterator over the records of a few rows: they are what Writer.extend makes of them."""
    file = io.BytesIO()
    try:
        with Writer(file) as writer:
            writer.extend(piece)
    except (TypeError, ValueError) as error:
        raise UnsupportedError(f"{name}: {error} (records are counted from {first})") from None
    file.seek(0)
    records, names = load(file), piece.schema.names
    if names == [VALUE]:
        return (record[VALUE] for record in records)
    if names == tuple_names(len(names)):
        return (tuple(record.values()) for record in records)
    return records


def write(records, opened, fields, fill, lossy):
    """Write a table with a row for each record. 'opened' gets a schema and gives a writer."""
    import pyarrow

    with spooled(_complete(records, fields, fill)) as path, open_ladle(path) as reader:
        table = pyarrow.RecordBatchReader.from_stream(reader)
        with opened(table.schema) as writer:
            for group in _groups(table if lossy else _checked(table, iter(reader))):
                writer.write_table(pyarrow.Table.from_batches(group))
        return len(reader)


def _complete(records, fields, fill):
    """The records, all with the fields of the first. A list is a value, for Arrow has those."""
    names, known, to_row = fields, None, None
    for number, record in enumerate(records):
        if type(record) is not list:
            if to_row is None:
                names = list(names or names_of(record, number))
                known, to_row = set(names), shape_of(record, names, fill)
            if type(record) is not dict:
                to_row(record, number)
            elif record.keys() != known:
                record = dict(zip(names, to_row(record, number)))
        yield record


def _groups(batches):
    """Lists of batches that are large enough together."""
    group, group_len = [], 0
    for batch in batches:
        group.append(batch)
        group_len += batch.nbytes
        if group_len >= GROUP_LEN:
            yield group
            group, group_len = [], 0
    if group:
        yield group


# ---- What comes back of a table must be what went in ----


def _checked(batches, records):
    """The batches; raises TypeError when one of the records would come back as another value."""
    done = 0
    for batch in batches:
        for piece in pieces_of(batch):
            before = records.tolist(piece.num_rows)
            after = list(records_in(piece, "the table", done))
            if dumps(before) != dumps(after):
                for number, (one, other) in enumerate(zip(before, after), done):
                    _compare(f"record {number}: ", one, other)
            done += piece.num_rows
        yield batch


def _compare(path, before, after):
    """Raise where two values differ."""
    if type(before) is type(after) is dict and before.keys() == after.keys():
        for key in before:
            _compare(f"{path}[{key!r}]", before[key], after[key])
    elif type(before) is type(after) is list and len(before) == len(after):
        for i, pair in enumerate(zip(before, after)):
            _compare(f"{path}[{i}]", *pair)
    elif type(before) is not type(after) or dumps(before) != dumps(after):
        raise TypeError(
            f"{path}: {before!r:.60} would come back as {after!r:.60}: allow that by lossy=True or "
            "--lossy"
        )
