# SPDX-License-Identifier: BSD-2-Clause
"""Blocks of all shapes made by hand, and what is in them."""

import array
import collections
import datetime
import struct

import numpy

from crafting import NEW_STREAM, packed, raw, stream, text
from reference_value import Opaque

UNSIGNED, DIFFERENCES = 8, 16
NONE, INT8 = b"\x01", b"\x04" + packed(4)
TRUE, UNION = b"\x02" + packed(0, 1), b"\x21\2"
ONE_BITS = int.from_bytes(struct.pack("<d", 1.0), "little", signed=True)
FLOATS = struct.pack("<2d", 1.5, -0.0)


def strings(kind, *values):
    """A node of byte strings with its two arrays."""
    data = b"".join(values)
    return bytes([kind]) + packed(4) + raw(len(data)), bytes(map(len, values)), data


def words(*values):
    return b"".join((value % (1 << 64)).to_bytes(8, "little") for value in values)


def nested_tuples(depth):
    value = None
    for _ in range(depth):
        value = (value,)
    return value


# name: (number of records, the records, the streams)
GOOD = {
    "none": (3, [None] * 3, [NONE]),
    "bools": (3, [True, False, True], [stream(b"\x02" + packed(1), b"\x05")]),
    "equal bools": (3, [True] * 3, [b"\x02" + packed(0, 1)]),
    "ints of 1 bit": (9, [7, 8] * 4 + [7], [stream(b"\x04" + packed(1, 7), b"\xaa\0")]),
    "ints of 2 bits": (3, [0, 3, 1], [stream(b"\x04" + packed(2), b"\x1c")]),
    "ints of 4 bits": (3, [-5, 10, -4], [stream(b"\x04" + packed(3, -5), b"\xf0\x01")]),
    "ints of 8 bits": (2, [-5, 4], [stream(b"\x04" + packed(4, -5), b"\0\x09")]),
    "ints of 16 bits": (2, [1, 256], [stream(b"\x04" + packed(5, 0), b"\x01\0\0\x01")]),
    "ints of 32 bits": (1, [1 << 31], [stream(b"\x04" + packed(6), b"\0\0\0\x80")]),
    "ints of 64 bits": (2, [-1, 5], [stream(b"\x04" + packed(7), words(-1, 5))]),
    "unsigned": (2, [(1 << 64) - 1, 5], [stream(b"\x04" + packed(7, 0, UNSIGNED), words(-1, 5))]),
    "wrapping": (1, [-(1 << 63)], [stream(b"\x04" + packed(4, (1 << 63) - 1), b"\x01")]),
    "differences": (
        3,
        [99, 99, 100],
        [stream(b"\x04" + packed(4, -1, DIFFERENCES, start=100), b"\0\x01\x02")],
    ),
    "equal differences": (3, [13, 16, 19], [b"\x04" + packed(0, 3, DIFFERENCES, start=10)]),
    "unsigned differences": (
        2,
        [(1 << 63) + 1, (1 << 63) + 2],
        [b"\x04" + packed(0, 1, DIFFERENCES | UNSIGNED, start=-(1 << 63))],
    ),
    "bigints": (3, [1 << 64, 0, -3], [stream(*strings(9, words(0) + b"\x01", b"", b"\xfd"))]),
    "objects": (
        2,
        [Opaque("m.P", {"x": 5, "y": None}), Opaque("m.P", {"x": 6, "y": None})],
        [stream(b"\x15" + text("m.P") + b"\2" + text("x") + text("y") + INT8 + NONE, b"\5\6")],
    ),
    "objects without fields": (2, [Opaque("", {})] * 2, [b"\x15\0\0"]),
    "objects with another state": (
        2,
        [Opaque("ö", None)] * 2,
        [b"\x15" + text("ö") + b"\1" + text("") + NONE],
    ),
    "objects with an empty name among others": (
        1,
        [Opaque("m", {"": None, "x": True})],
        [b"\x15" + text("m") + b"\2" + text("") + text("x") + NONE + TRUE],
    ),
    "collections": (
        5,
        [
            array.array("h", [1, 2]),
            collections.OrderedDict(b=1, a=2),
            collections.Counter({"c": -1}),
            collections.defaultdict(list, {1: 2}),
            collections.defaultdict(None),
        ],
        [
            stream(
                *strings(
                    32,
                    b"\x16\x19\xc3\x81h\x42\x0e\4\1\0\2\0",
                    b"\x16\x1a\xe2\x81b\x41\x81a\x42",
                    b"\x16\x1c\xe1\x81c\x04\xff",
                    b"\x16\x1d\xc2\x84list\xe1\x41\x42",
                    b"\x16\x1d\xc2\1\xe0",
                )
            )
        ],
    ),
    "arrays of objects": (
        3,
        [
            numpy.array([[None, "a"], [5, None]], dtype=object, order="F"),
            numpy.array(7, dtype=object),
            numpy.empty((0, 2), dtype=object),
        ],
        [
            stream(
                *strings(
                    32,
                    b"\x16\x1e\xc3\x81F\xc2\x42\x42\xd4\1\x45\x81a\1",
                    b"\x16\x1e\xc3\x81C\xc0\xd1\x47",
                    b"\x16\x1e\xc3\x81C\xc2\x40\x42\xd0",
                )
            )
        ],
    ),
    "deques": (
        2,
        [collections.deque([5, 6], 2), collections.deque([7], 2)],
        [
            stream(
                b"\x16\x1b\x10\2\x11" + packed(4) + b"\3" + INT8 + b"\4" + packed(0, 2),
                b"\2\1",
                b"\5\6\7",
            )
        ],
    ),
    "floats": (2, [1.5, -0.0], [stream(b"\x0a" + packed(7), FLOATS)]),
    "equal floats": (2, [1.0, 1.0], [b"\x0a" + packed(0, ONE_BITS)]),
    "complex": (
        2,
        [complex(1, 1.5), complex(1, -0.0)],
        [stream(b"\x0b" + packed(0, ONE_BITS) + packed(7), FLOATS)],
    ),
    "strs": (3, ["é", "", "ab"], [stream(*strings(12, "é".encode(), b"", b"ab"))]),
    "equal strs": (2, ["ab", "ab"], [stream(b"\x0c" + packed(0, 2) + raw(4), b"abab")]),
    "surrogate str without surrogates": (1, ["é"], [stream(*strings(13, "é".encode()))]),
    "surrogates": (1, ["a\ud800"], [stream(*strings(13, b"a\xed\xa0\x80"))]),
    "bytes": (2, [b"\xff", b""], [stream(*strings(14, b"\xff", b""))]),
    "bytearrays": (2, [bytearray(b"\xff"), bytearray()], [stream(*strings(15, b"\xff", b""))]),
    "empty tuples": (2, [(), ()], [b"\x10\0"]),
    "tuples": (2, [(None, 5), (None, 6)], [stream(b"\x10\x02" + NONE + INT8, b"\x05\x06")]),
    "lists": (
        3,
        [[5], [], [6, 7]],
        [stream(b"\x11" + packed(4) + b"\x03" + INT8, b"\1\0\2", b"\5\6\7")],
    ),
    "sets": (2, [{5}, {6, 7}], [stream(b"\x12" + packed(4) + b"\x03" + INT8, b"\1\2", b"\5\6\7")]),
    "frozensets": (1, [frozenset([5])], [stream(b"\x13" + packed(0, 1) + b"\x01" + INT8, b"\5")]),
    "tuples of varying length": (
        2,
        [(5,), (6, 7)],
        [stream(b"\x24" + packed(4) + b"\x03" + INT8, b"\1\2", b"\5\6\7")],
    ),
    "empty lists": (2, [[], []], [b"\x11" + packed() + b"\0\0"]),
    "empty dicts": (2, [{}, {}], [b"\x14\0\x01\0"]),
    "dicts": (
        2,
        [{"b": 5, "a": None}, {"b": 6, "a": None}],
        [stream(b"\x14\2" + text("a") + b"\2" + text("b") + b"\2\1\2\1\0" + NONE + INT8, b"\5\6")],
    ),
    "dicts with key lists": (
        4,
        [{"a": 5, "b": None}, {}, {"b": None, "a": 6}, {"b": None}],
        [
            stream(
                b"\x14\2" + text("a") + b"\2" + text("b") + b"\3"  # columns
                b"\4" + b"\2\0\1" + b"\0" + b"\2\1\0" + b"\1\1" + packed(2) + INT8 + NONE,
                b"\xe4",
                b"\5\6",
            )
        ],
    ),
    "dicts with a key list that none has": (
        1,
        [{"a": None}],
        [b"\x14\2" + text("a") + b"\1" + text("b") + b"\0\2\1\0\1\1" + packed() + NONE + b"\0"],
    ),
    "maps": (
        2,
        [{5: None}, {6: None, 7: None}],
        [stream(b"\x23" + packed(4) + b"\3" + INT8 + NONE, b"\1\2", b"\5\6\7")],
    ),
    "dates": (
        2,
        [datetime.date(1, 1, 1), datetime.date(1, 1, 2)],
        [stream(b"\x16\1" + INT8, b"\1\2")],
    ),
    "moments": (
        1,
        [datetime.datetime(1, 1, 1, fold=1, tzinfo=datetime.UTC)],
        [
            b"\x16\3\x10\3\x04"
            + packed()
            + b"\x04"
            + packed(0, 1)
            + b"\x16\7\x10\2\x04"
            + packed()
            + NONE
        ],
    ),
    "any": (3, [None, [1], "a"], [stream(*strings(32, b"\1", b"\xd1\x41", b"\x81a"))]),
    "longer forms of any": (
        5,
        [5, "a", [{}], 5, "a"],
        [
            stream(
                *strings(
                    32,
                    b"\7" + words(5),
                    b"\x0c\1a",
                    b"\x11\1\x14\0",
                    b"\x08" + words(5),
                    b"\x0d\1a",
                )
            )
        ],
    ),
    "union": (
        4,
        [None, 5, 6, None],
        [stream(b"\x21\2" + packed(1) + b"\2" + NONE + b"\2" + INT8, b"\6", b"\5\6")],
    ),
    "union with an alternative that none has": (
        2,
        [None, None],
        [b"\x21\3" + packed(0, 1) + b"\0\0" + b"\2" + NONE + b"\0" + INT8],
    ),
    "dictionary": (
        4,
        ["b", "a", "b", "b"],
        [stream(b"\x22\2" + packed(1) + strings(12, b"a", b"b")[0], b"\x0d", b"\1\1", b"ab")],
    ),
    "dictionary of floats": (2, [1.0, 1.0], [b"\x22\1" + packed() + b"\x0a" + packed(0, ONE_BITS)]),
    "dictionary of ints": (
        3,
        [9, 9, 8],
        [stream(b"\x22\2" + packed(1) + INT8, b"\3", b"\x08\x09")],
    ),
    "constant str": (
        3,
        ["ab"] * 3,
        [stream(b"\x22\1" + packed() + b"\x0c" + packed(0, 2) + raw(2), b"ab")],
    ),
    "shape of depth 64": (1, [nested_tuples(63)], [b"\x10\1" * 63 + NONE]),
    "unions are no depth": (
        1,
        [nested_tuples(63)],
        [(UNION + packed() + b"\1\x10\1") * 63 + NONE + b"\0\0" * 63],
    ),
    "many zlib bytes": (
        1,
        ["ab" * 500],
        [stream(b"\x0c" + packed(0, 1000) + raw(1000), b"ab" * 500)],
    ),
    "streams": (
        2,
        [(5, "a"), (6, "b")],
        [
            b"\x10\2\x04" + packed(4, 0, NEW_STREAM) + b"\x0c" + packed(0, 1) + raw(2, NEW_STREAM),
            b"\5\6",
            b"ab",
        ],
    ),
    "two arrays in a second stream": (
        2,
        [(5, 7), (6, 8)],
        [b"\x10\2\x04" + packed(4, 0, NEW_STREAM) + INT8, stream(b"\5\6", b"\7\x08")],
    ),
}
