# SPDX-License-Identifier: BSD-2-Clause
"""NumPy's part of section 6 of FORMAT.md: dtypes, scalars and arrays."""

import json
import math
import re

import numpy

SIMPLE = re.compile(r"[<>|][biufcmMSUV][0-9]+(\[[0-9]*[A-Za-z]+\])?")


class BadItems(ValueError):
    """The bytes break a rule of FORMAT.md."""


def dtype_of(text):
    return simple_or_fields(json.loads(text) if text[:1] == "[" else text)


def simple_or_fields(plain):
    if isinstance(plain, str):
        if not SIMPLE.fullmatch(plain) or "b" in plain and plain != "|b1":
            raise BadItems(f"dtype {plain!r}")
        return numpy.dtype(plain)
    fields = [field for field in plain if isinstance(field, list)]
    places, end = [], 0
    for name, inner, *details in fields:
        inner = simple_or_fields(inner)
        if details and details[0]:
            inner = numpy.dtype((inner, tuple(details[0])))
        offset = details[1] if len(details) == 2 else end
        places.append((name, inner, offset))
        end = offset + inner.itemsize
    size = max([offset + inner.itemsize for _, inner, offset in places], default=0)
    if len(fields) < len(plain):
        (size,) = plain[len(fields) :]
    names, formats, offsets = map(list, zip(*places, strict=True)) if places else ([], [], [])
    return numpy.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})


def checked_dtype(text, item_len):
    dtype = dtype_of(text)
    if dtype.itemsize != item_len:
        raise BadItems(f"item length {item_len} of {text}")
    return dtype


def scalar(text, item_len, data):
    dtype = checked_dtype(text, item_len)
    if dtype.kind == "S":
        return numpy.bytes_(data)
    if dtype.kind == "U":
        return numpy.str_(data.decode("utf-32-le", "surrogatepass"))
    return numpy.ndarray((), dtype, bytearray(data))[()]


def array(text, item_len, order, extents, data):
    dtype = checked_dtype(text, item_len)
    if len(data) != item_len * math.prod(extents):
        raise BadItems(f"length of an array of {extents}")
    return numpy.ndarray(extents, dtype, bytearray(data), order=order)


def in_order(dtype, order, extents, items):
    """An array that holds pointers, from its items (section 7)."""
    if type(order) is not str or order not in ("C", "F") or type(extents) is not tuple or type(items) is not list:
        raise BadItems("parts of an array of objects")
    if any(type(extent) is not int or extent < 0 for extent in extents) or math.prod(extents) != len(items):
        raise BadItems(f"extents {extents} of {len(items)} objects")
    array = numpy.empty(extents, dtype, order)
    places = numpy.arange(len(items)).reshape(extents, order=order)
    for index in numpy.ndindex(extents):
        array[index] = items[places[index]]
    return array


def object_array(order, extents, items):
    return in_order(object, order, extents, items)


def string_array(order, extents, items, coerce, missing):
    if type(coerce) is not bool or missing is not None and (type(missing) is not tuple or len(missing) != 1):
        raise BadItems("parts of an array of strings")
    if not all(type(item) is str or item is None and missing for item in items):
        raise BadItems("items of an array of strings")
    stands_for = {"na_object": missing[0]} if missing else {}
    dtype = numpy.dtypes.StringDType(coerce=coerce, **stands_for)
    return in_order(dtype, order, extents, [missing[0] if item is None else item for item in items])
