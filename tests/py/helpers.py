# SPDX-License-Identifier: BSD-2-Clause
"""What many tests need: exact comparison, files in memory, awkward file objects."""

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import io
import struct
import sys
import sysconfig
import zoneinfo

import ladle
import numpy
import pytest

import classes
import reference_value


knows_objects = pytest.mark.skipif(
    sysconfig.get_config_var("Py_GIL_DISABLED") == 1
    or sys.version_info >= (3, 16)
    or sys.maxsize < 1 << 32,
    reason="a Python whose objects are not known from inside, or may be held by somebody unseen",
)


def exactly(value):
    """A plain picture of a value that is equal only for the same types and bits.

    Floats by their bits (NaN, -0.0), dicts with their order, times with fold and zone.
    """
    cls = type(value)
    return (cls.__name__, (PICTURES.get(cls) or class_picture(cls))(value))


def class_picture(cls):
    if hasattr(cls, "__dataclass_fields__"):
        return fields_picture
    if hasattr(cls, "_make"):
        return lambda value: [*sequence_picture(value), exactly(getattr(value, "__dict__", None))]
    if cls.__eq__ is object.__eq__ and cls.__dictoffset__ and not issubclass(cls, enum.Enum):
        return lambda value: dict_picture(vars(value))
    return lambda value: value


def fields_picture(value):
    """The fields of a dataclass and its other attributes, in no order."""
    names = {field.name for field in dataclasses.fields(value)} | {*getattr(value, "__dict__", ())}
    return [(name, exactly(getattr(value, name))) for name in sorted(names)]


def same(a, b):
    return exactly(a) == exactly(b)


def float_bits(value):
    return struct.pack("<d", value)


def sequence_picture(values):
    return [exactly(value) for value in values]


def set_picture(values):
    return sorted(repr(exactly(value)) for value in values)


def dict_picture(items):
    return [(exactly(key), exactly(value)) for key, value in items.items()]


def clock_picture(moment):
    return (moment.replace(tzinfo=None).isoformat(), moment.fold, exactly(moment.tzinfo))


def range_picture(value):
    return (value.start, value.stop, value.step)  # range(0) == range(1, 1)


def numpy_picture(value):
    order = "F" if value.flags.fnc and value.nbytes else "C"
    if value.dtype.kind in "OT":
        items = [exactly(item) for item in value.ravel(order).tolist()]
        return (repr(value.dtype), value.shape, order, items)
    return (dtype_picture(value.dtype), value.shape, order, items_picture(value, order))


def items_picture(value, order):
    """The bytes of all fields, without those between them."""
    if value.dtype.names is None:
        return value.tobytes(order)
    return [items_picture(value[name], order) for name in value.dtype.names]


def dtype_picture(dtype):
    """All but the mark of align=True, which NumPy does not compare either."""
    if dtype.subdtype:
        return (dtype_picture(dtype.base), dtype.shape)
    if dtype.names is None:
        return dtype.str
    fields = [(name, *dtype.fields[name]) for name in dtype.names]
    return [(name, dtype_picture(field), offset) for name, field, offset in fields], dtype.itemsize


NUMPY_CLASSES = {numpy.ndarray, *numpy.sctypeDict.values()}

PICTURES = {
    **dict.fromkeys(NUMPY_CLASSES, numpy_picture),
    float: float_bits,
    complex: lambda value: (float_bits(value.real), float_bits(value.imag)),
    tuple: sequence_picture,
    list: sequence_picture,
    set: set_picture,
    frozenset: set_picture,
    dict: dict_picture,
    datetime.datetime: clock_picture,
    datetime.time: clock_picture,
    datetime.timezone: lambda zone: zone.__getinitargs__(),  # tells a given name from a derived one
    zoneinfo.ZoneInfo: lambda zone: zone.key,
    decimal.Decimal: str,  # tells 1.0 from 1.00, -0 from 0, and the payloads of NaN
    ladle.Opaque: lambda value: (value.type_name, exactly(value.state)),
    reference_value.Opaque: lambda value: (value.type_name, exactly(value.state)),
    classes.Plain: lambda value: dict_picture(value.attributes()),
    classes.Stack: lambda value: sequence_picture(value),
    classes.Meters: float_bits,
    range: range_picture,
    slice: lambda value: [exactly(part) for part in range_picture(value)],
    array.array: lambda value: (value.typecode, value.tobytes()),
    collections.OrderedDict: dict_picture,
    collections.Counter: dict_picture,
    collections.deque: lambda value: (value.maxlen, sequence_picture(value)),
    collections.defaultdict: lambda value: (value.default_factory, dict_picture(value)),
}


def count_values(value):
    """How many values there are in a value, itself included."""
    if isinstance(value, dict):
        return 1 + sum(count_values(key) + count_values(item) for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset, collections.deque)):
        return 1 + sum(map(count_values, value))
    if dataclasses.is_dataclass(value):
        return 1 + sum(count_values(getattr(value, name)) for name in value.__dataclass_fields__)
    state = value.state if isinstance(value, ladle.Opaque) else None
    return 1 + (count_values(state) if state is not None else 0)


def class_of(module, name, fields, **options):
    """A dataclass of a module: make_dataclass of CPython 3.12 and later names its caller's."""
    cls = dataclasses.make_dataclass(name, fields, **options)
    cls.__module__ = module
    return cls


def dumped(records, **options):
    """The bytes of a file with these records."""
    file = io.BytesIO()
    ladle.dump(records, file, **options)
    return file.getvalue()


def loaded(data, **options):
    return list(ladle.load(io.BytesIO(data), **options))


def read_until_error(data, **options):
    """The records that come out before an error, and the error or None."""
    result = []
    try:
        result.extend(ladle.load(io.BytesIO(data), **options))
    except ladle.Error as error:
        return result, error
    return result, None


class OnlyWrite:
    """The least that a file to be written must have; takes at most `chunk` bytes a call."""

    def __init__(self, chunk=1 << 30):
        self.data, self.chunk = bytearray(), chunk

    def write(self, data):
        piece = bytes(memoryview(data)[: self.chunk])
        self.data += piece
        return len(piece)


class OnlyRead:
    """The least that a file to be read must have; gives at most `chunk` bytes a call."""

    def __init__(self, data, chunk=1 << 30):
        self.source, self.chunk = io.BytesIO(data), chunk

    def read(self, count):
        return self.source.read(min(count, self.chunk))
