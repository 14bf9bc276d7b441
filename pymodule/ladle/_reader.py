# SPDX-License-Identifier: BSD-2-Clause
"""Reader: a file that can be read as often as wanted."""

from ladle._targets import as_path, open_reading


class Reader:
    """A file open for reading, as open(file) returns it: every iteration begins at the first record.

    Iterators are independent of each other. A file object must be able to seek; it is read from
    where it stood, moved about, and not closed. A path is opened anew for each iteration.
    """

    def __init__(self, file, **options):
        self._file = file
        self._options = options
        self._closed = False
        self._start = None if as_path(file) is not None else file.tell()
        with self._records() as records:
            self._metadata = records.metadata

    def _records(self):
        if self._closed:
            raise ValueError("the reader is closed")
        file = self._file if self._start is None else Window(self._file, self._start)
        return open_reading(file, self._options)

    def __iter__(self):
        """A Records from the first record on."""
        return self._records()

    def tolist(self):
        """All records in a list."""
        with self._records() as records:
            return records.tolist()

    @property
    def metadata(self):
        """The metadata of the file's beginning, a new dict."""
        return dict(self._metadata)

    @property
    def closed(self):
        """Whether close was called."""
        return self._closed

    def close(self):
        """Refuse further iterations; iterators that were begun go on. Closing twice is fine."""
        self._closed = True

    def __enter__(self):
        if self._closed:
            raise ValueError("the reader is closed")
        return self

    def __exit__(self, *exception):
        self.close()

    def __repr__(self):
        state = ", closed" if self._closed else ""
        return f"<ladle.Reader of {self._file!r}{state}>"


class Window:
    """A seekable file object read from a place of one's own."""

    def __init__(self, file, position):
        self._file = file
        self._position = position

    def read(self, size):
        """Up to size bytes from this window's place."""
        self._file.seek(self._position)
        data = self._file.read(size)
        self._position += len(data)
        return data
