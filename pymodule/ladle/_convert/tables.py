# SPDX-License-Identifier: BSD-2-Clause
"""Records as batches of pyarrow, and back."""

import contextlib
import itertools

from ladle._convert.rows import names_of, rows_of, shape_of
from ladle._errors import FormatError, UnsupportedError

BATCH_COUNT = 1000
SLICE_COUNT = 1000


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


def records_of(batches, names):
    """The records of batches."""
    make = rows_of(list(names))
    for batch in batches:
        for first in range(0, batch.num_rows, SLICE_COUNT):
            columns = [column.to_pylist() for column in batch.slice(first, SLICE_COUNT).columns]
            yield from make(zip(*columns))


class TableWriter:
    """Writes records in batches that all have the types of the first one."""

    def __init__(self, opened, fields, fill):
        self.opened, self.fields, self.fill = opened, fields, fill
        self.done = 0

    def write(self, records):
        """Write them, and return how many there were."""
        records = iter(records)
        first = list(itertools.islice(records, 1))
        names = list(self.fields) if self.fields else names_of(first[0], 0) if first else []
        to_row = shape_of(first[0] if first else {}, names, self.fill)
        records = itertools.chain(first, records)
        batch = self._next(records, to_row, names, None)
        with self.opened(batch.schema) as writer:
            while batch.num_rows:
                writer.write_batch(batch)
                self.done += batch.num_rows
                batch = self._next(records, to_row, names, batch.schema)
        return self.done

    def _next(self, records, to_row, names, schema):
        rows = enumerate(itertools.islice(records, BATCH_COUNT), self.done)
        return self._batch([to_row(record, number) for number, record in rows], names, schema)

    def _batch(self, rows, names, schema):
        import pyarrow

        columns = list(zip(*rows)) if rows else [()] * len(names)
        arrays = []
        for i, (name, column) in enumerate(zip(names, columns)):
            kind = schema.field(i).type if schema else None
            try:
                array = pyarrow.array(column, kind)
            except (pyarrow.ArrowException, OverflowError, TypeError, ValueError) as error:
                place = f"one of the records {self.done} to {self.done + len(rows)}: [{name!r}]"
                raise TypeError(f"{place}: {error}") from None
            self._compare(name, column, array.to_pylist())
            arrays.append(array)
        return pyarrow.RecordBatch.from_arrays(arrays, names=names)

    def _compare(self, name, before, after):
        """Arrow must give back what it was given: it makes None of keys that a record lacks."""
        if list(before) == after:
            return
        for number, (one, other) in enumerate(zip(before, after), self.done):
            if one != other and one == one and not (type(one) is tuple and list(one) == other):
                raise TypeError(
                    f"record {number}: [{name!r}]: Arrow makes {other!r:.40} of {one!r:.40}"
                )
