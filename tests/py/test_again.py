# SPDX-License-Identifier: BSD-2-Clause
"""The memory of records that nobody holds is used again; what somebody holds never changes."""

import gc
import io
import itertools
import random
import sys
import weakref

import ladle
import pytest

from helpers import dumped, exactly, knows_objects, loaded

CHOICES = random.Random(11)
INTS = [0, 1, -1, 256, 257, 1 << 29, 1 << 30, 1 << 31, 1 << 59, 1 << 60, (1 << 63) - 1, -(1 << 62)]


def reading(data):
    return ladle.load(io.BytesIO(data))


def text(i):
    return "".join(CHOICES.choices("abcdefgh", k=i % 23))


COLUMNS = {
    "float": lambda i: i / 7,
    "int": lambda i: CHOICES.choice(INTS) + i,
    "negative": lambda i: -CHOICES.choice(INTS),
    "unsigned": lambda i: (1 << 64) - 1 - (i << i % 60),
    "bits": lambda i: CHOICES.getrandbits(i % 62),
    "big": lambda i: 1 << i % 200,
    "text": text,
    "one text": lambda i: "abcdefghijkl",
    "hot text": lambda i: f"level {i % 3}",
    "other text": lambda i: "\xe4\u20ac\U0001f600"[: i % 4] + text(i),
    "none": lambda i: None,
    "bool": lambda i: i % 3 == 0,
    "bytes": lambda i: text(i).encode(),
    "bytearray": lambda i: bytearray(text(i).encode()),
    "complex": lambda i: complex(i, -i),
    "perhaps": lambda i: None if i % 5 == 0 else i * 1000,
    "anything": lambda i: [None, 1.5, i * 300, text(i), True][i % 5],
}


def dict_record(i):
    columns = [name for j, name in enumerate(COLUMNS) if (i + j) % 4]
    record = {name: COLUMNS[name](i) for name in columns[: i % 11]}
    record["list"] = [text(i + j) for j in range(i % 5)]
    if i % 3:
        record["inner"] = {"numbers": [i * 300] * 3, "text": text(i + 1), "perhaps": [1.5, None, [i]][i % 3]}
    if i % 7 == 0:
        record = {"other": i / 3}
    return record


@pytest.fixture(scope="module", params=["all", "dict", "list", *COLUMNS], name="case")
def make_case(request):
    columns = COLUMNS.values() if request.param == "all" else [COLUMNS.get(request.param), float]
    if request.param == "dict":
        records = [dict_record(i) for i in range(400)]
    elif request.param == "list":
        records = [[text(i + j) for j in range(1 + i % 9)] for i in range(400)]
    else:
        records = [tuple(column(i) for column in columns) for i in range(400)]
    return records, dumped(records, block_size=4000)


def values_of(record):
    return record.values() if isinstance(record, dict) else record


def keep_all(records):
    return list(records)


def keep_some(records):
    return [record for i, record in enumerate(records) if i % 7 in (0, 3, 4)]


def keep_items(records):
    return [list(values_of(record)) for record in records]


def keep_late(records):
    """Hold the record before and an item of the one before that, for a while."""
    kept, before, item = [], None, None
    for record in records:
        kept.append((before and exactly(before), item))
        item = before and list(values_of(before))[-1]
        before = record
    return kept


def keep_windows(records):
    window = []
    kept = []
    for record in records:
        window.append(record)
        if len(window) == 5:
            kept += window
            window = []
    return kept + window


def keep_pairs(records):
    return list(itertools.pairwise(records))


@pytest.mark.parametrize(
    "keep", [keep_all, keep_some, keep_items, keep_late, keep_windows, keep_pairs]
)
def test_what_is_kept_of_records_never_changes(case, keep):
    records, data = case
    assert exactly(keep(reading(data))) == exactly(keep(iter(records)))


def test_each_record_is_right_when_it_comes(case):
    records, data = case
    count = 0
    for record, expected in zip(reading(data), records, strict=True):
        assert exactly(record) == exactly(expected)
        count += 1
    assert count == len(records)


def test_hashes_are_those_of_the_values():
    records = [(f"text {i:05}", i << 40) for i in range(500)]
    for record, expected in zip(reading(dumped(records)), records, strict=True):
        assert hash(record) == hash(expected)
        assert record[0] in {expected[0]: 1}
        assert {record} == {expected}


MIXED = [{"a": i * 1000, "b": [f"text {i}"], "c": {"d": i / 3}} for i in range(300)]


class Thing:
    """Something that can be watched."""


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(new=1),
        lambda record: record.pop("a"),
        lambda record: record.update(a=record.pop("a")),
        lambda record: record.update(a=Thing(), b=None),
        lambda record: record.update(a="text", b=5, c=[]),
        lambda record: record.update(a=[1], b=["x" * 100], c={"e": 1.5}),
        lambda record: record["b"].extend(range(100)),
        lambda record: record["b"].clear(),
        lambda record: record["b"].append(record),
        lambda record: record["c"].update(d=record),
        lambda record: record["c"].clear(),
        lambda record: record.update((str(i), i) for i in range(1000)),
        lambda record: record.clear(),
    ],
)
def test_records_that_were_changed(change):
    for _ in range(2):
        for record, expected in zip(reading(dumped(MIXED, block_size=3000)), MIXED, strict=True):
            assert exactly(record) == exactly(expected)
            change(record)
    gc.collect()


@pytest.mark.parametrize("key", ["a", "new"])
def test_what_the_user_put_into_a_record_does_not_stay(key):
    things = []
    most = 0
    for i, record in enumerate(reading(dumped(MIXED, block_size=3000))):
        record[key] = thing = Thing()
        things.append(weakref.ref(thing))
        del record, thing
        if i >= 3:
            most = max(most, sum(thing() is not None for thing in things))
    assert most <= 1


@pytest.mark.parametrize(
    "put",
    [
        lambda record, thing: record.update(a=thing),
        lambda record, thing: record.update(new=thing),
        lambda record, thing: record.update(c=thing),
        lambda record, thing: record.update(b={"deep": [thing]}),
        lambda record, thing: record["b"].insert(0, thing),
        lambda record, thing: record["b"].append(thing),
        lambda record, thing: record["b"].append([[thing]]),
        lambda record, thing: record["c"].update(d=thing),
        lambda record, thing: record["c"].update(new=thing),
    ],
)
def test_code_that_runs_when_a_record_is_let_go_of(put):
    """It may look at all that the collector knows, and change it."""
    expected = [(i * 1000, [f"text {i}"], {"d": i / 3}, 1.5) for i in range(100)]
    data = dumped((dict(zip(["a", "b", "c", "mark"], row, strict=True)) for row in expected), block_size=3000)
    looks = []

    class Curious:
        def __del__(self):
            looks.append([known for known in gc.get_objects() if is_record(known)])
            for known in looks[-1]:
                repr(known)
                known.clear()

    def is_record(known):
        return type(known) is dict and [*known][:4] == ["a", "b", "c", "mark"]

    records = reading(data)
    for i, row in enumerate(expected):
        record = next(records)
        assert exactly(tuple(record.values())) == exactly(row)
        if i % 9 == 4:
            put(record, Curious())
        del record
    gc.collect()
    assert len(looks) > 9


@pytest.mark.parametrize("was_enabled", [True, False])
def test_iterating_leaves_the_collector_as_it_was(was_enabled):
    lists = [{"a": 1.5, "b": [*range(i)]} for i in range(50)]
    (gc.enable if was_enabled else gc.disable)()
    try:
        for _ in reading(dumped(MIXED)):
            assert gc.isenabled() == was_enabled
        records = ladle.load(io.BytesIO(dumped(lists)), limits=ladle.Limits(max_items=30))
        with pytest.raises(ladle.LimitError) as caught:
            for i, record in enumerate(records):
                assert exactly(record) == exactly(lists[i])
        assert gc.isenabled() == was_enabled
        assert caught.value.record == 29
    finally:
        gc.enable()


@pytest.mark.parametrize("make", [lambda items: items, lambda items: {"a": items}])
def test_large_records_do_not_stay(make):
    length = 5003  # that of no other list
    data = dumped(make([i + 0.5] * length) for i in range(30))
    for record in reading(data):
        del record
        assert not [1 for known in gc.get_objects() if type(known) is list and len(known) == length]


def test_parts_of_records_that_are_kept():
    kept = [(record["b"], record["c"]) for record in reading(dumped(MIXED))]
    assert kept == [(record["b"], record["c"]) for record in MIXED]
    kept = [record["b"] for i, record in enumerate(reading(dumped(MIXED))) if i % 3]
    assert kept == [record["b"] for i, record in enumerate(MIXED) if i % 3]
    views = [record["c"].items() for record in reading(dumped(MIXED))]
    assert list(map(dict, views)) == [record["c"] for record in MIXED]


def test_dicts_of_records_are_known_to_the_collector():
    for record in reading(dumped(MIXED)):
        assert gc.is_tracked(record)
        assert gc.is_tracked(record["b"])


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda i: {"a": i * 1000, "d": i / 3}, lambda record: record),
        (lambda i: {"a": i * 1000, "c": {"d": i / 3}}, lambda record: record["c"]),
        (lambda i: {"a": i * 1000, "c": ({"d": i / 3},)}, lambda record: record["c"][0]),
        (lambda i: (i * 1000, {"d": i / 3}), lambda record: record[1]),
    ],
    ids=["dict", "dict in dict", "dict in tuple in dict", "dict in tuple"],
)
@pytest.mark.parametrize("read", [reading, loaded])
def test_a_cycle_through_a_record_is_collected(read, make, part):
    things = []
    for record in read(dumped(map(make, range(100)))):
        thing = Thing()
        thing.way = [record]
        part(record)["d"] = thing
        things.append(weakref.ref(thing))
    del record, thing
    gc.collect()
    assert {thing() for thing in things} == {None}


def test_a_text_that_was_interned_is_left_alone():
    records = [(f"ladle interned {i:05}", 1.5) for i in range(300)]
    for record in reading(dumped(records)):
        sys.intern(record[0])
    del record
    for text, _ in records:
        assert sys.intern("".join(text)) == text


def test_records_of_another_shape_in_the_next_block():
    records = [(1.5, f"text {i}") for i in range(300)]
    records += [(f"text {i}", 1 << 40, 3.5) for i in range(300)]
    records += [(i * 1000, 2.5) for i in range(300)]
    records += [[1, 2], {"a": 1}, 5]
    data = dumped(records, block_size=1024)
    assert exactly([record for record in reading(data)]) == exactly(records)
    last = None
    for last, expected in zip(reading(data), records, strict=True):
        assert exactly(last) == exactly(expected)


def test_a_record_outlives_its_iterator():
    records = [(i * 1000, f"text {i}") for i in range(100)]
    with reading(dumped(records)) as iterator:
        first = next(iterator)
        for last in iterator:
            pass
    del iterator
    assert first == records[0]
    assert last == records[-1]


@knows_objects
def test_memory_is_used_again():
    data = dumped([(float(i), f"text {i:05}", i << 40) for i in range(1000)])
    places = {tuple(map(id, (record, *record))) for record in reading(data)}
    assert len(places) < 20
    data = dumped([i * 1000 + j for j in range(5)] for i in range(1000))
    places = {tuple(map(id, (record, *record))) for record in reading(data)}
    assert len(places) < 20
    places = {(id(record), id(record["b"])) for record in reading(dumped(MIXED))}
    assert len(places) < 20


def test_all_that_is_read_is_equal_in_bulk(case):
    records, data = case
    assert exactly(loaded(data)) == exactly(records)
    iterator = reading(data)
    mixed = [next(iterator), *iterator.tolist(200), next(iterator), *iterator]
    assert exactly(mixed) == exactly(records)


@pytest.mark.parametrize("was_enabled", [True, False])
def test_tolist_leaves_the_collector_as_it_was(was_enabled):
    data = dumped([[i] for i in range(1000)], block_size=1024)
    (gc.enable if was_enabled else gc.disable)()
    try:
        assert len(reading(data).tolist()) == 1000
        assert gc.isenabled() == was_enabled
        with pytest.raises(ladle.CorruptError):
            reading(data[:3000] + bytes(100) + data[3100:]).tolist()
        assert gc.isenabled() == was_enabled
    finally:
        gc.enable()
