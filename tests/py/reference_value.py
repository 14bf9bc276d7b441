# SPDX-License-Identifier: BSD-2-Clause
"""Sections 1, 6, 7 and 14 of FORMAT.md in plain Python: numbers, texts, tagged values."""

import array
import collections
import datetime
import decimal
import fractions
import ipaddress
import math
import pathlib
import re
import struct
import uuid
import zoneinfo
from typing import NamedTuple

import reference_numpy

VALUE_MAGIC = b"\x89LV\x01"
MAX_DEPTH = 256


class Invalid(Exception):
    """The bytes break a rule of FORMAT.md."""


class Truncated(Invalid):
    """The bytes end early."""


class Unsupported(Invalid):
    """The bytes need something newer, or a codec that is not here."""


class TooLarge(Invalid):
    """The bytes stand for more values than this reader wants to build."""


def need(condition, text, error=Invalid):
    if not condition:
        raise error(text)


def crc_table_entry(byte):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


CRC_TABLE = [crc_table_entry(byte) for byte in range(256)]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[crc & 0xFF ^ byte]
    return crc ^ 0xFFFFFFFF


def padded(length):
    return (length + 7) // 8 * 8


class Source:
    """Bytes with a position."""

    def __init__(self, data):
        self.data, self.position = data, 0

    def take(self, length):
        need(length <= len(self.data) - self.position, "bytes end early")
        self.position += length
        return self.data[self.position - length : self.position]

    def u8(self):
        return self.take(1)[0]

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.u8()
            need(shift < 63 or byte <= 1, "varint of more than 64 bits")
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value

    def zigzag(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def text(self):
        return utf8(self.take(self.varint()))

    def end(self):
        need(self.position == len(self.data), "bytes left over")


def utf8(data):
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"not UTF-8: {error}") from None


def surrogate_text(data):
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise Invalid(f"not UTF-8 with surrogates: {error}") from None


def signed(data):
    return int.from_bytes(data, "little", signed=True)


def floats(data):
    return [value for (value,) in struct.iter_unpack("<d", data)]


# What the bytes of a value of kind (and tag) 9 to 15 mean.
FROM_BYTES = {
    9: signed,
    10: lambda data: floats(data)[0],
    11: lambda data: complex(*floats(data)),
    12: utf8,
    13: surrogate_text,
    14: bytes,
    15: bytearray,
}


def container(kind, values):
    """A tuple, list, set or frozenset of `values`; no member of a set twice."""
    try:
        result = {16: tuple, 17: list, 18: set, 19: frozenset, 36: tuple}[kind](values)
    except TypeError as error:
        raise Invalid(f"member of a set: {error}") from None
    need(len(result) == len(values), "set with equal members")
    return result


def mapping(pairs):
    try:
        result = dict(pairs)
    except TypeError as error:
        raise Invalid(f"key of a dict: {error}") from None
    need(len(result) == len(pairs), "dict with equal keys")
    return result


class Opaque(NamedTuple):
    """A value of a class that nobody handed to us: plain name and fields, or another state."""

    type_name: str
    state: object

    def __hash__(self):
        return hash(self.type_name)


CLASSES = {}  # what callers hand to us: name to a function that makes an object of a state


def made_object(name, fields):
    state = fields[""] if list(fields) == [""] else fields
    return CLASSES[name](state) if name in CLASSES else Opaque(name, state)


def numpy_value(make, *arguments):
    try:
        return make(*arguments)
    except (ValueError, TypeError) as error:
        raise Invalid(f"NumPy value: {error}") from None


def tagged(source, depth=0):
    """Read one tagged value (section 6)."""
    need(depth <= MAX_DEPTH, "nested too deep")
    tag = source.u8()
    if 64 <= tag < 128:
        return tag - 64
    if 128 <= tag < 192:
        return utf8(source.take(tag - 128))
    if 192 <= tag < 240:
        kind, count = {12: 16, 13: 17, 14: 20}[tag >> 4], tag & 15
    elif 16 <= tag <= 20:
        kind, count = tag, source.varint()
    else:
        return tagged_single(tag, source, depth)
    if kind == 20:
        return mapping(
            [(tagged(source, depth + 1), tagged(source, depth + 1)) for _ in range(count)]
        )
    return container(kind, [tagged(source, depth + 1) for _ in range(count)])


def tagged_alone(data):
    """The one tagged value that the bytes are."""
    source = Source(data)
    value = tagged(source)
    source.end()
    return value


def field_name(source):
    name = tagged(source)
    need(type(name) is str, "field that is no str")
    need(not re.search("[\ud800-\udfff]", name), "field with a surrogate")
    return name


def tagged_single(tag, source, depth):
    match tag:
        case 1 | 2 | 3:
            return (None, False, True)[tag - 1]
        case 4 | 5 | 6 | 7:
            return signed(source.take(1 << tag - 4))
        case 8:
            return int.from_bytes(source.take(8), "little")
        case 10 | 11:
            return FROM_BYTES[tag](source.take(8 * (tag - 9)))
        case 9 | 12 | 13 | 14 | 15:
            return FROM_BYTES[tag](source.take(source.varint()))
        case 21:
            name, count = source.text(), source.varint()
            pairs = [(field_name(source), tagged(source, depth + 1)) for _ in range(count)]
            return made_object(name, mapping(pairs))
        case 22:
            return extended(source.u8(), tagged(source, depth + 1))
        case 23:
            dtype, item_len = source.text(), source.varint()
            return numpy_value(reference_numpy.scalar, dtype, item_len, source.take(item_len))
        case 24:
            dtype, item_len, order = source.text(), source.varint(), source.u8()
            need(order in b"CF", "array order")
            extents = tuple(source.varint() for _ in range(dimensions(source)))
            data = source.take(item_len * math.prod(extents))
            return numpy_value(
                reference_numpy.array, dtype, item_len, chr(order), extents, data
            )
    raise Unsupported(f"tag {tag}")


def dimensions(source):
    count = source.varint()
    need(count <= 64, "more than 64 dimensions")
    return count


def typed(value, *types):
    need(type(value) in types, f"extension of a {type(value).__name__}")
    return value


def parts(value, count, *types):
    need(len(typed(value, tuple)) == count, f"tuple of {count}")
    return [typed(part, *types) if types else part for part in value]


def instant(microseconds):
    return datetime.datetime.min + datetime.timedelta(microseconds=typed(microseconds, int))


def clock(microseconds):
    need(0 <= typed(microseconds, int) < 86_400_000_000, "time of day")
    return instant(microseconds).time()


def with_zone(make, value):
    microseconds, fold, zone = typed(value, tuple)
    typed(zone, type(None), datetime.timezone, zoneinfo.ZoneInfo)
    return make(microseconds).replace(fold=typed(fold, int), tzinfo=zone)


def fixed_zone(value):
    microseconds, name = typed(value, tuple)
    offset = datetime.timedelta(microseconds=typed(microseconds, int))
    return datetime.timezone(offset, *([] if name is None else [typed(name, str)]))


def named_zone(key):
    parts = re.fullmatch(r"[A-Za-z0-9_+.-]+(/[A-Za-z0-9_+.-]+)*", typed(key, str))
    need(parts and not {".", ".."} & set(key.split("/")), "time zone that names a file")
    try:
        return zoneinfo.ZoneInfo(key)
    except zoneinfo.ZoneInfoNotFoundError:
        raise Unsupported(f"time zone {key}") from None


def numbers(value):
    typecode, item_len, data = typed(value, tuple)
    need(re.fullmatch("[A-Za-z]+", typed(typecode, str)), "array.array type code")
    try:
        result = array.array(typecode)
    except (TypeError, ValueError):
        raise Unsupported(f"array.array of the type code {typecode}") from None
    need(result.itemsize == item_len, "array.array item length", Unsupported)
    result.frombytes(typed(data, bytes))
    return result


def deque(value):
    items, max_len = typed(value, tuple)
    if typed(max_len, int, type(None)) is not None:
        need(max_len >= len(typed(items, list)), "maximum length of a deque")
    return collections.deque(typed(items, list), max_len)


def default_dict(value):
    name, items = typed(value, tuple)
    factories = (bool, int, float, complex, str, bytes, bytearray, tuple, list, dict, set)
    known = {None: None} | {cls.__name__: cls for cls in (*factories, frozenset)}
    need(name in known, f"defaultdict of {name!r}", Unsupported)
    return collections.defaultdict(known[name], typed(items, dict))


def from_text(cls):
    return lambda value: cls(typed(value, str))


EXTENSIONS = {
    1: lambda days: datetime.date.fromordinal(typed(days, int)),
    2: instant,
    3: lambda value: with_zone(instant, value),
    4: clock,
    5: lambda value: with_zone(clock, value),
    6: lambda value: datetime.timedelta(microseconds=typed(value, int)),
    7: fixed_zone,
    8: named_zone,
    9: from_text(decimal.Decimal),
    10: lambda value: fractions.Fraction(*parts(value, 2, int)),
    11: lambda value: uuid.UUID(bytes=typed(value, bytes)),
    12: from_text(pathlib.PurePosixPath),
    13: from_text(pathlib.PureWindowsPath),
    14: from_text(pathlib.PosixPath),
    15: from_text(pathlib.WindowsPath),
    16: from_text(ipaddress.IPv4Address),
    17: from_text(ipaddress.IPv6Address),
    18: from_text(ipaddress.IPv4Network),
    19: from_text(ipaddress.IPv6Network),
    20: from_text(ipaddress.IPv4Interface),
    21: from_text(ipaddress.IPv6Interface),
    22: lambda value: range(*parts(value, 3, int)),
    23: lambda value: slice(*parts(value, 3)),
    24: lambda value: typed(value, type(None)) or ...,
    25: numbers,
    26: lambda value: collections.OrderedDict(typed(value, dict)),
    27: deque,
    28: lambda value: collections.Counter(typed(value, dict)),
    29: default_dict,
    30: lambda value: reference_numpy.object_array(*parts(value, 3)),
    31: lambda value: reference_numpy.string_array(*parts(value, 5)),
}


def extended(code, value):
    """The value that an extension code makes of a simple one (section 7)."""
    need(code in EXTENSIONS, f"extension {code}", Unsupported)
    try:
        return EXTENSIONS[code](value)
    except (ValueError, TypeError, OverflowError, ArithmeticError) as error:
        raise Invalid(f"extension {code}: {error}") from None


def loads(data):
    """One value without a file (section 14)."""
    need(data[:4] == VALUE_MAGIC, "not a ladle value")
    need(len(data) >= 9, "value ends early", Truncated)
    need(crc32c(data[:-4]) == int.from_bytes(data[-4:], "little"), "checksum of the value")
    return tagged_alone(data[4:-4])
