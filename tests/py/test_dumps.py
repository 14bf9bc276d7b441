# SPDX-License-Identifier: BSD-2-Clause
"""dumps and loads: one value, no file around it."""

import array
import collections
import datetime
import random

import ladle
import pytest

import reference
from helpers import exactly
from reference_value import crc32c

VALUE = {"a": [1, 2.5, None, ("x", b"y")], "b": {3, 4}, 5: "\ud800", "c": 1 << 70}


def test_the_form_is_that_of_the_format():
    data = ladle.dumps(VALUE)
    assert type(data) is bytes
    assert data[:4] == b"\x89LV\x01"
    assert exactly(reference.loads(data)) == exactly(VALUE)


def test_small_values_are_small():
    assert len(ladle.dumps(None)) == 9
    assert len(ladle.dumps(63)) == 9
    assert len(ladle.dumps("abc")) == 12


@pytest.mark.parametrize(
    "kind",
    [bytes, bytearray, memoryview, lambda data: array.array("B", data)],
    ids=["bytes", "bytearray", "memoryview", "array"],
)
def test_loads_takes_any_bytes_like_object(kind):
    assert exactly(ladle.loads(kind(ladle.dumps(VALUE)))) == exactly(VALUE)


def test_loads_refuses_a_view_with_gaps():
    with pytest.raises((BufferError, ValueError, TypeError)):
        ladle.loads(memoryview(ladle.dumps(VALUE) * 2)[::2])


@pytest.mark.parametrize("data", ["text", None, 5, [1]], ids=lambda value: type(value).__name__)
def test_loads_refuses_what_is_not_bytes_like(data):
    with pytest.raises(TypeError):
        ladle.loads(data)


def test_loads_keeps_nothing_of_the_buffer():
    data = bytearray(ladle.dumps(["text" * 100, b"bytes" * 100]))
    value = ladle.loads(data)
    data[:] = bytes(len(data))
    data.append(0)  # a view that is still held would refuse this
    assert value == ["text" * 100, b"bytes" * 100]


def test_every_flipped_bit_is_an_error():
    data = ladle.dumps(VALUE)
    for place in range(len(data)):
        for bit in range(8):
            damaged = data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
            with pytest.raises(ladle.FormatError):
                ladle.loads(damaged)


def with_fault(data, source):
    """The value with some of its bytes changed, and the checksum that fits."""
    content = bytearray(data[:-4])
    for _ in range(source.choice([1, 1, 2, 4])):
        place = source.randrange(4, len(content))
        bit = content[place] ^ 1 << source.randrange(8)
        content[place] = source.choice([bit, source.randrange(256), source.randrange(32)])
    return bytes(content) + crc32c(content).to_bytes(4, "little")


def test_both_readers_agree_about_values_with_random_faults():
    moments = [
        datetime.datetime(2026, 1, 1, fold=1, tzinfo=datetime.timezone.min),
        datetime.time(1, 2, tzinfo=datetime.UTC),
        (datetime.date.max, datetime.timedelta.min),
    ]
    things = [
        ladle.Opaque("m.Class", {"a": 1, "b": [ladle.Opaque("m.Inner", {}), ()]}),
        {ladle.Opaque("m.Key", 5): ladle.Opaque("", [None])},
        collections.OrderedDict(a=1, b=2),
        [collections.deque([1, 2], 3), collections.Counter("ab")],
        [collections.defaultdict(list, {1: 2}), array.array("h", [1, 2])],
    ]
    source, read, refused = random.Random(3), 0, 0
    for data in (ladle.dumps(VALUE), ladle.dumps(moments), ladle.dumps(things)):
        for _ in range(4000):
            damaged = with_fault(data, source)
            try:
                value = ladle.loads(damaged)
            except ladle.UnsupportedError:
                continue
            except ladle.Error:
                with pytest.raises(reference.Invalid):
                    reference.loads(damaged)
                refused += 1
            else:
                assert exactly(value) == exactly(reference.loads(damaged))
                read += 1
    assert read > 500
    assert refused > 500


@pytest.mark.parametrize(
    ("code", "error", "other_error"),
    [
        (b"Z", ladle.UnsupportedError, reference.Unsupported),
        (b"Zz", ladle.UnsupportedError, reference.Unsupported),
        (b"h0", ladle.CorruptError, reference.Invalid),
    ],
)
def test_an_array_of_a_type_code_that_this_python_lacks(code, error, other_error):
    content = ladle.dumps(array.array("h", [1, 2]))[:-4]
    content = content.replace(bytes([129]) + b"h", bytes([128 + len(code)]) + code)
    data = content + crc32c(content).to_bytes(4, "little")
    with pytest.raises(error):
        ladle.loads(data)
    with pytest.raises(other_error):
        reference.loads(data)


def test_every_truncation_is_an_error():
    data = ladle.dumps(VALUE)
    for length in range(len(data)):
        with pytest.raises(ladle.FormatError):
            ladle.loads(data[:length])


@pytest.mark.parametrize("tail", [b"\0", b"x", bytes(64)])
def test_trailing_bytes_are_an_error(tail):
    with pytest.raises(ladle.FormatError):
        ladle.loads(ladle.dumps(VALUE) + tail)
    with pytest.raises(ladle.FormatError):
        ladle.loads(ladle.dumps(VALUE) + ladle.dumps(VALUE))


def test_a_file_is_no_value():
    with pytest.raises(ladle.FormatError):
        ladle.loads(b"\x89LDL\r\n\x1a\n" + bytes(200))


def test_dumps_maps_unsupported_objects_by_default():
    data = ladle.dumps([object(), 1], default=lambda value: type(value).__name__)
    assert ladle.loads(data) == ["object", 1]


def test_dumps_may_be_called_by_what_it_calls():
    data = ladle.dumps([object(), "after"], default=lambda value: [ladle.dumps("x" * 100), 5])
    inner, five = ladle.loads(data)[0]
    assert (ladle.loads(inner), five, ladle.loads(data)[1]) == ("x" * 100, 5, "after")


def test_a_failed_or_large_value_leaves_nothing_behind():
    with pytest.raises(TypeError):
        ladle.dumps(["x" * 500, object()])
    assert ladle.loads(ladle.dumps("x")) == "x"
    large = [bytes(1 << 20)]
    assert ladle.loads(ladle.dumps(large)) == large
    assert ladle.dumps(1) == ladle.dumps(1)


def test_keys_that_came_before_do_not_change_what_comes():
    keys = ["a", "b", "ab", "", "\0", "é", "\ud800", "a" * 63, "a" * 64, *map(str, range(3000))]
    for _ in range(2):
        for key in keys:
            assert exactly(ladle.loads(ladle.dumps({key: 1}))) == exactly({key: 1})
        value = dict.fromkeys(keys)
        assert exactly(ladle.loads(ladle.dumps(value))) == exactly(value)


def test_arguments_may_be_named():
    data = ladle.dumps(value=[1], limits=None, default=None)
    assert ladle.loads(data=data, types=(), limits=ladle.Limits()) == [1]


def test_limits_hold_for_dumps_and_loads():
    deep = [[[[[[1]]]]]]
    with pytest.raises(ladle.LimitError):
        ladle.dumps(deep, limits=ladle.Limits(max_depth=3))
    with pytest.raises(ladle.LimitError) as caught:
        ladle.loads(ladle.dumps(deep), limits=ladle.Limits(max_depth=3))
    assert caught.value.limit == "max_depth"


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError):
        ladle.dumps(1, compression="zlib")
    with pytest.raises(TypeError):
        ladle.dumps()
    with pytest.raises(TypeError):
        ladle.loads(b"", b"")
    with pytest.raises(TypeError):
        ladle.loads(ladle.dumps(1), kinds=())
    with pytest.raises(TypeError):
        ladle.loads(ladle.dumps(1), data=b"")
