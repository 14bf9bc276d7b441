# SPDX-License-Identifier: BSD-2-Clause
"""What comes out of damaged files with on_error=: all that is intact, what is lost counted exactly.

Every file is some hundred bytes, so that every byte of it can be damaged; the slow tests damage
every bit and in every mode.
"""

import io
import itertools
import os
import random

import ladle
import pytest

import reference
from helpers import dumped, exactly
from test_damage import FILES, Case

SLOW = os.environ.get("LADLE_SLOW") == "1"
STEP = 1 if SLOW else 5
NAMES = [name for name in FILES if name != "no records"]


class Damaged:
    """A small file, and what is intact of it when some of its bytes change."""

    def __init__(self, name):
        case = Case(name)
        self.data, self.items, self.records = case.data, case.items, case.records
        starts, count = [], 0
        for item in self.items:
            starts.append(count)
            count += item.record_count if item.type == "data" else 0
        self.starts = starts

    def touched(self, damaged):
        """The items that differ, by their indices."""
        changed = [i for i, (a, b) in enumerate(zip(self.data, damaged, strict=False)) if a != b]
        return {
            index
            for index, item in enumerate(self.items)
            if any(item.offset <= place < item.offset + item.byte_len for place in changed)
        }

    def intact_behind(self, index, touched):
        """Whether an item that validates stands behind one."""
        return any(later not in touched for later in range(index + 1, len(self.items)))

    def blocks(self, index):
        """The records of an item."""
        start, item = self.starts[index], self.items[index]
        return self.records[start : start + item.record_count] if item.type == "data" else []

    def expected(self, touched):
        """The records of all blocks that are intact."""
        blocks = [self.blocks(i) for i in range(len(self.items)) if i not in touched]
        return list(itertools.chain(*blocks))

    def flips(self, source):
        """Files with one bit flipped, and some with more damage."""
        for place in range(source.randrange(STEP), len(self.data), STEP):
            for bit in range(8) if SLOW else (source.randrange(8),):
                yield (
                    self.data[:place]
                    + bytes([self.data[place] ^ 1 << bit])
                    + self.data[place + 1 :]
                )

    def bursts(self, source, count):
        """Files with some bytes of noise, or zeros, at one or two places."""
        for _ in range(count):
            damaged = bytearray(self.data)
            for _ in range(source.choice([1, 1, 2])):
                place, length = source.randrange(len(damaged)), source.randrange(1, 60)
                noise = source.choice([bytes(length), source.randbytes(length)])
                damaged[place : place + length] = noise
            yield bytes(damaged[: len(self.data)])


    def moved(self):
        """Items left out, doubled, and with their neighbours changed over."""
        for index, item in enumerate(self.items):
            end = item.offset + item.byte_len
            before, here, behind = (
                self.data[: item.offset],
                self.data[item.offset : end],
                self.data[end:],
            )
            yield before + behind
            yield before + here + here + behind
            if index + 1 < len(self.items):
                size = self.items[index + 1].byte_len
                yield before + behind[:size] + here + behind[size:]


def skipped(data):
    """What comes out with on_error=: records, and the losses."""
    losses = []
    with ladle.load(io.BytesIO(data), on_error=losses.append) as records:
        found = records.tolist()
        known = sum(loss.lost or 0 for loss in losses)
        assert records.lost == known
    return found, losses


@pytest.fixture(scope="module", params=NAMES)
def case(request):
    return Damaged(request.param)


def check_skip(case, damaged):
    touched = case.touched(damaged)
    if 0 in touched:
        with pytest.raises(ladle.FormatError):
            skipped(damaged)
        return 0
    found, losses = skipped(damaged)
    expected = case.expected(touched)
    assert exactly(found) == exactly(expected), f"items {touched} of {len(case.items)}"
    data_touched = [i for i in touched if case.items[i].type == "data"]
    if len(touched) == 1 and data_touched:
        [loss] = losses
        [index] = touched
        assert loss.offset == case.items[index].offset
        assert loss.first_record == case.starts[index]
        assert loss.lost == case.items[index].record_count
    return 1


def test_skip_gives_all_that_is_intact_and_counts_what_is_not(case):
    source = random.Random(len(case.data))
    count = sum(check_skip(case, damaged) for damaged in case.flips(source))
    print(f"{count} damaged files: every intact record, each loss exact")
    assert count > len(case.data) // (2 * STEP)


def test_skip_goes_over_bursts(case):
    source = random.Random(7)
    for damaged in case.bursts(source, 2000 if SLOW else 60):
        touched = case.touched(damaged)
        if 0 in touched:
            continue
        found, _ = skipped(damaged)
        expected = case.expected(touched)
        kinds = {case.items[i].type for i in touched}
        if len(touched) > 1 and kinds & {"header", "trailer", "checkpoint"}:
            # Where a further segment begins may be lost, and its records with it.
            assert exactly(found) == exactly(expected[: len(found)])
        else:
            assert exactly(found) == exactly(expected)


def test_tail_takes_what_is_complete_of_every_truncation(case):
    for length in range(0, len(case.data), 1 if SLOW else 3):
        data = case.data[:length]
        complete = [
            case.blocks(i)
            for i, item in enumerate(case.items)
            if item.type == "data" and item.offset + item.byte_len <= length
        ]
        expected = list(itertools.chain(*complete))
        if length < 64:
            with pytest.raises(ladle.TruncatedError):
                ladle.load(io.BytesIO(data), on_error="tail")
            with pytest.raises(ladle.TruncatedError):
                ladle.open(io.BytesIO(data), on_error="tail")
            continue
        for mode in ("tail", "skip"):
            assert exactly(list(ladle.load(io.BytesIO(data), on_error=mode))) == exactly(expected)
            reader = ladle.open(io.BytesIO(data), on_error=mode)
            assert exactly(reader[range(len(reader))]) == exactly(expected), length


def test_tail_does_not_go_over_damage_in_the_middle(case):
    source = random.Random(9)
    for damaged in case.flips(source):
        touched = case.touched(damaged)
        if 0 in touched:
            continue
        [index] = touched
        found, error = [], None
        try:
            found += ladle.load(io.BytesIO(damaged), on_error="tail")
        except ladle.CorruptError as caught:
            error = caught
        before = case.records[: case.starts[index]]
        assert exactly(found) == exactly(before)
        assert (error is not None) == case.intact_behind(index, touched), index


def check_reader(case, damaged):
    """Whatever the index says: a record is right, or an error."""
    right = 0
    try:
        reader = ladle.open(io.BytesIO(damaged))
        assert len(reader) <= len(case.records)
    except ladle.FormatError:
        return 0
    for index in range(len(reader)):
        try:
            record = reader[index]
        except ladle.FormatError:
            continue
        assert exactly(record) == exactly(case.records[index]), index
        right += 1
    return right


def test_records_by_number_are_right_or_an_error(case):
    source = random.Random(11)
    right = 0
    for damaged in itertools.chain(case.flips(source), case.bursts(source, 50)):
        right += check_reader(case, damaged)
    print(f"{right} records right in damaged files")
    if len(case.items) > 4:
        assert right > 0


def test_slices_of_what_is_left_of_damaged_files(case):
    source = random.Random(12)
    steps = 0
    for damaged in itertools.chain(case.flips(source), case.bursts(source, 50), case.moved()):
        try:
            reader = ladle.open(io.BytesIO(damaged), on_error="skip")
        except ladle.FormatError:
            continue
        for step in (2, 3, -1):
            left = iter([exactly(record) for record in case.records[::step]])
            assert all(exactly(record) in left for record in reader[::step])
            steps += 1
    print(f"{steps} slices of damaged files")


def test_a_lost_record_is_an_error_and_its_neighbours_are_not():
    records = [{"id": i, "text": "x" * (i % 50)} for i in range(3000)]
    data = dumped(records, block_size=2048)
    items = [item for item in reference.blocks(data) if item.type == "data"]
    item = items[len(items) // 2]
    place = item.offset + item.byte_len // 2
    damaged = data[:place] + b"\xa5\x5a\xa5" + data[place + 3 :]
    lost = range(item.first_record, item.first_record + item.record_count)
    for mode in ("raise", "tail", "skip"):
        reader = ladle.open(io.BytesIO(damaged), on_error=mode)
        assert len(reader) == 3000
        for index in (lost[0], lost[-1]):
            with pytest.raises(ladle.CorruptError) as caught:
                reader[index]
            assert caught.value.offset == item.offset
            assert caught.value.first_record == lost[0]
            assert caught.value.lost == len(lost)
        assert reader[lost[0] - 1] == records[lost[0] - 1]
        assert reader[lost[-1] + 1] == records[lost[-1] + 1]
    reader = ladle.open(io.BytesIO(damaged), on_error="skip")
    assert list(reader) == records[: lost[0]] + records[lost[-1] + 1 :]
    for step in (1, 3, 1000, -1, -7):
        found = []
        stepped = iter(ladle.open(io.BytesIO(damaged), on_error=found.append)[::step])
        assert list(stepped) == [r for r in records[::step] if r["id"] not in lost]
        assert stepped.lost == sum(r["id"] in lost for r in records[::step])
        if stepped.lost:
            assert [(e.first_record, e.lost) for e in found] == [(lost[0], len(lost))]


def test_an_exception_of_the_callable_passes_through():
    case = Damaged("three blocks")
    place = case.items[1].offset + 60

    def stop(error):
        raise KeyError(error.first_record)

    damaged = case.data[:place] + b"\xff\xff" + case.data[place + 2 :]
    records = ladle.load(io.BytesIO(damaged), on_error=stop)
    with pytest.raises(KeyError):
        list(records)


@pytest.mark.parametrize("wrong", ["", "ignore", "RAISE"])
def test_unknown_modes_are_refused(path, wrong):
    ladle.dump([1], path)
    for call in (ladle.load, ladle.open):
        with pytest.raises(ValueError, match="'raise', 'tail', 'skip'"):
            call(path, on_error=wrong)
        with pytest.raises(TypeError):
            call(path, on_error=1)
