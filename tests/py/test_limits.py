# SPDX-License-Identifier: BSD-2-Clause
"""Each limit on every path: what is just inside passes, what is just outside is a LimitError that
says what was needed. Records of a few bytes that stand for much take no more than max_memory."""

import collections
import fractions
import io
import time
import tracemalloc
import typing
from dataclasses import dataclass, field

import ladle
import pytest

import classes
from crafting import one_block, packed, raw, stream, text, varint
from helpers import dumped, exactly, loaded
from reference_value import VALUE_MAGIC, crc32c

MIB = 1 << 20

RECORDS = {
    "list": [1, 2, 3] * 10,
    "dict": {"a": 1, "b": [1, {"c": 2}]},
    "map": {1: 2, (3, 4): (5,)},
    "tuples": [(i,) * (i % 5) for i in range(20)],
    "set": {1, 2, frozenset([3])},
    "str": ["x" * 5000, "y"],
    "bytearrays": [bytearray(b"x" * 1000)] * 20,
    "ordered dict": collections.OrderedDict(a=1, b=[2]),
    "deque": collections.deque([1, [2], collections.Counter("a")]),
    "objects": classes.Point(1, [2, classes.Frozen("a", classes.Color.RED)]),
    "states": classes.Stack([1, classes.Plain(a=1, b={2: 3})]),
    "opaque": ladle.Opaque("unknown", {"a": [1]}),
    "mixture": [1, "a", None, 2.5, (1,), {"a": 1}, b"x", {1}, [2], 1 << 70, ..., {1: 2}] * 2,
}
HIGHEST = {"max_depth": 50, "max_items": 1000, "max_record": 100_000, "max_memory": 1_000_000}


def paths(value):
    data, alone = dumped([0, value]), ladle.dumps(value)
    return {
        "dump": (1, lambda limits: dumped([0, value], limits=limits)),
        "dumps": (None, lambda limits: ladle.dumps(value, limits=limits)),
        "load": (1, lambda limits: loaded(data, limits=limits)),
        "loads": (None, lambda limits: ladle.loads(alone, limits=limits)),
    }


def least(call, name):
    """The least limit with which a call works, and the error of the limit that is one less."""
    low, high = 0, HIGHEST[name]
    errors = {}
    while high - low > 1:
        middle = (low + high) // 2
        try:
            call(ladle.Limits(**{name: middle}))
            high = middle
        except ladle.LimitError as error:
            assert error.limit == name
            assert error.needed > middle
            low = middle
            errors[middle] = error
    return high, errors.get(high - 1)


# A reader takes a block as it is up to some slack; writers do not build objects.
PAIRS = [
    (path, name)
    for path in ("dump", "dumps", "load", "loads")
    for name in HIGHEST
    if (path, name) not in {("load", "max_record"), ("dump", "max_memory"), ("dumps", "max_memory")}
]


@pytest.mark.parametrize(("path", "name"), PAIRS)
@pytest.mark.parametrize("kind", RECORDS)
def test_the_least_limit_that_works_is_the_one_that_the_error_names(kind, path, name):
    record, call = paths(RECORDS[kind])[path]
    limit, error = least(call, name)
    if error is not None:
        assert (error.limit, error.needed, error.record) == (name, limit, record)
        assert str(limit) in str(error)
        assert f"limits=ladle.Limits({name}=...)" in str(error)
    else:
        assert limit == 1


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("name", ["max_depth", "max_items"])
def test_a_file_and_a_value_alone_need_the_same(kind, name):
    found = {path: least(call, name)[0] for path, (_, call) in paths(RECORDS[kind]).items()}
    assert len(set(found.values())) == 1, found


def test_max_record_of_a_file_counts_beyond_a_slack_of_one_mebibyte():
    content = bytes(range(256)) * 4096 * 3
    data = dumped([content])
    with pytest.raises(ladle.LimitError) as caught:
        loaded(data, limits=ladle.Limits(max_record=1))
    needed = caught.value.needed
    assert len(content) - MIB <= needed < len(content)
    assert loaded(data, limits=ladle.Limits(max_record=needed)) == [content]
    with pytest.raises(ladle.LimitError) as caught:
        loaded(data, limits=ladle.Limits(max_record=needed - 1))
    assert (caught.value.needed, caught.value.record) == (needed, 0)


def test_a_refused_record_leaves_the_writer_as_it_was():
    limits = ladle.Limits(max_depth=4, max_items=20, max_record=2000)
    good = [classes.Point(i, [classes.Color.RED]) for i in range(50)]
    point = classes.Point(0)
    bad = [[[[[[1]]]]], list(range(21)), "x" * 3000, classes.Point(0, [[[[0]]]]), [point] * 8]
    file = io.BytesIO()
    with ladle.open(file, "w", limits=limits) as writer:
        for i, record in enumerate(good):
            with pytest.raises(ladle.LimitError) as caught:
                writer.append(bad[i % len(bad)])
            assert caught.value.record == i
            writer.append(record)
    assert exactly(loaded(file.getvalue(), limits=limits)) == exactly(good)


# ---- Hostile files: few bytes for much memory ----

COUNT = 1 << 11
LISTED = b"\x11" + packed(0, COUNT) + varint(COUNT)
DICTED = b"\x11" + packed(0, COUNT // 16) + varint(COUNT // 16)


def constant_str(value):
    shape = b"\x22\1" + packed() + b"\x0c" + packed(0, len(value)) + raw(len(value))
    return shape, value


def of_constant(before, value, after=b""):
    shape, content = constant_str(value)
    return [stream(before + shape + after, content)]


def object_shape(name, count):
    return b"\x15" + text(name) + varint(count) + b"".join(text(f"f{i}") for i in range(count))


HOSTILE = {
    "list of None": [LISTED + b"\1"],
    "list of ints": [LISTED + b"\4" + packed(0, 1 << 40)],
    "list of floats": [LISTED + b"\x0a" + packed(0, 5)],
    "list of big ints": [LISTED + b"\x09" + packed() + raw(0)],
    "list of empty tuples": [LISTED + b"\x10\0"],
    "list of empty lists": [LISTED + b"\x11" + packed() + b"\0\0"],
    "list of empty sets": [LISTED + b"\x12" + packed() + b"\0\0"],
    "list of empty dicts": [LISTED + b"\x14\0\1\0"],
    "list of empty bytearrays": [LISTED + b"\x0f" + packed() + raw(0)],
    "list of bytearrays": [
        stream(LISTED + b"\x22\1" + packed() + b"\x0f" + packed(0, 4096) + raw(4096), bytes(4096))
    ],
    "list of complex numbers": [LISTED + b"\x0b" + packed(0, 5) + packed(0, 5)],
    "list of dates": [LISTED + b"\x16\1\4" + packed(0, 5)],
    "list of datetimes": [LISTED + b"\x16\2\4" + packed(0, 5)],
    "list of timedeltas": [LISTED + b"\x16\6\4" + packed(0, 5)],
    "list of Decimals": of_constant(LISTED + b"\x16\x09", b"9" * 1000),
    "list of paths": of_constant(LISTED + b"\x16\x0c", b"a/" * 500),
    "list of UUIDs": [
        stream(LISTED + b"\x16\x0b\x22\1" + packed() + b"\x0e" + packed(0, 16) + raw(16), bytes(16))
    ],
    "list of fractions": [LISTED + b"\x16\x0a\x10\2\4" + packed(0, 5) + b"\4" + packed(0, 7)],
    "list of ranges": [
        LISTED + b"\x16\x16\x10\3\4" + packed(0, 5) + b"\4" + packed(0, 7) + b"\4" + packed(0, 1)
    ],
    "list of deques": [LISTED + b"\x16\x1b\x10\2\x11" + packed() + b"\0\0\1"],
    "list of ordered dicts": [LISTED + b"\x16\x1a\x14\0\1\0"],
    "list of counters": [LISTED + b"\x16\x1c\x14\0\1\0"],
    "list of default dicts": [LISTED + b"\x16\x1d\x10\2\1\x14\0\1\0"],
    "list of arrays": [
        stream(
            LISTED + b"\x16\x19\x10\3" + b"\x22\1" + packed() + b"\x0c" + packed(0, 1) + raw(1)
            + b"\4" + packed(0, 1)
            + b"\x22\1" + packed() + b"\x0e" + packed(0, 4096) + raw(4096),
            b"B", bytes(4096),
        )
    ],
    "list of objects of no class": [LISTED + object_shape("no.Class", 0)],
    "list of objects of no class with fields": [DICTED + object_shape("no.Class", 3) + b"\1\1\1"],
    "list of objects": [LISTED + b"\x15" + text("test_limits.Known") + b"\0"],
    "list of objects with fields": [
        DICTED + b"\x15" + text("test_limits.Known") + b"\2" + text("x") + text("y") + b"\1\1"
    ],
    "list of objects with other attributes": [
        DICTED + object_shape("test_limits.Known", 40) + b"\1" * 40
    ],
    "list of objects with slots": [LISTED + b"\x15" + text("test_limits.Slots") + b"\0"],
    "list of named tuples": [LISTED + b"\x15" + text("test_limits.Pair") + b"\0"],
    "list of dicts with keys": [DICTED + b"\x14\3" + (b"\1a" + varint(COUNT // 16))
        + (b"\1b" + varint(COUNT // 16)) + (b"\1c" + varint(COUNT // 16)) + b"\1\3\0\1\2\1\1\1"],
}  # fmt: skip


@dataclass
class Known:
    x: object = 1
    y: list = field(default_factory=list)


@dataclass(slots=True)
class Slots:
    x: object = 1
    y: list = field(default_factory=list)


class Pair(typing.NamedTuple):
    a: object = 1
    b: object = ()


def read_hostile(data, max_memory):
    limits = ladle.Limits(max_memory=max_memory)
    return next(ladle.load(io.BytesIO(data), limits=limits, types=[Known, Slots, Pair]))


def least_memory(data):
    low, high = 0, 1 << 26
    while high - low > high // 40:
        middle = (low + high) // 2
        try:
            read_hostile(data, middle)
            high = middle
        except ladle.LimitError as error:
            assert error.limit == "max_memory"
            assert error.needed > middle
            low = middle
    return high


@pytest.mark.parametrize("name", HOSTILE)
def test_objects_take_no_more_than_what_they_are_counted_for(name):
    data = one_block(1, *HOSTILE[name])
    read_hostile(data, 1 << 30)
    counted = least_memory(data)
    tracemalloc.start()
    try:
        record = read_hostile(data, 1 << 30)
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.clear_traces()
    finally:
        tracemalloc.stop()
    print(f"{name}: {counted / len(record):.0f} bytes counted, {taken / len(record):.0f} taken")
    assert len(record) in (COUNT, COUNT // 16)
    assert taken <= 1.05 * counted + 8_000
    with pytest.raises(ladle.LimitError):
        read_hostile(data, counted // 2)


# ---- Time that grows with the square of what a file says ----


def forged_fraction(numerator, denominator):
    fraction = object.__new__(fractions.Fraction)
    fraction._numerator, fraction._denominator = numerator, denominator
    return fraction


MEGABYTES = (1 << 16_000_000) + 1
BIT_COUNT = 8 * 2048 - 2


def test_a_fraction_of_megabytes_comes_back_at_once():
    value = forged_fraction(MEGABYTES, 2**20_000_000 + 1)
    for pair in (value, forged_fraction(-MEGABYTES, 1), fractions.Fraction(3**20_000, 2**20_000)):
        alone, data = ladle.dumps(pair), dumped([pair, pair])
        start = time.process_time()
        back = [ladle.loads(alone), *loaded(data)]
        assert time.process_time() - start < 5  # and not minutes
        for one in back:
            assert (one.numerator, one.denominator) == (pair.numerator, pair.denominator)
            assert type(one) is fractions.Fraction and hash(one) == hash(pair)


def test_fractions_are_in_lowest_terms_and_have_a_positive_denominator():
    assert exactly(ladle.loads(ladle.dumps(forged_fraction(2, 4)))) == exactly(fractions.Fraction(1, 2))
    for denominator in (0, -MEGABYTES):
        for numerator in (1, MEGABYTES):
            if denominator or numerator != 1:
                forged = forged_fraction(numerator, denominator)
                with pytest.raises(ladle.CorruptError, match="Fraction"):
                    ladle.loads(ladle.dumps(forged))


def test_a_range_of_large_numbers_is_refused_on_both_sides():
    inside = range(-(1 << BIT_COUNT), 1 << BIT_COUNT, 1 << BIT_COUNT // 2)
    assert exactly(ladle.loads(ladle.dumps(inside))) == exactly(inside)
    outside = range(0, 1 << BIT_COUNT + 10)
    for write in (ladle.dumps, lambda value: dumped([value])):
        with pytest.raises(TypeError, match="range of ints of more than 2048 bytes"):
            write(outside)
    bounds = ladle.dumps((0, MEGABYTES, 1 << 8_000_000))
    content = bounds[: len(VALUE_MAGIC)] + b"\x16\x16" + bounds[len(VALUE_MAGIC) : -4]
    start = time.process_time()
    with pytest.raises(ladle.UnsupportedError, match="range of ints of more than 2048 bytes"):
        ladle.loads(content + crc32c(content).to_bytes(4, "little"))
    assert time.process_time() - start < 5  # and not minutes


@pytest.mark.parametrize("name", ["builtins\nrange", "fractions\nFraction"])
def test_pickles_divide_no_large_numbers(name):
    number = b"\x8b" + (2_000_000).to_bytes(4, "little") + b"\x55" * 2_000_000
    data = b"\x80\x02c" + name.encode() + b"\n(" + number + number + b"tR."
    start = time.process_time()
    with pytest.raises(ladle.UnsupportedError, match="more than 16384 bits"):
        list(ladle.from_pickle(io.BytesIO(data)))
    assert time.process_time() - start < 5  # and not minutes
