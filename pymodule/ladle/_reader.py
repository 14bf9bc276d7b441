# SPDX-License-Identifier: BSD-2-Clause
"""Reader: a file as a sequence of records."""

import itertools
import operator
import os
import threading
import time
from collections.abc import Iterator

from ladle._core import Records
from ladle._errors import CorruptError, TruncatedError
from ladle._sources import source_of


class Reader:
    """The records of a file as a read-only sequence, which open(file) returns.

        len(data)  data[10]  data[-1]  data[5:50]  data[[3, 1, 2]]  for record in data: ...

    Nothing is read before it is asked for: opening reads the index at the end of the file, a record
    is found through it. Slices and shards are Readers too. Iterators are independent of each other,
    threads may share a Reader, and a forked child may go on with it. Pickled, it is the path of the
    file, its identity and the numbers of the records: it opens elsewhere, and a file that was
    replaced meanwhile is refused with CorruptError.

    Raises IndexError and TypeError as a list does; what load raises for damage: the block of a
    record is verified whenever it is read.
    """

    def __init__(self, file, **options):
        if isinstance(options.get("types"), Iterator):
            # Each Records goes through them.
            options["types"] = tuple(options["types"])
        self._open(source_of(file), None, options)

    def _open(self, source, rows, options):
        self._source, self._options, self._closed = source, options, False
        self._access = self._arrow_plan = None
        count = self._count()
        self._rows = range(count) if rows is None else rows
        if rows and max(rows[0], rows[-1]) >= count:
            raise TruncatedError(f"{source!r}: it has {count} records, fewer than when pickled")

    def _count(self):
        """How many records there are; those that are complete when a writer is at work."""
        try:
            return self._handle().ask(Records.count)
        except TruncatedError as error:
            if not self._source.is_written(error.filename):
                raise
        self._access = None
        self._options = {**self._options, "on_error": "tail"}
        return self._handle().ask(Records.count)

    def _handle(self):
        """What single records are read with: one for each process, since a child may be forked
        while another thread holds the lock."""
        if self._closed:
            raise ValueError("the reader is closed")
        if self._access is None or self._access.pid != os.getpid():
            self._access = Access(self._source, self._options)
        return self._access

    def _with_rows(self, rows):
        other = object.__new__(Reader)
        other._source, other._options, other._closed = self._source, self._options, False
        other._access, other._rows, other._arrow_plan = self._handle(), rows, self._arrow_plan
        return other

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, index):
        """A record for an int, a Reader for a slice, a list for a list or an array of indices."""
        if isinstance(index, slice):
            return self._with_rows(self._rows[index])
        if isinstance(index, (list, range)) or hasattr(index, "dtype"):
            return self.__getitems__(index)
        return self._handle().fetch(self._number(index))

    def _number(self, index):
        try:
            return self._rows[index]
        except IndexError:
            raise IndexError(f"there is no record {index} among {len(self)}") from None
        except TypeError:
            raise TypeError(
                "indices of a Reader are integers, slices, and lists or arrays of integers, not "
                + type(index).__name__
            ) from None

    def __getitems__(self, indices):
        """The records with these indices in a list. Each block is read and decoded once.

        A list or array of bool is a mask: as long as the Reader, true for the records wanted.
        """
        if getattr(indices, "ndim", 1) == 0:
            return self[operator.index(indices)]
        if hasattr(indices, "tolist"):
            indices = indices.tolist()
        if len(indices) > 0 and isinstance(indices[0], bool):
            if len(indices) != len(self):
                raise IndexError(f"a mask of {len(indices)} does not fit {len(self)} records")
            indices = itertools.compress(range(len(self)), indices)
        return self._handle().fetch_all([self._number(index) for index in indices])

    def __iter__(self):
        """A Records over all of it."""
        self._handle()
        return self._source.records(**self._options, rows=self._rows)

    def __reversed__(self):
        return iter(self[::-1])

    def __contains__(self, value):
        return any(record is value or record == value for record in self)

    def index(self, value, start=0, stop=None):
        """The first index of a record that equals the value. ValueError when there is none."""
        start, stop, _ = slice(start, stop).indices(len(self))
        for index, record in enumerate(self[start:stop], start):
            if record is value or record == value:
                return index
        raise ValueError("no record equals the value")

    def count(self, value):
        """How many records equal the value."""
        return sum(record is value or record == value for record in self)

    def tolist(self):
        """All records in a list."""
        with iter(self) as records:
            return records.tolist()

    def shard(self, index, count):
        """A Reader over one of `count` parts that follow each other and leave nothing out."""
        if not 0 <= index < count:
            raise ValueError(f"there is no shard {index} of {count}")
        total = len(self)
        return self[total * index // count : total * (index + 1) // count]

    def follow(self, poll=0.2):
        """An iterator that waits for what a writer adds to the file.

        It ends when the writer has closed the file or lives no longer, and has no end before that.
        poll is how many seconds pass between two looks. A slice begins at its first record.
        """
        self._handle()
        if self._rows.step != 1:
            raise ValueError("only records that follow each other can be followed")
        options = {**self._options, "on_error": "raise"}
        with self._source.records(**options, live=True) as records:
            if self._rows.start:
                records.seek(self._rows.start)
            while not records.ended:
                # Looked at first: what a writer wrote before it died is there afterwards.
                is_written = self._source.is_written()
                yield from records
                if not is_written:
                    break
                if not records.ended:
                    time.sleep(poll)

    def to_numpy(self, *, strings="fixed", missing=...):
        """All records in one array: with fields for tuples, dicts and objects, else of one dimension.

        The dtype follows from the merged shape of the file: int64 or uint64, float64, datetime64 and
        so on, S and U as long as needed; with strings="object" str and bytes themselves. Fields that
        hold None, lack a key, or differ too much are of objects; missing= says what to put for None
        and missing keys instead.
        """
        from ladle import _arrays

        return _arrays.to_numpy(self, strings, missing)

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError("the records of a file cannot become an array without a copy")
        array = self.to_numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def batches(self, size, *, strings="fixed", missing=...):
        """An iterator of arrays of up to size records, each as to_numpy makes them."""
        return iter(self).batches(size, strings=strings, missing=missing)

    def columns(self, names=None, *, strings="fixed", missing=...):
        """A dict of arrays, one a field: all of them, or those asked for, and then no other column is
        read. The items of tuples are f0, f1 and so on. KeyError for what no record has.
        """
        from ladle import _arrays

        return _arrays.columns(self, names, strings, missing)

    def __arrow_c_schema__(self):
        """The schema of the stream, for pyarrow, polars, pandas, duckdb and the like."""
        from ladle import _arrow

        return _arrow.schema_of(self)

    def __arrow_c_stream__(self, requested_schema=None):
        """The records as an Arrow stream: a table. It is read block by block, as often as asked for.

        The fields of tuples are f0, f1 and so on; records that are no tuples, dicts or objects are
        the column value. Of a requested schema those types are taken that hold all values as they are,
        and only its columns are read if all of them are there; for shorter floats and other units of
        time the values are looked at first, by reading their columns once more. Dictionaries of str
        and bytes are those of a batch, with numbers of 4 bytes whatever is asked for. TypeError names a
        record and a field whose value has no Arrow type.
        """
        from ladle import _arrow

        return _arrow.stream_of(self, requested_schema)

    @property
    def metadata(self):
        """The metadata, a new dict; of several segments the later ones win, key by key."""
        return self._handle().ask(Records.metadata.__get__)

    @property
    def schema(self):
        """What the records of the whole file look like, a Schema; str() shows it as a type."""
        from ladle._schema import Schema

        return Schema._of(self._handle().ask(Records._schema))

    def info(self):
        """What the whole file consists of, an Info. Looks at the header of every block."""
        from ladle._schema import Info

        return Info._of(self._handle().ask(Records._info))

    def verify(self):
        """Check every byte and every value of the whole file, and return the number of records.

        Raises the exception of the first damage; ladle.repair saves what is intact.
        """
        from ladle._recover import verify

        self._handle()
        report, error = verify(self._source.whole())
        if error is not None:
            raise error
        return report.records

    @property
    def memory_bound(self):
        """Bytes of memory that reading takes at most, beside the objects of one record."""
        return self._handle().ask(Records.memory_bound.__get__)

    @property
    def has_writer(self):
        """Whether a writer that lives has the file open."""
        self._handle()
        return self._source.is_written()

    @property
    def closed(self):
        """Whether close was called."""
        return self._closed

    def close(self):
        """Refuse further use; iterators, slices and shards go on. Closing twice is fine."""
        self._closed = True
        self._access = None

    def __enter__(self):
        self._handle()
        return self

    def __exit__(self, *exception):
        self.close()

    def __reduce__(self):
        self._handle()
        return _reopen, (self._source, self._rows, self._options)

    def __repr__(self):
        state = ", closed" if self._closed else f", {len(self)} records"
        return f"<ladle.Reader of {self._source!r}{state}>"


def _reopen(source, rows, options):
    reader = object.__new__(Reader)
    reader._open(source, rows, options)
    return reader


class Access:
    """A Records that goes to the records asked for, under a lock."""

    def __init__(self, source, options):
        on_error = options.get("on_error", "raise")
        if on_error == "skip" or callable(on_error):
            # A record that is asked for by its number is there, or an error.
            options = {**options, "on_error": "tail"}
        self.records = source.records(**{**options, "threads": 0})
        self.pid = os.getpid()
        self.lock = threading.Lock()

    def ask(self, question):
        """What a method or property of Records says."""
        with self.lock:
            return question(self.records)

    def fetch(self, number):
        return self.fetch_all([number])[0]

    def fetch_all(self, numbers):
        fetched = [None] * len(numbers)
        with self.lock:
            seek, following = self.records.seek, self.records.__next__
            for place in sorted(range(len(numbers)), key=numbers.__getitem__):
                seek(numbers[place])
                try:
                    fetched[place] = following()
                except StopIteration:
                    raise CorruptError(
                        f"record {numbers[place]} is not there, though the index counts it"
                    ) from None
        return fetched
