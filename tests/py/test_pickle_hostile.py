# SPDX-License-Identifier: BSD-2-Clause
"""Pickles that attack: nothing that they name is looked up, and what they claim is not believed."""

import json
import os
import pickle
import pickletools
import random
import subprocess
import sys
import time

import ladle
import numpy
import pytest

from pickles import exploits, hostile, records_until_error
from test_pickle import NUMPY_VALUES, PYTHON_2

EXPLOITS = dict(exploits())
HOSTILE = dict(hostile())
SLOW = os.environ.get("LADLE_SLOW") == "1"

WATCH = """
import json, sys
import array, collections, copyreg, datetime, decimal, enum, fractions, io, ipaddress, pathlib, uuid
import zoneinfo
import ladle, numpy
from ladle import _pickle_known, _pickle_numpy
sys.path.insert(0, sys.argv[1])
from pickles import exploits, records_until_error

zoneinfo.ZoneInfo("UTC")
events, is_watching = [], False

def watch(event, args):
    if is_watching:
        events.append((event, repr(args)[:80]))

attacks = dict(exploits())
sys.addaudithook(watch)
result = {}
for name, data in attacks.items():
    for unknown in ("refuse", "opaque"):
        events.clear()
        is_watching = True
        records, error = records_until_error(data, unknown=unknown)
        is_watching = False
        kinds = sorted({type(record).__name__ for record in records})
        result[f"{name}, {unknown}"] = [list(events), type(error).__name__, kinds]
is_watching = True
open(sys.executable, "rb").close()
is_watching = False
print(json.dumps([result, list(events)]))
"""


@pytest.fixture(scope="module")
def watched():
    command = [sys.executable, "-c", WATCH, os.path.dirname(__file__)]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout)


def test_exploits_execute_nothing(watched):
    outcome, control = watched
    assert control, "the hook sees what happens"
    assert len(EXPLOITS) >= 50 and len(outcome) == 2 * len(EXPLOITS)
    assert {name: seen for name, (seen, _, _) in outcome.items() if seen} == {}
    assert not os.path.exists("/tmp/ladle-was-here")


def test_exploits_are_refused_by_name_or_kept_as_data(watched):
    outcome, _ = watched
    for name, (_, error, kinds) in outcome.items():
        if name.endswith(", refuse"):
            assert error in ("UnsupportedError", "CorruptError", "LimitError"), name
        assert set(kinds) <= {"Opaque", "int", "tuple"}, name
    for name, data in EXPLOITS.items():
        if name.startswith("REDUCE") and "__builtin__" not in name:
            _, error = records_until_error(data)
            assert name.removeprefix("REDUCE ") in str(error)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_are_errors_soon(name):
    for options in ({}, {"items": False}, {"unknown": "opaque"}):
        start = time.process_time()
        _, error = records_until_error(HOSTILE[name], **options)
        assert isinstance(error, (ladle.FormatError, ladle.LimitError)), options
        assert time.process_time() - start < 1


def test_errors_tell_the_byte_and_the_opcode():
    _, error = records_until_error(b"\x80\x02]I1\naX\xff\0\0\0abc")
    assert isinstance(error, ladle.TruncatedError)
    assert error.offset == 7 and "BINUNICODE" in str(error) and "byte 7" in str(error)


def test_limits():
    data = pickle.dumps([[["a"]]])
    _, error = records_until_error(data, limits=ladle.Limits(max_depth=1))
    assert error.limit == "max_depth"
    data = pickle.dumps([list(range(1000))])
    _, error = records_until_error(data, limits=ladle.Limits(max_items=500))
    assert error.limit == "max_items"
    _, error = records_until_error(data, limits=ladle.Limits(max_memory=10_000))
    assert error.limit == "max_memory"
    _, error = records_until_error(pickle.dumps(["x" * 1000]), limits=ladle.Limits(max_record=500))
    assert (error.limit, error.needed) == ("max_record", 1000)
    small = pickle.dumps(list(range(100_000)))
    records, error = records_until_error(small, limits=ladle.Limits(max_items=500))
    assert error is None and len(records) == 100_000


def test_a_promise_of_bytes_takes_no_memory():
    code = (
        "import io, resource, ladle\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "limits = ladle.Limits(max_record='2047MiB')\n"
        "for data in (b'X\\0\\0\\0\\x7fabc', b'\\x8e\\0\\0\\0\\x7f\\0\\0\\0\\0abc', "
        "b'\\x8b\\0\\0\\0\\x7f1'):\n"
        "    try:\n"
        "        list(ladle.from_pickle(io.BytesIO(data), limits=limits))\n"
        "    except ladle.TruncatedError:\n"
        "        print('truncated')\n"
    )
    result = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert result.stdout.split() == ["truncated"] * 3


# ---- Mutations ----


def corpus():
    values = [
        [(i / 7, f"name {i}", 2**60 + i) for i in range(20)],
        [{"a": i, "b": [i, (i,)], "c": {str(i)}} for i in range(20)],
        tuple(range(100)),
        {i: frozenset([i]) for i in range(20)},
        NUMPY_VALUES[:12],
        [numpy.float64(i) for i in range(5)],
    ]
    for value in values:
        for protocol in range(6):
            yield pickle.dumps(value, protocol)
    yield from PYTHON_2
    yield from EXPLOITS.values()


OPCODES = bytes(ord(op.code) for op in pickletools.opcodes)


def mutated(data, source):
    data = bytearray(data)
    for _ in range(source.choice([1, 1, 1, 2, 4, 8])):
        if not data:
            break
        at = source.randrange(len(data))
        kind = source.randrange(6)
        if kind == 0:
            data[at] ^= 1 << source.randrange(8)
        elif kind == 1:
            data[at] = source.choice(OPCODES)
        elif kind == 2:
            data.insert(at, source.choice(OPCODES))
        elif kind == 3:
            del data[at : at + source.randrange(1, 9)]
        elif kind == 4:
            end = at + source.randrange(1, 30)
            data[at:at] = data[at:end]
        else:
            del data[at:]
    return bytes(data)


def test_mutated_pickles_give_records_or_our_errors():
    source = random.Random(int(os.environ.get("LADLE_SEED", "7")))
    pickles = list(corpus())
    end = time.monotonic() + (60 if SLOW else 2)
    limits = ladle.Limits(max_memory="8MiB", max_items=100_000)
    count = 0
    while time.monotonic() < end:
        data = mutated(source.choice(pickles), source)
        options = {
            "items": source.choice([None, True, False]),
            "unknown": source.choice(["refuse", "opaque"]),
            "encoding": source.choice(["ascii", "latin1", "bytes"]),
        }
        try:
            records, error = records_until_error(data, limits=limits, **options)
        except Exception:
            print(data, options)
            raise
        count += 1
    assert count > 100


def test_a_mutation_that_both_can_read_is_read_the_same():
    """For pickles without classes: there pickle.loads is safe enough to compare with."""
    source = random.Random(int(os.environ.get("LADLE_SEED", "8")))
    values = [[(i, "ab", [i]) for i in range(8)], {i: (i, {i: i}) for i in range(8)}, (1, (2, [3]))]
    pickles = [pickle.dumps(value, protocol) for value in values for protocol in range(6)]
    end = time.monotonic() + (20 if SLOW else 1)
    compared = 0
    while time.monotonic() < end:
        data = mutated(source.choice(pickles), source)
        # No classes, and no memo entries for which pickle takes gigabytes.
        if any(code in data for code in b"rciPQR\x81\x82\x83\x84\x92\x93\x97\x98ob"):
            continue
        records, error = records_until_error(data, items=False)
        if error is None and len(records) == 1:
            try:
                expected = pickle.loads(data)
            except Exception as problem:
                # We do not look at frames, which may end in the middle of something now.
                assert b"\x95" in data, (data, records, problem)
                continue
            assert repr(records[0]) == repr(expected), data
            compared += 1
            streamed, error = records_until_error(data, items=True)
            if error is None and type(expected) in (list, tuple):
                assert repr(streamed) == repr(list(expected)), data
    assert compared > 20
