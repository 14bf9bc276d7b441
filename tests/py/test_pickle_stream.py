# SPDX-License-Identifier: BSD-2-Clause
"""One giant container in a pickle is handed out piece by piece."""

import collections
import io
import json
import pickle
import pickletools
import subprocess
import sys

import ladle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import same
from pickles import PROTOCOLS, VALUES, global_, records_of, records_until_error

MIB = 1 << 20


def pickled_by_python(value, protocol):
    file = io.BytesIO()
    pickle._Pickler(file, protocol).dump(value)
    return file.getvalue()


PICKLERS = {
    "C": pickle.dumps,
    "Python": pickled_by_python,
    "optimized": lambda value, protocol: pickletools.optimize(pickle.dumps(value, protocol)),
}
MAKERS = {
    "list": list,
    "tuple": tuple,
    "deque": collections.deque,
    "dict": lambda records: dict(enumerate(records)),
    "ordered": lambda records: collections.OrderedDict(enumerate(records)),
    "default": lambda records: collections.defaultdict(list, enumerate(records)),
}


@pytest.mark.parametrize("pickler", PICKLERS)
@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_container_comes_as_its_items(protocol, maker, pickler):
    part = [0]
    records = [(i, {"id": i, "part": part, "nested": [[i], (i, (i, (i,)))]}) for i in range(2500)]
    value = MAKERS[maker](records)
    expected = list(value.items()) if hasattr(value, "items") else records
    assert records_of(PICKLERS[pickler](value, protocol)) == expected


@pytest.mark.parametrize("maker", [set, frozenset, collections.Counter])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_set_comes_as_its_members(protocol, maker):
    value = maker((i, str(i)) for i in range(3000))
    expected = list(value.items()) if hasattr(value, "items") else list(value)
    back = records_of(pickle.dumps(value, protocol))
    assert sorted(back) == sorted(expected)


@given(
    protocol=st.sampled_from(PROTOCOLS),
    values=st.lists(VALUES, max_size=5),
    order=st.lists(st.integers(0, 4), max_size=30),
    depth=st.integers(0, 2),
)
def test_containers_that_share_anything(protocol, values, order, depth):
    records = [values[i % len(values)] for i in order] if values else []
    for _ in range(depth):
        records = [[record, records[:3]] for record in records]
    for maker in (list, tuple, lambda items: dict(enumerate(items))):
        data = pickle.dumps(maker(records), protocol)
        loaded = pickle.loads(data)
        expected = list(loaded.items()) if isinstance(loaded, dict) else list(loaded)
        assert same(records_of(data), expected)


HASHED = {
    "set": set,
    "frozenset": frozenset,
    "Counter": collections.Counter,
}


@pytest.mark.parametrize("maker", [*MAKERS, *HASHED])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_items_come_before_the_container_was_read(protocol, maker):
    value = (MAKERS | HASHED)[maker]((i, str(i)) for i in range(5000))
    data = pickle.dumps(value, protocol)
    with ladle.from_pickle(io.BytesIO(data)) as records:
        next(records)
        assert records.offset < len(data) / 4


@pytest.mark.parametrize("protocol", range(3))
def test_an_ordered_dict_of_python_2_comes_as_its_pairs(protocol):
    class Ordered:
        def __reduce__(self):
            return collections.OrderedDict, ([[i, [str(i), shared]] for i in range(5000)],)

    shared = ["shared"]
    data = pickle.dumps(Ordered(), protocol)
    with ladle.from_pickle(io.BytesIO(data)) as records:
        assert next(records) == (0, ["0", shared])
        assert records.offset < len(data) / 4
        assert list(records) == [(i, [str(i), shared]) for i in range(1, 5000)]
    for wrong in (b"(lp9\nI1\na", b"](]e", b"](]]ae", b"](](]I1\nee"):
        _, error = records_until_error(global_("collections", "OrderedDict") + wrong + b"\x85R.")
        assert isinstance(error, ladle.CorruptError)


@pytest.mark.parametrize("make", [b"(lp0\n(lp1\na", b"](]e"], ids=repr)
@pytest.mark.parametrize("name", ["set", "frozenset"])
def test_a_set_of_what_cannot_be_hashed_is_refused_as_it_comes(name, make):
    begin = b"c__builtin__\n" + name.encode() + b"\n"
    for call in (b"(" + make + b"tR.", make + b"\x85R."):
        _, error = records_until_error(begin + call)
        assert isinstance(error, ladle.CorruptError)


def test_a_tuple_of_lists_is_not_a_stream_of_the_first():
    value = ([1, 2, 3], ["a"])
    for protocol in PROTOCOLS:
        assert records_of(pickle.dumps(value, protocol)) == [[1, 2, 3], ["a"]]


SET = global_("builtins", "set")
ODD = {
    "a list and then another": b"]I1\na0]I2\na.",
    "a list whose alias grows": b"]2I1\na0.",
    "a list in the memo that grows": b"]p0\nI1\na0g0\nI2\na.",
    "a list in a list": b"]]I1\naa.",
    "items that are dropped": b"](I1\nI2\n1(I3\ne.",
    "items that become one": b"](I1\nI2\nI3\nI4\nI5\nt(I6\nel.",
    "a mark that is dropped": b"](0(I1\ne.",
    "a dict of a mark, then more": b"(I1\nI2\nd(I3\nI4\nu.",
    "a list of a mark, then more": b"(I1\nI2\nlI3\na.",
    "an item that is fetched and grows": b"(lp0\n(lp1\nag1\nI5\na0.",
    "a tuple of a mark in a tuple": b"(I1\nI2\nI3\nI4\nt\x85.",
    "a list, then a tuple of it": b"](I1\nI2\ne\x85.",
    "a set of a list and more": SET + b"(](I1\nI2\neI3\ntR.",
    "a set of a list that is in the memo": SET + b"(]p0\n(I1\neg0\n0tR.",
    "a set of a list that is dropped": SET + b"(](I1\ne0]tR.",
    "a set of a list whose mark is dropped": SET + b"(](I1\ne1(I2\nltR.",
    "a set of a list in a list": SET + b"(](](I1\neetR.",
    "a list of a set of a list": b"]" + SET + b"(](I1\nI2\netRa.",
    "a list of a class and a mark": SET + b"((I1\nltR0]I5\na.",
    "a set that is called once more": SET + b"((I1\nltR)R.",
    "dup of an item": b"](]2I1\na0e.",
}


@pytest.mark.parametrize("name", ODD)
def test_what_no_pickler_writes_is_right_or_refused(name):
    data = ODD[name]
    try:
        value = pickle.loads(data)
    except Exception:
        _, error = records_until_error(data)
        assert error is not None
        return
    expected = list(value.items()) if isinstance(value, dict) else list(value)
    records, error = records_until_error(data)
    assert error is not None or records == expected
    records, error = records_until_error(data, items=False)
    assert error is not None or records == [value]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_list_that_is_cut_gives_what_is_before(protocol):
    value = [(i, "x" * 20, {"a": i}) for i in range(3000)]
    data = pickle.dumps(value, protocol)
    for length in range(0, len(data), len(data) // 37):
        records, error = records_until_error(data[:length])
        assert records == value[: len(records)]
        assert isinstance(error, ladle.CorruptError), length
    records, error = records_until_error(data[:-10])
    assert len(records) > 1900
    assert isinstance(error, ladle.TruncatedError) and error.offset


def test_values_are_handed_out_before_the_end_is_read():
    data = pickle.dumps([bytes(1000)] * 3 + [bytes(i % 256 for i in range(50_000))] * 200)

    class Watched(io.BytesIO):
        pass

    records = ladle.from_pickle(Watched(data))
    next(records)
    assert records.offset < 20_000


MEASURE = """
import json, pickle, sys
import ladle

def memory(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024

path, work = sys.argv[1:]
for record in ladle.from_pickle(path + ".small"):
    pass
ladle.dump([1], path + ".out")
open("/proc/self/clear_refs", "w").write("5")
start = memory("VmRSS")
if work == "iterate":
    count = sum(1 for record in ladle.from_pickle(path))
else:
    count = ladle.dump(ladle.from_pickle(path), path + ".out")
print(json.dumps([count, memory("VmHWM") - start]))
"""

KINDS = {
    "tuples": lambda count: [(i / 7, f"{i:020}", i * 2**40) for i in range(count)],
    "dicts": lambda count: [{"id": i, "name": f"{i:020}", "odd": i % 2} for i in range(count)],
    "tuple": lambda count: tuple((i / 7, f"{i:020}", i * 2**40) for i in range(count)),
    "dict": lambda count: {i: f"{i:020}" for i in range(count)},
    "set": lambda count: {f"{i:020}" for i in range(count)},
    "shared": lambda count: [(text, text, [text]) for text in map(str, range(count))],
    "large": lambda count: [bytes([i % 256]) * 100_000 for i in range(count // 400)],
}


def peak(path, work):
    command = [sys.executable, "-c", MEASURE, str(path), work]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="the platform tells no peak of memory")
@pytest.mark.parametrize("kind", KINDS)
def test_memory_does_not_grow_with_the_pickle(kind, tmp_path):
    path = tmp_path / "a.pkl"
    value = KINDS[kind](100_000)
    protocol = 0 if kind == "set" else 4
    path.write_bytes(pickle.dumps(value, protocol))
    (tmp_path / "a.pkl.small").write_bytes(pickle.dumps(KINDS[kind](800), protocol))
    count, above = peak(path, "iterate" if kind == "large" else "dump")
    assert count == len(value)
    assert above <= 4 * MIB, f"{above / MIB:.1f} MiB"
