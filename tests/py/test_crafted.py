# SPDX-License-Identifier: BSD-2-Clause
"""Files made by hand, with shapes that our writer does not make: both readers agree about them."""

import io
import itertools
import random

import ladle
import pytest

import reference
from crafted_shapes import FLOATS, GOOD, INT8, NONE, strings
from crafting import DATA, PADDING, Segment, one_block, packed, raw, stream, text, varint, zigzag
from helpers import exactly, loaded, read_until_error


def good_file(name, codec=0):
    count, _, streams = GOOD[name]
    return one_block(count, *streams, codec=codec)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("codec", [0, 1, 4], ids=["plain", "zlib", "bitpack"])
def test_a_crafted_block_is_read_by_both_readers(name, codec):
    data = good_file(name, codec)
    assert exactly(reference.read(data)) == exactly(GOOD[name][1])
    assert exactly(loaded(data)) == exactly(GOOD[name][1])


def padding_behind_metadata():
    return (
        Segment()
        .metadata(b"\xe1\x81a\x41")
        .block(PADDING, [bytes(24)])
        .block(DATA, [NONE], 1)
        .finish()
    )


SKIPPED = {
    "minor version": Segment(minor=7).block(DATA, [NONE], 1).finish(),
    "compatible features": Segment(compatible=1 << 31).block(DATA, [NONE], 1).finish(),
    "block type 128": Segment().block(128, [b"new"]).block(DATA, [NONE], 1).finish(),
    "block type 255": Segment().block(DATA, [NONE], 1).block(255, [b"a", b"b"], codec=1).finish(),
    "padding": padding_behind_metadata(),
    "section 66": Segment().block(DATA, [NONE], 1).checkpoint(b"\x42\3abc").trailer().data,
    "section 200": Segment().block(DATA, [NONE], 1).checkpoint(b"\xc8\1\0").trailer().data,
    "footer in the middle": Segment().checkpoint().trailer().block(DATA, [NONE], 1).finish(),
    "two checkpoints": Segment().checkpoint().checkpoint().block(DATA, [NONE], 1).finish(),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_what_a_reader_must_skip_is_skipped(name):
    assert reference.read(SKIPPED[name]) == [None]
    assert loaded(SKIPPED[name]) == [None]


UNKNOWN = {
    "major version": Segment(major=2).finish(),
    "incompatible feature": Segment(incompatible=1).finish(),
    "block type 5": Segment().block(5, [b""]).finish(),
    "block type 127": Segment().block(127, [b""]).finish(),
    "codec": Segment().block(DATA, [bytes(50)], 1, codec=5).finish(),
    "kind": one_block(1, b"\x05"),
    "kind 37": one_block(1, b"\x25"),
    "tag": one_block(1, stream(*strings(32, b"\x19"))),
    "tag 255": one_block(1, stream(*strings(32, b"\xff"))),
    "extension": one_block(1, b"\x16\xff" + NONE),
    "extension in any": one_block(1, stream(*strings(32, b"\x16\xff\x01"))),
    "section": Segment().block(DATA, [NONE], 1).checkpoint(b"\4\0").trailer().data,
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_a_reader_must_not_guess_is_unsupported(name):
    with pytest.raises(reference.Unsupported):
        reference.read(UNKNOWN[name])
    with pytest.raises(ladle.UnsupportedError):
        loaded(UNKNOWN[name])


def test_a_few_bytes_that_stand_for_many_values_are_a_limit_error():
    many = b"\x11" + packed(0, 1 << 33) + varint(1 << 33) + NONE
    nested = b"\x11" + packed(0, 1 << 12) + varint(1 << 12)
    nested += b"\x11" + packed(0, 1 << 12) + varint(1 << 24)
    nested += b"\x11" + packed(0, 1 << 12) + varint(1 << 36) + NONE
    for shape in (many, nested):
        with pytest.raises(reference.TooLarge):
            reference.read(one_block(1, shape))
        with pytest.raises(ladle.LimitError):
            loaded(one_block(1, shape))


def test_many_records_without_bytes_come_one_by_one():
    records = ladle.load(io.BytesIO(one_block((1 << 31) - 1, NONE)))
    assert [next(records) for _ in range(1000)] == [None] * 1000


def test_a_slice_with_a_step_goes_over_damage_that_costs_no_record():
    segment = Segment().block(DATA, [stream(INT8, b"\3\4\5")], 3, first_record=3)
    segment.data += bytes(80)
    segment.block(DATA, [stream(INT8, b"\6\7\x08")], 3, first_record=6)
    for step, expected in ((1, [3, 4, 5, 6, 7, 8]), (2, [4, 6, 8]), (-1, [8, 7, 6, 5, 4, 3])):
        reader = ladle.open(io.BytesIO(segment.data), on_error="skip")
        assert list(itertools.islice(reader[::step], 10)) == expected
    billions = Segment().block(DATA, [stream(INT8, b"\0\1\2")], 3)
    billions.block(DATA, [stream(INT8, b"\3\4\5")], 3, first_record=1 << 40)
    reader = iter(ladle.open(io.BytesIO(billions.data), on_error="skip")[::3])
    assert list(reader)[:1] == [0]
    assert reader.lost == len(range(3, 1 << 40, 3))


def test_a_block_inside_a_record_is_no_record_of_the_index():
    inner = Segment()
    place = 64 + 48 + 16 + 8  # behind the headers of file and block, the directory and the shape
    inner.data = bytes(place)
    inner.block(DATA, [stream(INT8, b"\0\1\2")], 3)
    content = inner.data[place:]
    outer = Segment()
    outer.block(DATA, [stream(b"\x0e" + packed(0, len(content)) + raw(len(content)), content)], 1)
    assert outer.data[place:].startswith(content)
    data = ladle.open(io.BytesIO(outer.data + bytes(8)), on_error="tail")
    assert len(data) == 3  # found from the end
    assert list(data) == [content]
    assert data[0] == content
    for index in range(1, len(data)):
        with pytest.raises(ladle.CorruptError, match="the index counts it"):
            data[index]


def test_a_column_that_no_record_has_is_missing_in_an_array():
    numpy = pytest.importorskip("numpy")
    floats = b"\x0a" + packed(7)
    columns = text("a") + varint(2) + text("b") + varint(0)
    data = one_block(2, stream(b"\x14\2" + columns + b"\1\1\0" + 2 * floats, FLOATS))
    assert reference.read(data) == loaded(data) == [{"a": 1.5}, {"a": -0.0}]
    out = numpy.ones(2, [("a", "f8"), ("b", "f8")])
    with pytest.raises(KeyError, match=r"\['b'\]"):
        ladle.load(io.BytesIO(data)).read_into(out)
    assert out.tolist() == [(1, 1)] * 2
    assert ladle.load(io.BytesIO(data)).read_into(out, missing=numpy.nan) == 2
    assert out["a"].tolist() == [1.5, 0] and numpy.isnan(out["b"]).all()


def test_old_and_new_checkpoints_lead_through_a_long_file():
    segment = Segment()
    for i in range(40):
        segment.block(DATA, [b"\x04" + packed(0, i)], 2, codec=i % 2)
        if i % 3 == 0:
            segment.checkpoint()
        if i % 7 == 0:
            segment.checkpoint().trailer()
    data = segment.finish()
    expected = [i for i in range(40) for _ in range(2)]
    assert reference.read(data + data) == loaded(data + data) == expected * 2


def test_both_readers_agree_about_shapes_with_random_faults():
    source, agreed, errors = random.Random(11), 0, 0
    for _ in range(6000):
        count, _, streams = GOOD[source.choice(list(GOOD))]
        streams = [bytearray(data) for data in streams]
        target = source.choice(streams) if source.random() < 0.3 else streams[0]
        for _ in range(source.choice([1, 1, 1, 2, 3])):
            place = source.randrange(len(target))
            target[place] = source.choice(
                [source.randrange(256), target[place] ^ 1 << source.randrange(8)]
            )
        data = one_block(count, *map(bytes, streams))
        try:
            expected = reference.read(data)
        except reference.TooLarge:
            continue
        except reference.Invalid:
            expected = None
        records, error = read_until_error(data)
        if expected is None:
            assert error is not None, f"the reference refuses {data[64:].hex()}"
            errors += 1
        elif not isinstance(error, (ladle.LimitError, ladle.UnsupportedError)):
            assert error is None, f"the reference reads {data[64:].hex()}"
            assert exactly(records) == exactly(expected)
            agreed += 1
    print(f"{agreed} files read alike, {errors} refused by both")
    assert agreed > 200
    assert errors > 1000


def test_zigzag_of_the_helpers_is_that_of_the_text():
    assert [zigzag(value) for value in (0, -1, 1, -2)] == [b"\0", b"\1", b"\2", b"\3"]
    assert zigzag(-(1 << 63)) == b"\xff" * 9 + b"\1"
