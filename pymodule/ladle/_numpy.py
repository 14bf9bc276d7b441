# SPDX-License-Identifier: BSD-2-Clause
"""What ladle needs of NumPy; imported when a NumPy value is met for the first time."""

import functools
import io
import json
import math
import re

import numpy
from numpy import empty

from ladle._core import Records, Writer
from ladle._errors import Error

__all__ = ["PREFIXES", "bulk_rows", "check_text", "copy_rows", "describe", "empty", "is_masked", "is_proper", "layout", "make_scalar", "missing_item", "object_array",
           "object_rows", "parse", "string_array", "take_apart", "why_not"]  # fmt: skip

TYPE = re.compile(
    r"[<>|](?:[biufcSUV]\d{1,9}|[mM]8(?:\[\d{0,9}(?:Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?)"
)
ITEM_LEN_MAX = 2**31 - 1

# Bytes of the rows of an array that stand in memory as Python objects.
ROWS_LEN = 65536

IMPROPER = "it holds characters that do not exist, as str arrays do in memory that nobody wrote to"

# The classes of arrays of which the rows can be written.
ROWS = (numpy.ndarray, numpy.memmap, numpy.recarray)

# Of datetime64 and timedelta64, in the order of the extension.
UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]

# The classes of scalars, without those that others derived from them.
SCALARS = frozenset(numpy.sctypeDict.values()) - {numpy.object_}


def describe(dtype):
    """What a column of this dtype has in common, as FORMAT.md writes it; None if it has no name.

    Dtypes of objects have none, and those with titles. Structs have the same whatever the class of
    their scalars, as such dtypes are equal.
    """
    try:
        plain = _plain(dtype)
    except TypeError:
        return None
    text = plain if isinstance(plain, str) else json.dumps(plain, separators=(",", ":"))
    return _varint(len(text)) + text.encode() + _varint(dtype.itemsize)


def _plain(dtype):
    if dtype.type not in SCALARS and not issubclass(dtype.type, numpy.void):
        raise TypeError(dtype)
    if dtype.names is not None and dtype.kind != "V":
        raise TypeError(dtype)  # numbers that fields look into
    if dtype.names is None:
        if not TYPE.fullmatch(dtype.str):
            raise TypeError(dtype)
        return dtype.str
    fields, end, last_end = [], 0, 0
    for name in dtype.names:
        field, offset, *titles = dtype.fields[name]
        if titles:
            raise TypeError(dtype)
        base, extents = field.subdtype or (field, ())
        if base.subdtype:
            raise TypeError(dtype)
        more = [list(extents), offset] if offset != end else [list(extents)] if extents else []
        fields.append([name, _plain(base), *more])
        end = offset + field.itemsize
        last_end = max(last_end, end)
    return fields if last_end == dtype.itemsize else [*fields, dtype.itemsize]


def _varint(value):
    low = bytes()
    while value >= 0x80:
        low += bytes([value & 0x7F | 0x80])
        value >>= 7
    return low + bytes([value])


# For each class of scalars what describe says of all that are of it; None: that differs.
PREFIXES = {
    kind: None
    if issubclass(kind, (numpy.flexible, numpy.datetime64, numpy.timedelta64))
    else describe(numpy.dtype(kind))
    for kind in SCALARS
}


def parse(text):
    """The dtype that describe made the text of, and whether it holds str.

    Raises ValueError for what it cannot have made, TypeError for a type that NumPy lacks here.
    """
    dtype, has_text = _parse(text)
    # The names of fields can be changed in place, so no two values share a dtype that has some.
    return dtype if dtype.names is None else dtype.newbyteorder("|"), has_text


@functools.lru_cache(256)
def _parse(text):
    try:
        plain = json.loads(text) if text.startswith("[") else text
        dtype = _build(plain)
        return dtype, _has_text(dtype)
    except (RecursionError, OverflowError) as error:
        raise ValueError(text) from error


def _build(plain):
    if isinstance(plain, str):
        if not TYPE.fullmatch(plain):
            raise ValueError(plain)
        return numpy.dtype(plain)
    if not isinstance(plain, list):
        raise ValueError(plain)
    item_len = plain.pop() if plain and isinstance(plain[-1], int) else None
    names, formats, offsets, end, last_end = [], [], [], 0, 0
    for name, base, *more in plain:
        extents, offset = [*more, *([], end)[len(more) :]]
        if not _are_sizes([*extents, offset]) or not isinstance(name, str):
            raise ValueError(plain)
        dtype = _build(base)
        names.append(name)
        formats.append(numpy.dtype((dtype, tuple(extents))) if extents else dtype)
        offsets.append(offset)
        end = offset + formats[-1].itemsize
        last_end = max(last_end, end)
    if item_len is None:
        item_len = last_end
    if not _are_sizes([item_len, last_end]) or item_len < last_end:
        raise ValueError(plain)
    return numpy.dtype(
        {"names": names, "formats": formats, "offsets": offsets, "itemsize": item_len}
    )


def _are_sizes(numbers):
    return all(type(number) is int and 0 <= number <= ITEM_LEN_MAX for number in numbers)


def _has_text(dtype):
    if dtype.subdtype:
        return _has_text(dtype.subdtype[0])
    if dtype.names is not None:
        return any(_has_text(dtype[name]) for name in dtype.names)
    return dtype.kind == "U"


def check_text(array):
    """Raise ValueError when a character of an array does not exist: NumPy does not look."""
    if array.dtype.names is not None:
        for name in array.dtype.names:
            check_text(array[name])
    elif array.dtype.kind == "U" and array.dtype.itemsize:
        codes = numpy.dtype("u4").newbyteorder(array.dtype.byteorder)
        flat = numpy.ascontiguousarray(array).ravel().view(codes)
        if flat.size and int(flat.max()) > 0x10FFFF:
            raise ValueError("a character that does not exist")


def is_proper(value):
    """Whether all characters of an array or struct exist; those in memory that nobody wrote to may not."""
    try:
        check_text(numpy.asarray(value))
    except ValueError:
        return False
    return True


def is_masked(array):
    return isinstance(array, numpy.ma.MaskedArray)


def make_scalar(dtype, has_text, data):
    """The scalar with these bytes."""
    if dtype.kind == "S":
        return numpy.bytes_(data)
    if dtype.kind == "U":
        coding = "utf-32-be" if dtype.str[0] == ">" else "utf-32-le"
        return numpy.str_(data.decode(coding, "surrogatepass"))
    array = numpy.ndarray((), dtype, bytearray(data))
    if has_text:
        check_text(array)
    return array[()]


def layout(dtype):
    """A dtype as the extension takes it apart: nested tuples.

    ("leaf", dtype, kind, length, swapped, unit, units) with the number of the unit in UNITS,
    ("fields", length, ((name, offset, layout), ...)), ("items", extent, stride, layout).
    """
    if dtype.subdtype:
        base, extents = dtype.subdtype
        result, stride = layout(base), base.itemsize
        for extent in reversed(extents):
            result = ("items", extent, stride, result)
            stride *= extent
        return result
    if dtype.names is not None:
        fields = ((name, *dtype.fields[name][:2]) for name in dtype.names)
        return (
            "fields",
            dtype.itemsize,
            tuple((name, offset, layout(field)) for name, field, offset in fields),
        )
    unit, units = numpy.datetime_data(dtype) if dtype.kind in "mM" else ("generic", 0)
    number = UNITS.index(unit) if unit in UNITS else -1
    return ("leaf", dtype, dtype.kind, dtype.itemsize, not dtype.isnative, number, units)


def plain_rows(records):
    """The array whose rows these are; None for what is none. Those of recarrays are structs."""
    if type(records) not in ROWS or not records.ndim:
        return None
    if records.dtype.type is numpy.record:
        return records.view(numpy.dtype((numpy.void, records.dtype)), numpy.ndarray)
    return records


def bulk_rows(records):
    """The array, if its rows all are scalars or arrays of one description, and can be stored; else None."""
    array = plain_rows(records)
    has_lengths = array is not None and array.ndim == 1 and array.dtype.kind in "SU"
    if array is None or has_lengths or describe(array.dtype) is None:
        return None
    is_all_proper = not _has_text(array.dtype) or all(map(is_proper, _pieces(array)))
    return array if is_all_proper else None


def _pieces(array):
    step = max(ROWS_LEN * len(array) // max(array.nbytes, 1), 1)
    return (array[first : first + step] for first in range(0, len(array), step))


def copy_rows(array, first, end):
    """Some rows one behind the other, their items in C order, with the bytes between fields."""
    return numpy.ascontiguousarray(array[first:end].view(f"V{array.itemsize}"))


def object_rows(records):
    """What stands for the rows of an array that has fields of objects, dicts, or whose rows are of
    text; None for another one."""
    array = plain_rows(records)
    if array is None:
        return None
    if _has_object_fields(array.dtype):
        return _object_rows(array)
    return _text_rows(array) if array.dtype.kind == "U" and array.ndim == 1 else None


def _text_rows(array):
    for piece in _pieces(array):
        _refuse_improper(piece)
        yield from piece


def _refuse_improper(array):
    if array.dtype.kind == "U" and not is_proper(array):
        raise TypeError(f"a row cannot be stored: {IMPROPER}")


def _object_rows(array):
    for piece in _pieces(array):
        yield from _values(piece)


def _values(array):
    """A value for each row: what has a kind of its own in files as it is, structs as dicts."""
    dtype = array.dtype
    if _has_object_fields(dtype):
        if array.ndim > 1:
            return list(map(_values, array))
        columns = [_values(array[name]) for name in dtype.names]
        return [dict(zip(dtype.names, row, strict=True)) for row in zip(*columns, strict=True)]
    _refuse_improper(array)
    # Scalars of text have a dtype for each length.
    is_list = dtype.kind == "O" or (dtype.kind in "SU" and array.ndim == 1)
    return array.tolist() if is_list else list(array)


def _has_object_fields(dtype):
    return dtype.names is not None and dtype.hasobject


def why_not(value):
    """What to do about a value that cannot be stored; None if that is what is done about others."""
    if not isinstance(value, (numpy.ndarray, numpy.void)):
        return None
    if _has_object_fields(value.dtype):
        return (
            "it has fields of objects; dump(array, file) and Writer.extend(array) write the rows of "
            "such an array as dicts, and default= may turn it into a value of a supported type"
        )
    if isinstance(value, (numpy.recarray, numpy.record)):
        return (
            "it is of a recarray; dump(array, file) and Writer.extend(array) write the rows of such "
            "an array as structs, and numpy.asarray makes a value of one"
        )
    fields = list(_fields(value.dtype))
    if any(len(field) > 2 for field in fields):
        return "its fields have titles, which files have no place for; a dtype without them has"
    if any(field[0].subdtype and field[0].base.subdtype for field in fields):
        return "a field is an array of arrays, which files have no place for; view(dtype) can make it one"
    if not is_proper(value):
        return IMPROPER
    if is_masked(value):
        return "it is masked; its filled() and its mask are arrays that can be stored"
    if type(value) in ROWS:
        return None
    return "it is an array of a class of its own; numpy.asarray makes one of it that can be stored"


def _fields(dtype):
    """All fields, as NumPy has them: those of fields, too."""
    if dtype.subdtype:
        yield from _fields(dtype.base)
    for field in (dtype.fields or {}).values():
        yield field
        yield from _fields(field[0])


def missing_item(dtype, value):
    """The bytes that stand for a missing value in an array of a simple dtype: those that a record of
    this value becomes. None is NaN and NaT, and NaN is NaT, too.

    None: the dtype cannot hold the value as it is.
    """
    is_nan = isinstance(value, float) and math.isnan(value)
    if (value is None and dtype.kind in "fcmM") or (is_nan and dtype.kind in "mM"):
        return numpy.full((), None, dtype).tobytes()
    out = numpy.zeros(1, dtype)
    try:
        with Records(io.BytesIO(_file_of(value))) as records:
            records.read_into(out)
    except (ValueError, TypeError, OverflowError, Error):
        return None
    return out.tobytes()


def _file_of(record):
    file = io.BytesIO()
    with Writer(file) as writer:
        writer.append(record)
    return file.getvalue()


def take_apart(array):
    """What an array of objects, or of strings of any length, is made of, as FORMAT.md says.

    None: it is neither.
    """
    dtype = array.dtype
    if dtype.kind not in "OT" or dtype.metadata:
        return None
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    items = array.ravel(order).tolist()
    if dtype.kind == "O":
        return order, array.shape, items
    if not hasattr(dtype, "na_object"):
        return order, array.shape, items, dtype.coerce, None
    missing = dtype.na_object
    items = [item if item is not missing and isinstance(item, str) else None for item in items]
    return order, array.shape, items, dtype.coerce, (missing,)


def object_array(parts):
    """The array of objects that was taken apart; ValueError and TypeError for no such parts."""
    order, extents, items = _checked(parts, (str, tuple, list))
    return _filled(numpy.dtype(object), order, extents, items)


def string_array(parts):
    """The same for strings; AttributeError where NumPy has none of any length."""
    order, extents, items, coerce, missing = _checked(parts, (str, tuple, list, bool, (tuple, type(None))))
    may_miss = () if missing is None else missing
    kinds = {str, type(None)} if may_miss else {str}
    if len(may_miss) != (missing is not None) or not kinds.issuperset(map(type, items)):
        raise ValueError(parts)
    options = {"na_object": may_miss[0]} if may_miss else {}
    dtype = numpy.dtypes.StringDType(coerce=coerce, **options)
    return _filled(dtype, order, extents, [dtype.na_object if item is None else item for item in items])


def _checked(parts, types):
    if type(parts) is not tuple or len(parts) != len(types) or not all(map(isinstance, parts, types)):
        raise ValueError(parts)
    order, extents, items = parts[:3]
    are_extents = len(extents) <= 64 and all(type(extent) is int and 0 <= extent < 2**63 for extent in extents)
    if order not in ("C", "F") or not are_extents or math.prod(extents) != len(items):
        raise ValueError(parts)
    return parts


def _filled(dtype, order, extents, items):
    try:
        array = numpy.empty(extents, dtype, order)
    except OverflowError as error:
        raise ValueError(extents) from error
    flat = array.ravel("K")
    for place, item in enumerate(items):
        flat[place] = item
    return array
