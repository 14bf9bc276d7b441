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
