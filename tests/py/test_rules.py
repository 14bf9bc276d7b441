# SPDX-License-Identifier: BSD-2-Clause
"""Rules of FORMAT.md broken in files with good checksums: both readers refuse them."""

import ladle
import pytest

import reference
from crafted_shapes import DIFFERENCES, INT8, NONE, UNION, UNSIGNED, strings, words
from crafting import (
    CHECKPOINT,
    DATA,
    METADATA,
    NEW_STREAM,
    PADDING,
    Segment,
    one_block,
    packed,
    raw,
    stream,
    text,
    varint,
)
from helpers import read_until_error

BAD_SHAPES = {
    "nothing": (1, [b""]),
    "no stream": (1, []),
    "empty node with values": (1, [b"\0"]),
    "bytes behind the shape": (1, [NONE + b"\0"]),
    "zeros behind the shape": (1, [NONE + bytes(7)]),
    "array that is too short": (3, [stream(INT8, b"\1\2")]),
    "array that is too long": (1, [stream(INT8, b"\1\2")]),
    "bytes between shape and array": (1, [(INT8 + b"\1").ljust(8, b"\0") + b"\1"]),
    "unused bits": (3, [stream(b"\x02" + packed(1), b"\x0d")]),
    "reserved bit 6": (1, [stream(b"\x04" + packed(4, bits=64), b"\1")]),
    "reserved bit 7": (1, [stream(b"\x04" + packed(4, bits=128), b"\1")]),
    "reserved bit of raw": (1, [stream(b"\x0e" + packed(0, 1) + raw(1, 1), b"x")]),
    "unsigned lengths": (1, [stream(b"\x0e" + packed(0, 1, UNSIGNED) + raw(1), b"x")]),
    "lengths by differences": (
        1,
        [stream(b"\x0e" + packed(0, 1, DIFFERENCES, start=0) + raw(1), b"x")],
    ),
    "differences of 4 bits": (2, [stream(b"\x04" + packed(3, 0, DIFFERENCES, start=0), b"\1")]),
    "differences of 64 bits": (1, [stream(b"\x04" + packed(7, 0, DIFFERENCES, start=0), words(1))]),
    "bool of 2": (1, [b"\x02" + packed(0, 2)]),
    "bool of -1": (1, [b"\x02" + packed(0, -1)]),
    "bool of 1 + 1": (2, [stream(b"\x02" + packed(1, 1), b"\2")]),
    "bool of 8 bits": (1, [stream(b"\x02" + packed(4), b"\1")]),
    "float of 32 bits": (1, [stream(b"\x0a" + packed(6), bytes(4))]),
    "float with a base": (1, [stream(b"\x0a" + packed(7, 1), bytes(8))]),
    "lengths of too much": (1, [stream(b"\x0e" + packed(0, 2) + raw(1), b"x")]),
    "lengths of too little": (2, [stream(b"\x0e" + packed(0, 1) + raw(3), b"xyz")]),
    "lengths that wrap": (2, [stream(b"\x0e" + packed(7) + raw(1), words(-1, 2), b"x")]),
    "negative length": (2, [stream(b"\x0e" + packed(4, -1) + raw(1), b"\0\3", b"x")]),
    "no UTF-8": (1, [stream(*strings(12, b"\xff"))]),
    "UTF-8 across two strs": (2, [stream(*strings(12, b"\xc3", b"\xa9"))]),
    "overlong UTF-8": (1, [stream(*strings(12, b"\xc0\x80"))]),
    "UTF-8 above U+10FFFF": (1, [stream(*strings(12, b"\xf4\x90\x80\x80"))]),
    "surrogate in str": (1, [stream(*strings(12, b"\xed\xa0\x80"))]),
    "list of too many": (1, [stream(b"\x11" + packed(0, 2) + b"\1" + INT8, b"\5")]),
    "list of too few": (1, [stream(b"\x11" + packed(0, 1) + b"\2" + INT8, b"\5\6")]),
    "set with equal members": (1, [stream(b"\x12" + packed(0, 2) + b"\2" + INT8, b"\5\5")]),
    "set of lists": (1, [b"\x12" + packed(0, 1) + b"\1\x11" + packed() + b"\0\0"]),
    "map with equal keys": (1, [stream(b"\x23" + packed(0, 2) + b"\2" + INT8 + NONE, b"\5\5")]),
    "map with a list as key": (1, [b"\x23" + packed(0, 1) + b"\1\x11" + packed() + b"\0\0" + NONE]),
    "dict with equal keys": (1, [b"\x14\2\1a\1\1a\1\1\2\0\1" + NONE + NONE]),
    "dict key that is no UTF-8": (1, [b"\x14\1\1\xff\1\1\1\0" + NONE]),
    "unused dict key that is no UTF-8": (1, [b"\x14\2\1a\1\1\xff\0\1\1\0" + NONE + b"\0"]),
    "key list with a column twice": (1, [b"\x14\1\1a\2\1\2\0\0" + NONE]),
    "key list with an unknown column": (1, [b"\x14\1\1a\1\1\1\1" + NONE]),
    "too few values in a column": (2, [b"\x14\1\1a\1\1\1\0" + NONE]),
    "too many values in a column": (1, [b"\x14\1\1a\2\1\1\0" + NONE]),
    "number of no key list": (1, [b"\x14\1\1a\1\2\1\0\0" + packed(0, 2) + NONE]),
    "no key list": (1, [b"\x14\0\0" + packed()]),
    "union of one": (1, [b"\x21\1" + packed() + b"\1" + NONE]),
    "union of 17": (1, [b"\x21\x11" + packed() + b"\1" + NONE + 16 * b"\0\0"]),
    "selector of no alternative": (1, [b"\x21\2" + packed(0, 2) + b"\1" + NONE + b"\0\0"]),
    "selectors and counts": (2, [stream(b"\x21\2" + packed(1) + b"\2" + NONE + b"\0\0", b"\1")]),
    "selectors of too many": (1, [b"\x21\2" + packed() + b"\2" + NONE + b"\0\0"]),
    "dictionary code too large": (1, [stream(b"\x22\1" + packed(0, 1) + INT8, b"\5")]),
    "negative dictionary code": (1, [stream(b"\x22\1" + packed(0, -1) + INT8, b"\5")]),
    "empty dictionary": (1, [b"\x22\0" + packed() + INT8]),
    "dictionary of None": (1, [b"\x22\1" + packed() + NONE]),
    "dictionary of a union": (1, [b"\x22\1" + packed() + b"\x21\2" + packed() + b"\1\1\0\0"]),
    "any with bytes behind": (1, [stream(*strings(32, b"\1\1"))]),
    "any that is empty": (1, [stream(*strings(32, b""))]),
    "any that ends early": (1, [stream(*strings(32, b"\xd2\x41"))]),
    "tag str that is no UTF-8": (1, [stream(*strings(32, b"\x81\xff"))]),
    "tag dict with equal keys": (1, [stream(*strings(32, b"\xe2\x41\x01\x41\x01"))]),
    "tag set with equal members": (1, [stream(*strings(32, b"\x12\2\x41\x41"))]),
    "tag dict with a list as key": (1, [stream(*strings(32, b"\xe1\xd0\x01"))]),
    "object with a field twice": (1, [b"\x15\1P\2\1x\1x" + NONE + NONE]),
    "object with 1025 fields": (
        1,
        [b"\x15\1P" + varint(1025) + b"".join(text(f"f{i}") for i in range(1025)) + NONE * 1025],
    ),
    "object of a name that is no UTF-8": (1, [b"\x15\1\xff\0"]),
    "object with a field that is no UTF-8": (1, [b"\x15\1P\1\1\xff" + NONE]),
    "tag object with a field twice": (1, [stream(*strings(32, b"\x15\1P\2\x81x\1\x81x\1"))]),
    "tag object with a field of bytes": (1, [stream(*strings(32, b"\x15\1P\1\x0e\1x\1"))]),
    "tag object with a surrogate field": (
        1,
        [stream(*strings(32, b"\x15\1P\1\x0d\3\xed\xa0\x80\1"))],
    ),
    "deque longer than its maximum": (1, [stream(*strings(32, b"\x16\x1b\xc2\xd2\1\1\x41"))]),
    "deque with a negative maximum": (1, [stream(*strings(32, b"\x16\x1b\xc2\xd0\x04\xff"))]),
    "array with a wrong code": (1, [stream(*strings(32, b"\x16\x19\xc3\x81Z\x41\x0e\0"))]),
    "array with half an item": (1, [stream(*strings(32, b"\x16\x19\xc3\x81h\x42\x0e\1x"))]),
    "objects in no order": (1, [stream(*strings(32, b"\x16\x1e\xc3\x81K\xc0\xd1\1"))]),
    "objects fewer than the extents": (1, [stream(*strings(32, b"\x16\x1e\xc3\x81C\xc1\x42\xd1\1"))]),
    "objects of a negative extent": (
        1,
        [stream(*strings(32, b"\x16\x1e\xc3\x81C\xc2\4\xff\4\xff\xd1\1"))],
    ),
    "objects with an extent that is a bool": (1, [stream(*strings(32, b"\x16\x1e\xc3\x81C\xc1\3\xd1\1"))]),
    "objects in a tuple": (1, [stream(*strings(32, b"\x16\x1e\xc3\x81C\xc1\x41\xc1\1"))]),
    "strings with an int": (1, [stream(*strings(32, b"\x16\x1f\xc5\x81C\xc1\x41\xd1\x45\3\1"))]),
    "strings with one missing that has no stand-in": (
        1,
        [stream(*strings(32, b"\x16\x1f\xc5\x81C\xc1\x41\xd1\1\3\1"))],
    ),
    "counter of a list": (1, [stream(*strings(32, b"\x16\x1c\xd0"))]),
    "varint of 11 bytes": (1, [b"\x10" + b"\x80" * 10 + b"\0"]),
    "varint above 64 bits": (1, [b"\x10" + b"\xff" * 9 + b"\2"]),
    "date of a str": (1, [stream(b"\x16\1" + strings(12, b"a")[0], b"\1", b"a")]),
    "date 0": (1, [b"\x16\1\x04" + packed()]),
    "date of year 10000": (1, [b"\x16\1\x04" + packed(0, 3652060)]),
    "time of 24 hours": (1, [b"\x16\4\x04" + packed(0, 86_400_000_000)]),
    "zone of 24 hours": (1, [b"\x16\7\x10\2\x04" + packed(0, 86_400_000_000) + NONE]),
    "zone that is a file": (1, [stream(*strings(32, b"\x16\x08\x8e../../etc/file"))]),
    "zone that is an absolute path": (1, [stream(*strings(32, b"\x16\x08\x84/etc"))]),
    "fold of 2": (1, [stream(*strings(32, b"\x16\3\xc3\x40\x42\1"))]),
    "fold that is a bool": (1, [stream(*strings(32, b"\x16\3\xc3\x40\3\1"))]),
    "moment without zone": (1, [stream(*strings(32, b"\x16\3\xc2\x40\x40"))]),
    "moment with a str as zone": (1, [stream(*strings(32, b"\x16\3\xc3\x40\x40\x80"))]),
    "more streams than arrays": (1, [NONE, b""]),
    "fewer streams than arrays": (1, [b"\x04" + packed(4, 0, NEW_STREAM)]),
    "stream longer than its arrays": (
        1,
        [
            b"\x10\2\x04" + packed(4, 0, NEW_STREAM) + b"\x04" + packed(4, 0, NEW_STREAM),
            b"\5\0",
            b"\6",
        ],
    ),
    "union in a union": (1, [UNION + packed() + b"\1" + UNION + packed() + b"\1\1\0\0\0\0"]),
    "shape of depth 65": (1, [b"\x10\1" * 64 + NONE]),
    "shape of too many nodes": (1, [b"\x10" + varint(9000) + NONE * 9000]),
    "tuple of a huge number": (1, [b"\x10" + varint((1 << 64) - 1)]),
    "dict of a huge number": (1, [b"\x14" + varint((1 << 64) - 1)]),
    "str of a huge length": (1, [b"\x0c" + packed(0, 1) + raw((1 << 64) - 8)]),
}


def changed_metadata():
    return Segment().metadata(b"\xe1\x81a\x41")


def with_block(**changes):
    return Segment().block(DATA, [NONE], 1, **changes).finish()


def wrong_trailer(**changes):
    return Segment().block(DATA, [NONE], 1).checkpoint().trailer(**changes).data


def wrong_sections(changes):
    return Segment().block(DATA, [NONE], 1).checkpoint(changes=changes).trailer().data


# name: (number of good records before the fault, the file)
BAD_FILES = {
    "zero type": (0, Segment().block(0, []).data),
    "flags": (0, with_block(flags=1)),
    "salt": (0, with_block(salt=b"salt")),
    "first record": (0, with_block(first_record=1)),
    "stored length": (0, with_block(stored_len=20)),
    "decoded length": (0, with_block(decoded_len=2)),
    "number of streams": (0, with_block(stream_count=0)),
    "checksum of the directory": (0, with_block(directory_crc=0)),
    "distance to no checkpoint": (0, with_block(back=8)),
    "data without records": (0, Segment().block(DATA, [b"\0"], 0).finish()),
    "records of padding": (0, Segment().block(PADDING, [], record_count=1).data),
    "metadata behind data": (
        1,
        Segment().block(DATA, [NONE], 1).block(METADATA, [b"\xe0"]).finish(),
    ),
    "metadata twice": (0, changed_metadata().metadata(b"\xe0").finish()),
    "metadata that are no dict": (0, Segment().metadata(b"\xd0").finish()),
    "metadata with an int as key": (0, Segment().metadata(b"\xe1\x41\x41").finish()),
    "metadata with bytes behind": (0, Segment().metadata(b"\xe0\1").finish()),
    "metadata in two streams": (0, Segment().block(METADATA, [b"\xe0", b""]).finish()),
    "trailer with other records": (1, wrong_trailer(record_count=2)),
    "trailer of another place": (1, wrong_trailer(offset=0)),
    "trailer with another salt": (1, wrong_trailer(salt=b"salt")),
    "trailer with another distance": (1, wrong_trailer(back=1)),
    "trailer behind a trailer": (
        1,
        Segment().block(DATA, [NONE], 1).checkpoint().trailer().trailer().data,
    ),
    "checkpoint without sections": (
        1,
        Segment().block(DATA, [NONE], 1).block(CHECKPOINT, [b""]).data,
    ),
    "bytes behind the totals": (1, wrong_sections({1: b"\0\1\1\1\0\0"})),
    "a header behind a block": (1, Segment().block(DATA, [NONE], 1).data + Segment().finish()),
} | {
    f"shape: {name}": (0, one_block(count, *streams))
    for name, (count, streams) in BAD_SHAPES.items()
}


# Who reads in order has no need of the index.
BAD_INDEXES = {
    "another number of the checkpoint": wrong_sections({1: b"\1\1\1\1\0"}),
    "another number of records": wrong_sections({1: b"\0\2\1\1\0"}),
    "another list of blocks": wrong_sections({2: b"\1\0\x08\x09\2"}),
    "no listed block": wrong_sections({2: b"\0\0"}),
    "ancestors of the first": wrong_sections({3: b"\1\1\0"}),
}


@pytest.mark.parametrize("name", BAD_INDEXES)
def test_a_wrong_index_is_refused_or_does_no_harm(name):
    with pytest.raises(reference.Invalid):
        reference.read(BAD_INDEXES[name])
    records, error = read_until_error(BAD_INDEXES[name])
    assert records == [None]
    assert error is None or isinstance(error, ladle.CorruptError)


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_broken_rule_with_good_checksums_is_an_error_in_both_readers(name):
    count, data = BAD_FILES[name]
    with pytest.raises(reference.Invalid):
        reference.read(data)
    records, error = read_until_error(data)
    assert error is not None
    assert records == [None] * count
