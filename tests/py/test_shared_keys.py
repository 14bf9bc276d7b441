# SPDX-License-Identifier: BSD-2-Clause
"""Dicts of a key list share its keys, as attributes of instances do; each stays a dict of its own."""

import copy
import gc
import io
import json
import pickle
import random
import sys

import ladle
import pytest

from helpers import dumped, exactly, knows_objects, loaded

KEYS = {
    "few": ["id", "name", "score"],
    "one": ["only"],
    "attributes": ["__class__", "__dict__", "__weakref__", "__doc__", "__module__", "__slots__"],
    "odd": ["", " ", "\xe4", "\u20ac", "\U0001f600", "a\0b", "0"],
    "six": [f"k{i}" for i in range(6)],
    "seven": [f"k{i}" for i in range(7)],
    "most that can be shared": [f"key {i}" for i in range(29)],
    "one more": [f"key {i}" for i in range(30)],
    "many": [f"key {i}" for i in range(100)],
}


def many(keys, count=400):
    return [{key: i * 1000 + j for j, key in enumerate(keys)} for i in range(count)]


@pytest.fixture(params=KEYS, name="records")
def make_records(request):
    return many(KEYS[request.param])


def read(records):
    return loaded(dumped(records, block_size=2048))


def change_at_random(record, source):
    """What a program may do with a record that it got."""
    keys = list(record)
    for _ in range(source.randrange(1, 6)):
        key = source.choice([*keys, "new", "newer", "newest", 5])
        change = source.randrange(6)
        if change == 0:
            record.pop(key, None)
        elif change == 1:
            record[key] = record.pop(key, "moved")
        elif change == 2:
            record.update({key: "updated", "beside": [1]})
        elif change == 3 and record:
            record.popitem()
        elif change == 4:
            record.setdefault(key, "default")
        else:
            record[key] = "set"
    if source.random() < 0.05:
        record.clear()


def test_what_is_read_is_the_same(records):
    assert exactly(read(records)) == exactly(records)
    assert exactly(loaded(dumped([records]))) == exactly([records])
    assert exactly(ladle.loads(ladle.dumps(records))) == exactly(records)
    long = many(list(records[0]), 3000)
    assert exactly(ladle.loads(ladle.dumps(long))) == exactly(long)


def test_a_change_of_one_is_not_seen_in_others(records):
    source = random.Random(3)
    there = read(records)
    for i in range(0, len(there), 3):
        expected = dict(records[i])
        state = source.getstate()
        change_at_random(there[i], source)
        source.setstate(state)
        change_at_random(expected, source)
        records[i] = expected
        assert exactly(there[i]) == exactly(expected)
    assert exactly(there) == exactly(records)
    assert exactly(read(records)) == exactly(records)


def test_changed_records_are_written_in_their_order(records):
    source = random.Random(4)
    there = read(records)
    for record in there:
        change_at_random(record, source)
    expected = [dict(record.items()) for record in there]
    assert exactly(read(there)) == exactly(expected)
    assert exactly(ladle.loads(ladle.dumps(there))) == exactly(expected)
    nested = [{"a": record, "b": [record], "c": (record, 1)} for record in there]
    assert exactly(read(nested)) == exactly(copy.deepcopy(nested))


def test_records_that_are_changed_while_iterating(records):
    source = random.Random(5)
    kept = []
    reader = ladle.load(io.BytesIO(dumped(records, block_size=2048)))
    for expected, record in zip(records, reader, strict=True):
        assert exactly(record) == exactly(expected)
        if source.random() < 0.1:
            change_at_random(record, source)
        if source.random() < 0.1:
            kept.append((record, exactly(record)))
    assert all(exactly(record) == picture for record, picture in kept)


def test_copies_and_other_writers(records):
    there = read(records)
    assert exactly(pickle.loads(pickle.dumps(there))) == exactly(records)
    assert json.loads(json.dumps(there)) == records
    assert exactly([record.copy() for record in there]) == exactly(records)
    assert exactly([record | {"z": 1} for record in there]) == exactly(
        [record | {"z": 1} for record in records]
    )
    assert exactly(read(read(there))) == exactly(records)


def test_attributes_of_instances_are_written_in_their_order():
    class Thing:
        pass

    source = random.Random(6)
    things = []
    for i in range(300):
        thing = Thing()
        names = [f"name{j}" for j in range(9)]
        source.shuffle(names)
        for name in names[: source.randrange(1, 10)]:
            setattr(thing, name, i)
        if i % 3 == 0:
            delattr(thing, names[0])
            setattr(thing, names[0], "again")
        things.append(vars(thing))
    expected = [dict(thing.items()) for thing in things]
    assert exactly(read(things)) == exactly(expected)
    assert exactly([ladle.loads(ladle.dumps(thing)) for thing in things]) == exactly(expected)


@knows_objects
def test_they_take_less_memory():
    for name in ("few", "six", "most that can be shared"):
        records = many(KEYS[name])
        there = read(records)
        assert sys.getsizeof(there[-1]) < 0.8 * sys.getsizeof(records[-1])
    long = many(KEYS["few"], 3000)
    there = loaded(dumped(long))
    assert sys.getsizeof(there[0]) < 0.8 * sys.getsizeof(long[0])
    records = many(KEYS["six"])
    nested = read([{"a": record, "b": [record]} for record in records])
    assert sys.getsizeof(nested[-1]["b"][0]) < 0.8 * sys.getsizeof(records[-1])


def test_thousands_of_key_lists():
    records = [{f"{i % 1000} {j}": i for j in range(1 + i % 5)} for i in range(5000)]
    assert exactly(read(records)) == exactly(records)


def test_no_class_is_left():
    there = read(many(KEYS["six"]))
    gc.collect()
    assert "record" not in [cls.__name__ for cls in object.__subclasses__()]
    assert there[0] == many(KEYS["six"], 1)[0]
