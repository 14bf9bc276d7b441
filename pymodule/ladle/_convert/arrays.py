# SPDX-License-Identifier: BSD-2-Clause
"""What .npy and .npz files have in common: arrays read and written a few rows at a time."""

import ast
import math

import numpy
from numpy.lib import format as npy_format

from ladle._convert.rows import VALUE, tuple_names
from ladle._errors import FormatError, UnsupportedError
from ladle._files import load

CHUNK_LEN = 1 << 18  # bytes that are read or written at once
HEADER_LEN_MAX = 1 << 20
SIZES_MAX = 2**62


# ---- Reading ----


class ArrayFile:
    """An array in a file that is read from where it stands."""

    def __init__(self, file, name):
        self.file, self.name = file, name
        try:
            version = npy_format.read_magic(file)
            self.shape, self.is_fortran, self.dtype = _read_header(file, version)
        except (ValueError, SyntaxError, TypeError, EOFError, RecursionError) as error:
            raise FormatError(f"{name}: no array of NumPy: {error}") from None
        if self.dtype.hasobject:
            raise UnsupportedError(
                f"{name}: an array of Python objects, which NumPy keeps as a pickle"
            )
        self.row_len = self.dtype.itemsize * math.prod(self.shape[1:])
        self.chunk_count = max(1, CHUNK_LEN // max(1, self.row_len))

    def chunks(self, chunk_count=None):
        """Arrays of some rows. The file is read to its end, where a checksum may stand."""
        yield from self._chunks(chunk_count or self.chunk_count)
        if self.file.read(1):
            raise FormatError(f"{self.name}: there is something behind the array")

    def _chunks(self, chunk_count):
        if not self.shape:
            yield [self._rows(1, self._read(self.row_len))[0]]
            return
        if self.is_fortran and len(self.shape) > 1:
            yield from self._chunks_by_columns(chunk_count)
            return
        for first in range(0, self.shape[0], chunk_count):
            count = min(chunk_count, self.shape[0] - first)
            yield self._rows(count, self._read(count * self.row_len))

    def _rows(self, count, data):
        shape = (count, *self.shape[1:])
        return numpy.ndarray(shape, self.dtype, data)

    def _read(self, size):
        data = bytearray()
        while len(data) < size:
            piece = self.file.read(min(size - len(data), CHUNK_LEN))
            if not piece:
                raise FormatError(f"{self.name}: the array ends early")
            data += piece
        return data

    def _chunks_by_columns(self, chunk_count):
        """Rows of an array whose columns are in the file one after the other."""
        start, width = self.file.tell(), math.prod(self.shape[1:])
        for first in range(0, self.shape[0], chunk_count):
            count = min(chunk_count, self.shape[0] - first)
            columns = numpy.empty((width, count), self.dtype)
            for i in range(width):
                place = (i * self.shape[0] + first) * self.dtype.itemsize
                self.file.seek(start + place)
                columns[i] = numpy.frombuffer(self._read(count * self.dtype.itemsize), self.dtype)
            yield columns.T.reshape((count, *self.shape[1:]), order="F")


def _read_header(file, version):
    if version == (1, 0):
        shape, is_fortran, dtype = npy_format.read_array_header_1_0(file, HEADER_LEN_MAX)
    elif version == (2, 0):
        shape, is_fortran, dtype = npy_format.read_array_header_2_0(file, HEADER_LEN_MAX)
    elif version == (3, 0):
        shape, is_fortran, dtype = _read_header_3(file)
    else:
        raise ValueError(f"version {version} is not known")
    if not all(0 <= size < SIZES_MAX for size in shape) or (not dtype.itemsize and shape):
        raise ValueError(f"a shape of {shape} items of {dtype.itemsize} bytes")
    return shape, is_fortran, dtype


def _read_header_3(file):
    """The header of an array whose fields have names in Unicode: NumPy has no function for it."""
    header_len = int.from_bytes(file.read(4), "little")
    if header_len > HEADER_LEN_MAX:
        raise ValueError(f"a header of {header_len} bytes")
    described = ast.literal_eval(file.read(header_len).decode())
    if type(described) is not dict or described.keys() != {"descr", "fortran_order", "shape"}:
        raise ValueError("the header lacks what it must have")
    shape, is_fortran = described["shape"], described["fortran_order"]
    if type(shape) is not tuple or not all(type(size) is int for size in shape):
        raise ValueError(f"the shape {shape!r:.40}")
    return shape, bool(is_fortran), npy_format.descr_to_dtype(described["descr"])


# ---- Writing ----


def header(dtype, shape):
    """The beginning of a .npy file, in the version that names of fields in Unicode need, or the
    first one. NumPy writes only whole arrays."""
    descr = npy_format.dtype_to_descr(dtype)
    text = repr({"descr": descr, "fortran_order": False, "shape": shape})
    is_first = text.isascii() and len(text) < 60_000
    version, size_len = (1, 2) if is_first else (3, 4)
    magic = npy_format.magic(version, 0)
    data = text.encode()
    pad_len = -(len(magic) + size_len + len(data) + 1) % npy_format.ARRAY_ALIGN
    data += b" " * pad_len + b"\n"
    return magic + len(data).to_bytes(size_len, "little") + data


def chunks_of(path, finder, name=None):
    """Arrays with all records, or with one field of them, some at a time."""
    dtype, extents = finder.dtype(name), finder.extents(name)
    row_len = max(1, dtype.itemsize * math.prod(extents))
    chunk = numpy.empty((max(1, CHUNK_LEN // row_len), *extents), dtype)
    with load(path) as records:
        if extents and not finder.is_list:
            # Rows that are arrays themselves.
            yield from _stacked(records, chunk, finder, name)
            return
        out = chunk
        if name is not None and finder.kind is dict:
            out = {name: chunk}
        elif name is not None and finder.kind is tuple:
            # Fields of tuples go by their place: all are filled, and one of them is handed out.
            out = numpy.empty(len(chunk), finder.dtype())
        while count := records.read_into(out):
            yield numpy.ascontiguousarray(out[name][:count]) if out is not chunk else out[:count]


def _stacked(records, chunk, finder, name):
    count = 0
    for record in records:
        chunk[count] = record if name is None or finder.kind is None else finder.get(record, name)
        count += 1
        if count == len(chunk):
            yield chunk
            count = 0
    if count:
        yield chunk[:count]


class Finder:
    """Finds the dtype that all records fit in while they pass by."""

    def __init__(self):
        self.count = 0
        self.kind = None  # dict, tuple, or None for values without fields
        self.is_list = False  # rows of numbers
        self.width = None
        self.fields = {}

    def watch(self, records):
        """The records, each looked at."""
        for record in records:
            self._see(record)
            self.count += 1
            yield record

    def _see(self, record):
        cls = type(record) if type(record) in (dict, tuple, list) else None
        if self.count == 0:
            self.kind = cls if cls is not list else None
            self.is_list = cls is list
            names = [VALUE]
            if cls in (dict, tuple):
                names = list(record) if cls is dict else tuple_names(len(record))
            self.fields = {name: Field(name) for name in names}
            self.width = len(record) if cls is list else None
            if not names or not all(type(name) is str for name in names):
                raise ValueError("record 0: a record without fields, or with keys that are no str")
        if cls is list and self.is_list and len(record) == self.width:
            for item in record:
                self.fields[VALUE].see(item, self.count)
        elif cls is dict and self.kind is dict and record.keys() == self.fields.keys():
            for name, item in record.items():
                self.fields[name].see(item, self.count)
        elif cls is tuple and self.kind is tuple and len(record) == len(self.fields):
            for field, item in zip(self.fields.values(), record):
                field.see(item, self.count)
        elif cls is None and self.kind is None and not self.is_list:
            self.fields[VALUE].see(record, self.count)
        else:
            raise TypeError(f"record {self.count}: it has other fields than record 0")

    def names(self):
        """Names of the fields."""
        return list(self.fields)

    def dtype(self, name=None):
        """The dtype of a field, or of all as a structured one."""
        if name is not None:
            return self.fields[name].dtype()
        if self.kind is None:
            return self.fields[VALUE].dtype() if self.fields else numpy.dtype(float)
        if "" in self.fields:
            raise ValueError("record 0: ['']: NumPy has no field without a name")
        return numpy.dtype([(name, f.dtype(), f.shape or ()) for name, f in self.fields.items()])

    def extents(self, name=None):
        """Extents of one row, of a field or of the whole."""
        if self.is_list:
            return (self.width,)
        if name is None and self.kind is not None:
            return ()
        return self.fields[VALUE if name is None else name].shape or () if self.fields else ()

    def get(self, record, name):
        """A field of a record."""
        return record[name] if self.kind is dict else record[list(self.fields).index(name)]


def _is_float(value):
    """Whether a float is exactly that int."""
    try:
        return float(value) == value
    except OverflowError:
        return False


RANKS = {bool: 0, int: 1, float: 2, complex: 3}


class Field:
    """What is known of the values of one field."""

    def __init__(self, name):
        self.name = name
        self.cls = None
        self.numpy_dtype = None
        self.shape = None
        self.least = self.greatest = self.len_max = 0
        self.inexact = None  # number of the first record with an int that no float is

    def see(self, value, number):
        """Take one more value into account."""
        cls = type(value)
        if cls is int:
            self.least, self.greatest = min(self.least, value), max(self.greatest, value)
            if self.inexact is None and not _is_float(value):
                self.inexact = number
        elif cls is str or cls is bytes:
            self.len_max = max(self.len_max, len(value))
            if value and not value[-1:].strip("\0" if cls is str else b"\0"):
                self._refuse(number, "NumPy's texts lose zeros at their end", ValueError)
        elif isinstance(value, (numpy.generic, numpy.ndarray)):
            self._see_numpy(value, number)
            return
        elif cls not in RANKS:
            self._refuse(number, f"an array has no {cls.__name__}")
        if self.cls is None and self.numpy_dtype is None:
            self.cls = cls
        elif self.cls is not cls:
            if cls not in RANKS or self.cls not in RANKS or bool in (cls, self.cls):
                self._refuse(number, f"a {cls.__name__} among others")
            self.cls = max(cls, self.cls, key=RANKS.get)
            if self.inexact is not None:
                self._refuse(self.inexact, f"no {self.cls.__name__} is that int", ValueError)

    def _see_numpy(self, value, number):
        if self.cls is not None:
            self._refuse(number, f"a {type(value).__name__} among others")
        dtype, shape = value.dtype, value.shape
        if self.numpy_dtype is None:
            self.numpy_dtype, self.shape = dtype, shape
        if shape != self.shape:
            self._refuse(number, f"an array of another shape, {shape}")
        if dtype != self.numpy_dtype:
            if dtype.kind not in "SU" or dtype.kind != self.numpy_dtype.kind:
                self._refuse(number, f"{dtype} among {self.numpy_dtype}")
            self.numpy_dtype = max(dtype, self.numpy_dtype, key=lambda one: one.itemsize)

    def _refuse(self, number, reason, error=TypeError):
        place = "" if self.name == VALUE else f"[{self.name!r}]: "
        raise error(f"record {number}: {place}{reason}")

    def dtype(self):
        """The dtype that holds all values."""
        if self.numpy_dtype is not None:
            return self.numpy_dtype
        if self.cls is int:
            if self.least >= -(2**63) and self.greatest < 2**63:
                return numpy.dtype("i8")
            if self.least >= 0 and self.greatest < 2**64:
                return numpy.dtype("u8")
            bits = max(self.least.bit_length(), self.greatest.bit_length()) + (self.least < 0)
            raise ValueError(f"field {self.name!r}: ints of more than 64 bits: of {bits}")
        if self.cls in (str, bytes):
            return numpy.dtype(("U" if self.cls is str else "S") + str(max(1, self.len_max)))
        return numpy.dtype(self.cls or float)
