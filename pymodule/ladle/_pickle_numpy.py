# SPDX-License-Identifier: BSD-2-Clause
"""NumPy's dtypes, scalars and arrays out of pickles. NumPy is never asked to unpickle anything."""

import math
import re
import sys

import numpy

from ladle import _numpy
from ladle._pickle_known import _arguments, _bytes, _expect, _of_types, _text

TYPE = re.compile(r"[biufcSUVOmM]\d{0,9}|\?", re.ASCII)
UNITS = frozenset("Y M W D h m s ms us ns ps fs as".split())
NATIVE = "=|<" if sys.byteorder == "little" else "=|>"
EMPTY_ITEMS_MAX = 1 << 20


def make_dtype(made):
    """numpy.dtype(type, align, copy), and the state that dtypes have in pickles."""
    _expect(made, not made.kwargs and not made.items and not made.pairs)
    _expect(made, 1 <= len(made.args) <= 3)
    name = _text(made.args[0])
    if type(name) is not str or not TYPE.fullmatch(name):
        raise ValueError("no name of a dtype")
    dtype = numpy.dtype(name)
    return dtype if made.state is None else _with_state(dtype, made.state)


def _with_state(dtype, state):
    if type(state) is not tuple or not 7 <= len(state) <= 9:
        raise ValueError("a state of another form")
    version, order, inner, names, fields, item_len, _alignment = state[:7]
    metadata = state[8] if len(state) > 8 else None
    order = _text(order)
    if version not in (1, 2, 3, 4) or order not in ("<", ">", "=", "|"):
        raise ValueError("a state of another version")
    if dtype.kind in "mM":
        dtype = _with_unit(dtype, metadata)
        metadata = None
    elif inner is not None:
        base, shape = inner
        dtype = numpy.dtype((_dtype(base), tuple(_sizes(shape))))
    elif names is not None:
        dtype = _with_fields(names, fields, item_len)
    elif dtype.kind in "SUV" and item_len >= 0 and dtype.itemsize != item_len:
        raise ValueError("a length that differs")
    if metadata:
        raise ValueError("a dtype with metadata")
    return dtype if inner is not None or order in NATIVE else dtype.newbyteorder(order)


def _with_unit(dtype, metadata):
    """datetime64 and timedelta64: the state ends with ({}, (unit, number, 1, 1))."""
    if metadata is None:
        return dtype
    _more, (unit, number, *_events) = metadata
    unit = _text(unit)
    if unit == "generic":
        return dtype
    if unit not in UNITS or type(number) is not int or not 1 <= number < 2**31:
        raise ValueError("no unit of time")
    return numpy.dtype(f"{dtype.kind}8[{number}{unit}]")


def _with_fields(names, fields, item_len):
    # Without the mark of align=True: NumPy divides by the alignment of a field, which may be 0.
    places = [fields[name] for name in names]
    for dtype, offset, *_title in places:
        _dtype(dtype)
        _sizes([offset, item_len])
    described = {
        "names": [_text(name) for name in names],
        "formats": [place[0] for place in places],
        "offsets": [place[1] for place in places],
        "itemsize": item_len,
    }
    if any(len(place) > 2 for place in places):
        described["titles"] = [_text(place[2]) if len(place) > 2 else None for place in places]
    return numpy.dtype(described)


def _dtype(value):
    if not isinstance(value, numpy.dtype):
        raise TypeError("no dtype")
    return value


def _sizes(numbers):
    numbers = (numbers,) if type(numbers) is int else numbers
    if type(numbers) not in (tuple, list):
        raise TypeError("no sizes")
    if not all(type(number) is int and 0 <= number < 2**62 for number in numbers):
        raise ValueError("a size out of range")
    return numbers


def make_array(made):
    """_reconstruct(numpy.ndarray, (0,), b"b"), and the state that arrays have in pickles."""
    _expect(made, len(made.args) == 3 and not made.kwargs and not made.items and not made.pairs)
    cls = made.args[0]
    _expect(made, getattr(cls, "is_name", False) and (cls.module, cls.name) == ("numpy", "ndarray"))
    state = made.state
    if type(state) is not tuple or not 4 <= len(state) <= 5:
        raise ValueError("a state of another form")
    shape, dtype, is_fortran, data = state[-4:]
    array = _array(data, dtype, shape, "F" if is_fortran else "C")
    # As NumPy does: an array that is restored by its state gets the byte order of the machine.
    return array if array.dtype.names is not None else array.astype(dtype.newbyteorder("="), "K")


def make_array_of_buffer(made):
    """_frombuffer(buffer, dtype, shape, order, axis_order=None)."""
    args = _arguments(made)
    axes = args[4] if len(args) > 4 else None
    data, dtype, shape, order = args[:4]
    if order not in ("C", "F", "K"):
        raise ValueError("an order of another kind")
    array = _array(data, dtype, shape, "F" if order == "F" else "C")
    return array if order != "K" or axes is None else array.transpose(_sizes(axes))


def _array(data, dtype, shape, order):
    shape = tuple(_sizes(shape))
    count = math.prod(shape)
    if _dtype(dtype).hasobject:
        return _array_of_objects(data, dtype, shape, order)
    data = data if type(data) is bytearray else bytearray(_bytes(data))
    if len(data) != count * dtype.itemsize or (not dtype.itemsize and count > EMPTY_ITEMS_MAX):
        raise ValueError(f"{len(data)} bytes for {count} items of {dtype.itemsize} bytes")
    if dtype.subdtype:
        raise ValueError("a dtype that is an array itself")
    array = numpy.ndarray(shape, dtype, data, order=order)
    _numpy.check_text(array)
    return array


def _array_of_objects(data, dtype, shape, order):
    if dtype != numpy.dtype(object) or type(data) is not list or len(data) != math.prod(shape):
        raise ValueError("an array of objects that has other items")
    array = numpy.empty(len(data), object)
    for i, value in enumerate(data):
        array[i] = value
    return array.reshape(shape, order=order)


def make_scalar(made):
    """scalar(dtype, bytes)."""
    dtype, data = _of_types(_arguments(made)[1:], (bytes, str)) and _arguments(made)
    data = _bytes(data)
    if _dtype(dtype).hasobject or dtype.subdtype or len(data) != dtype.itemsize:
        raise ValueError(f"{len(data)} bytes for a scalar of {dtype}")
    return _numpy.make_scalar(dtype, _numpy._has_text(dtype), data)
