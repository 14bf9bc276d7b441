# SPDX-License-Identifier: BSD-2-Clause
"""Damaged files: an error, or exactly the records before the damage; never a wrong value.

Each file is some hundred bytes, so that every bit and every length can be tried.
"""

import dataclasses
import datetime
import io
import itertools
import random
import uuid
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath

import ladle
import numpy
import pytest

import reference
from helpers import dumped, exactly, loaded, read_until_error

UTC = datetime.UTC
DEEP = [[[[[[["deep"]]]]]]]
STANDARD = [datetime.date(2026, 1, 1), datetime.timedelta(1), uuid.UUID(int=5), PurePosixPath("a")]
MAX = (1 << 64) - 1
WIDE = (65_521, (1 << 31) - 1, (1 << 61) - 1)  # primes


@dataclasses.dataclass
class Point:
    x: int
    y: list


ladle.register(Point)

RECORDS = {
    "numbers": [(i / 7, i * i, i % 3 == 0, -i) for i in range(12)],
    "large numbers": [1 << 64, -(1 << 63), (1 << 64) - 1, 1j, complex(2, -3), 10**40, 0.5] * 3,
    "texts": [("name " + "x" * i, b"\xff" * i, bytearray(b"ab"), "\ud800") for i in range(10)],
    "dicts": [{"id": i, "tags": ["a", "b"], "sub": {"x": i / 2, "y": None}} for i in range(9)],
    "optional keys": [{"a": i} if i % 3 else {"b": str(i), "a": None} for i in range(12)],
    "mixed kinds": [1, "a", None, 2.5, (1, 2), [1], {"k": 1}, b"b", True, "b", 3, ()],
    "varying lengths": [[[j] * j for j in range(i % 4)] for i in range(14)],
    "sets and maps": [({i, "s"}, frozenset([i]), {i: "v", (i, 2): None}) for i in range(8)],
    "times": [
        (
            datetime.datetime(2026, 1, 1 + i, tzinfo=UTC if i % 2 else None),
            datetime.timedelta(seconds=i),
            datetime.date(2026, 1, 1 + i),
            datetime.time(i, fold=i % 2),
        )
        for i in range(6)
    ],
    "deep": [DEEP, {1: DEEP, "x": [DEEP, (DEEP,)]}, [None, [1, [2.5, ["x"]]]]] * 3,
    "any": [
        [None, True, 1, 1.5, 1j, "s", b"b", bytearray(b"a"), [1], {2}, {"k": 1}, {1: 2}, range(3)],
        [frozenset([2]), slice(1, 2), ..., Decimal("1.5"), Fraction(1, 3), *STANDARD],
    ],
    "tuple lengths": [tuple(range(i % 9)) for i in range(20)],
    "wide integers": [(*(pow(7, i, end) for end in WIDE), MAX - i) for i in range(0, 48, 4)],
    "objects": [Point(i, [i] * (i % 2)) for i in range(6)],
    "arrays": [(numpy.float32(i), numpy.full((1, i % 3), i, ">i2")) for i in range(6)],
}


def seeded_uuid(name):
    return uuid.UUID(bytes=random.Random(name).randbytes(16))


def in_blocks(name, records, parts=1, **options):
    """The bytes of a file with `parts` blocks."""
    file = io.BytesIO()
    with ladle.open(file, "w", uuid=seeded_uuid(name), **options) as writer:
        for part in range(parts):
            writer.extend(
                records[len(records) * part // parts : len(records) * (part + 1) // parts]
            )
            writer.flush()
    return file.getvalue()


FILES = {name: (records, {}) for name, records in RECORDS.items()} | {
    "no records": ([], {}),
    "three blocks": ([{"id": i, "name": f"n{i}"} for i in range(9)], {"parts": 3}),
    "zlib": (["a text that is the same"] * 3 + list(range(40)), {"compression": "zlib"}),
    "metadata": ([1, 2, "x"], {"metadata": {"made": [1, "by", None]}}),
    "two segments": ([1, "a"], {"parts": 2}),
    "two streams": ([("x" * 5000, i, "y" * i) for i in range(4)], {"compression": "zlib"}),
}


def build(name):
    """The file called `name`: its bytes and its records."""
    records, options = FILES[name]
    data = in_blocks(name, records, **options)
    if name == "two segments":
        return data + in_blocks("second", [{"b": 2}]), [*records, {"b": 2}]
    return data, records


class Case:
    """A small file, and what must come out of it when its bytes are good up to a place."""

    def __init__(self, name):
        self.data, records = build(name)
        self.items = reference.blocks(self.data)
        self.records = loaded(self.data)
        assert exactly(self.records) == exactly(records)
        self.pictures = [repr(self.records[:count]) for count in range(len(self.records) + 1)]

    def good_before(self, place):
        """Number of records in the blocks that end at `place` or before."""
        ends = ((item.offset + item.byte_len, item.record_count) for item in self.items)
        return sum(count for end, count in ends if end <= place)

    def complete_lengths(self):
        """Where a file may end: behind its trailers."""
        return {item.offset + item.byte_len for item in self.items if item.type == "trailer"}

    def check_error_at(self, place, damaged):
        """Exactly the records of the blocks before `place`, then an error."""
        records, error = read_until_error(damaged)
        assert isinstance(error, ladle.FormatError), f"no error for damage at {place}"
        count = self.good_before(place)
        assert len(records) == count, f"damage at {place}: {error}"
        assert repr(records) == self.pictures[count], f"wrong record for damage at {place}"
        return error

    def replaced(self, place, byte):
        return self.data[:place] + bytes([byte]) + self.data[place + 1 :]


@pytest.fixture(scope="module", params=FILES)
def case(request):
    return Case(request.param)


def test_every_flipped_bit_is_an_error_behind_exactly_the_records_before_it(case):
    count = 0
    for place, bit in itertools.product(range(len(case.data)), range(8)):
        case.check_error_at(place, case.replaced(place, case.data[place] ^ 1 << bit))
        count += 1
    print(f"{count} flipped bits: an error each, no wrong record")
    assert count == 8 * len(case.data)


def test_every_truncation_gives_exactly_the_complete_blocks_before_it(case):
    count = 0
    for length in range(len(case.data)):
        if length in case.complete_lengths():
            assert repr(loaded(case.data[:length])) == case.pictures[case.good_before(length)]
        else:
            error = case.check_error_at(length, case.data[:length])
            assert isinstance(error, ladle.TruncatedError), f"cut at {length}: {error!r}"
        count += 1
    print(f"{count} truncations: the complete blocks each, then TruncatedError")
    assert count == len(case.data)


def test_every_byte_set_to_0_or_255_is_an_error(case):
    count = 0
    for place, byte in itertools.product(range(len(case.data)), (0, 255)):
        if case.data[place] != byte:
            case.check_error_at(place, case.replaced(place, byte))
            count += 1
    print(f"{count} bytes set to 0 or 255: an error each, no wrong record")
    assert count >= len(case.data)


def test_every_word_set_to_zeros_is_an_error(case):
    for place in range(0, len(case.data), 8):
        if any(case.data[place : place + 8]):
            first = place + next(i for i, byte in enumerate(case.data[place:]) if byte)
            case.check_error_at(first, case.data[:place] + bytes(8) + case.data[place + 8 :])


def test_a_byte_inserted_or_lost_is_an_error(case):
    for place in range(len(case.data)):
        for damaged in (
            case.data[:place] + b"\xa5" + case.data[place:],
            case.data[:place] + case.data[place + 1 :],
        ):
            records, error = read_until_error(damaged)
            assert error, f"no error for a shift at {place}"
            assert repr(records) == case.pictures[len(records)]


def test_swapped_doubled_and_lost_items_are_an_error(case):
    pieces = [case.data[item.offset : item.offset + item.byte_len] for item in case.items]
    for i in range(len(pieces)):
        start = case.items[i].offset
        case.check_error_at(start + len(pieces[i]), b"".join(pieces[: i + 1] + pieces[i:]))
        without = b"".join(pieces[:i] + pieces[i + 1 :])
        if len(without) in case.complete_lengths() and case.data.startswith(without):
            continue  # the last segment was only a part of what is gone
        case.check_error_at(start, without)
        for j in range(i + 1, len(pieces)):
            swapped = pieces.copy()
            swapped[i], swapped[j] = pieces[j], pieces[i]
            case.check_error_at(start, b"".join(swapped))


@pytest.mark.parametrize(
    "tail",
    [b"\0", bytes(7), bytes(8), bytes(64), bytes(5000), b"text behind it", b"\xff" * 32],
    ids=repr,
)
def test_what_follows_a_complete_file_is_an_error_behind_all_records(case, tail):
    case.check_error_at(len(case.data), case.data + tail)


def test_a_copy_of_a_part_behind_the_file_is_an_error(case):
    for item in case.items[1:]:
        tail = case.data[item.offset :]
        if item.type != "header":
            case.check_error_at(len(case.data), case.data + tail)


def test_splices_of_two_files_give_records_of_the_first_only():
    cases = [Case(name) for name in ("numbers", "dicts", "three blocks", "no records", "metadata")]
    count = 0
    for first, second in itertools.permutations(cases, 2):
        for before, after in itertools.product(first.items, second.items):
            cut = before.offset + before.byte_len
            if after.type == "header" and cut in first.complete_lengths():
                continue  # that is one file behind the other, and good
            first.check_error_at(cut, first.data[:cut] + second.data[after.offset :])
            count += 1
    assert count > 200


def test_damage_of_many_bytes_at_random_is_an_error():
    case, random_source = Case("three blocks"), random.Random(5)
    for _ in range(2000):
        start = random_source.randrange(len(case.data))
        length = random_source.randrange(1, 80)
        noise = random_source.randbytes(length)
        damaged = (case.data[:start] + noise + case.data[start + length :])[: len(case.data)]
        if damaged == case.data:
            continue
        first = next(i for i, (a, b) in enumerate(zip(case.data, damaged, strict=True)) if a != b)
        case.check_error_at(first, damaged)


def test_the_reference_reader_sees_the_same_damage():
    for name in FILES:
        case = Case(name)
        for place in range(0, len(case.data), 7):
            with pytest.raises(reference.Invalid):
                reference.read(case.replaced(place, case.data[place] ^ 1 << place % 8))


def test_the_small_files_are_small_enough_to_try_every_bit():
    for name in FILES:
        assert 150 <= len(build(name)[0]) <= 1200, name


def test_the_small_files_cover_all_shapes():
    """All kinds of nodes (section 5.2 of FORMAT.md), and all forms of their arrays."""
    items = [item for name in FILES for item in reference.blocks(build(name)[0])]
    nodes = [node for item in items if item.type == "data" for node in item.shape.walk()]
    arrays = [array for node in nodes for array in node.arrays]
    kinds = {1, 2, 4, *range(9, 25), *range(32, 37)}
    assert {node.kind for node in nodes} >= kinds
    assert {array.width for array in arrays} == {0, 1, 2, 4, 8, 16, 32, 64}
    for form in ("base", "unsigned", "new_stream"):
        assert {bool(getattr(array, form)) for array in arrays} == {False, True}, form
    assert {array.start is not None for array in arrays} == {False, True}
    assert {len(node.details[1]) > 1 for node in nodes if node.kind == 20} == {False, True}
    assert {stream.codec for item in items for stream in item.streams or ()} == {0, 1, 4}


def test_damage_in_a_large_file_leaves_exactly_the_blocks_before_it():
    records = [{"id": i, "text": "x" * (i % 50)} for i in range(5000)]
    data = dumped(records, block_size=4096)
    items = [item for item in reference.blocks(data) if item.type == "data"]
    for item in items[:: len(items) // 5]:
        place = item.offset + item.byte_len // 2
        found, error = read_until_error(data[:place] + b"\xa5\x5a" + data[place + 2 :])
        assert found == records[: item.first_record]
        assert isinstance(error, ladle.CorruptError)
        assert error.offset == item.offset
        assert error.first_record == item.first_record
