# SPDX-License-Identifier: BSD-2-Clause
"""from_pickle gives what pickle.load gives: values, protocols, spellings of all ages, classes."""

import collections
import datetime
import io
import os
import pickle
import threading
import uuid

import ladle
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import exactly, same
from pickles import (
    PROTOCOLS,
    VALUES,
    global_,
    records_of,
    renamed,
    stack_global,
    text,
    value_of,
)

NUMPY_VALUES = [
    numpy.float32(1.5),
    numpy.int64(-3),
    numpy.bool_(True),
    numpy.str_("aé"),
    numpy.bytes_(b"x\0y"),
    numpy.datetime64("2020-01-01T00:00:01", "ms"),
    numpy.timedelta64(7, "25s"),
    numpy.complex64(1 + 2j),
    numpy.longdouble(1) / 3,
    numpy.arange(6).reshape(2, 3),
    numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)),
    numpy.arange(12).reshape(3, 4)[::2, ::-1],
    numpy.array(["a", "bc"]),
    numpy.array([b"a", b"bc"]),
    numpy.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", ">f8")]),
    numpy.zeros(2, numpy.dtype([("a", "i1"), ("b", "f8", (2, 1))], align=True)),
    numpy.array([(1, (2, 3))], dtype=[("a", "u1"), ("b", [("x", "i2"), ("y", "i2")])])[0],
    numpy.zeros((3, 0), "M8[us]"),
    numpy.array(3, "u2"),
    numpy.zeros(2, "V5"),
]


@given(protocol=st.sampled_from(PROTOCOLS), value=VALUES)
def test_any_value_comes_as_pickle_load_gives_it(protocol, value):
    data = pickle.dumps(value, protocol)
    expected = pickle.loads(data)
    assert same(value_of(data), expected)
    assert same(records_of(pickle.dumps([value], protocol)), [expected])


OLD_MODULES = {
    "numpy.core.multiarray": "numpy._core.multiarray",
    "numpy.core.numeric": "numpy._core.numeric",
}
NEW_MODULES = {new: old for old, new in OLD_MODULES.items()}


@pytest.mark.parametrize("names", [{}, OLD_MODULES, NEW_MODULES], ids=["here", "2.x", "1.x"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_and_scalars_of_every_numpy(protocol, names):
    for value in NUMPY_VALUES:
        data = renamed(pickle.dumps(value, protocol), names)
        assert same(value_of(data), value), value


def test_an_array_is_one_that_can_be_changed():
    array = value_of(pickle.dumps(numpy.arange(3), 5))
    array[0] = 7
    assert array.tolist() == [7, 1, 2]


def test_arrays_of_objects():
    array = numpy.array([[1, "a"], [None, (2,)]], object)
    for protocol in PROTOCOLS:
        back = value_of(pickle.dumps(array, protocol))
        assert back.dtype == object and back.tolist() == array.tolist()


def test_dtypes():
    for dtype in ("f8", ">i2", "S3", "M8[ns]", [("a", "i1"), ("b", "U2")]):
        dtype = numpy.dtype(dtype)
        back = value_of(pickle.dumps(dtype))
        assert back == dtype and back.str == dtype.str and repr(back) == repr(dtype)


# What Python 2 wrote, in its own spellings. {encoding: value} where that is one of them.
PYTHON_2 = {
    b"(lp1\nI1\naL2L\naI01\naF1.5\naNa.": [1, 2, True, 1.5, None],
    b"(dp1\nS'a'\np2\nI1\ns.": {"a": 1},
    b'S"it\'s \\x41\\n"\n.': "it's A\n",
    b"V\\u20acuro\np1\n.": "€uro",
    b"\x80\x02U\x03abcq\x01.": "abc",
    global_("__builtin__", "set") + b"((lp1\nI1\naI2\natR.": {1, 2},
    global_("__builtin__", "xrange") + b"(I0\nI5\nI2\ntR.": range(0, 5, 2),
    global_("collections", "OrderedDict") + b"((lp1\n(lp2\nS'a'\naI1\naatR.": (
        collections.OrderedDict(a=1)
    ),
    global_("collections", "defaultdict") + b"(" + global_("__builtin__", "int") + b"tRS'a'\nI1\ns.": (
        collections.defaultdict(int, a=1)
    ),
    global_("datetime", "datetime") + b"(S'\\x07\\xde\\x01\\x02\\x03\\x04\\x05\\x00\\x00\\x06'\ntR.": (
        datetime.datetime(2014, 1, 2, 3, 4, 5, 6)
    ),
    global_("datetime", "date") + b"(S'\\x07\\xde\\x01\\x02'\ntR.": datetime.date(2014, 1, 2),
    global_("copy_reg", "_reconstructor")
    + b"("
    + global_("uuid", "UUID")
    + global_("__builtin__", "object")
    + b"NtR(dS'int'\nL5L\nsb.": uuid.UUID(int=5),
    global_("numpy.core.multiarray", "scalar")
    + b"("
    + global_("numpy", "dtype")
    + b"(S'f8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbS'\\x00\\x00\\x00\\x00\\x00\\x00\\xf8?'\ntR.": (
        numpy.float64(1.5)
    ),
    global_("numpy.core.multiarray", "_reconstruct")
    + b"("
    + global_("numpy", "ndarray")
    + b"(I0\ntS'b'\ntR(I1\n(I2\nt"
    + global_("numpy", "dtype")
    + b"(S'i2'\nI0\nI1\ntR(I3\nS'>'\nNNNI-1\nI-1\nI0\ntbI00\nS'\\x00\\x01\\x01\\x00'\ntb.": (
        numpy.array([1, 256], "i2")
    ),
}


@pytest.mark.parametrize("data", PYTHON_2)
def test_pickles_of_python_2(data):
    assert same(value_of(data, encoding="latin1"), PYTHON_2[data])
    assert same(pickle.loads(data, encoding="latin1"), PYTHON_2[data])


def test_the_encoding_of_strs_of_python_2():
    data = b"U\x02\xc3\xa9."
    with pytest.raises(ladle.UnsupportedError, match="encoding='latin1'"):
        records_of(data)
    assert value_of(data, encoding="latin1") == "Ã©"
    assert value_of(data, encoding="utf-8") == "é"
    assert value_of(data, encoding="bytes") == "é".encode()
    with pytest.raises(ValueError, match="encoding"):
        records_of(data, encoding="koi8-r")


# ---- Sharing ----


def test_what_is_shared_in_a_record_is_one_object():
    part = ["a"]
    record = value_of(pickle.dumps({"one": part, "two": (part, part)}))
    assert record == {"one": ["a"], "two": (["a"], ["a"])}
    assert record["one"] is record["two"][0] is record["two"][1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_recursive_values_are_what_pickle_load_gives(protocol):
    value = []
    value.append(value)
    back = value_of(pickle.dumps(value, protocol))
    assert type(back) is list and back[0] is back
    value = {"a": ()}
    value["a"] = ([value],)
    back = value_of(pickle.dumps(value, protocol))
    assert back["a"][0][0] is back


def test_a_recursive_container_is_no_stream_of_itself():
    value = [1]
    value.append(value)
    one, inner = records_of(pickle.dumps(value))
    assert one == 1 and inner[1] is inner
    with pytest.raises(ladle.LimitError):
        ladle.dump([inner], io.BytesIO())


@pytest.mark.parametrize("distance", [1, 5000, 20_000])
def test_what_is_shared_between_records_has_the_right_value(distance):
    far = ("far", distance)
    records = [far, *({"id": i, "s": str(i)} for i in range(distance)), far, [far, far]]
    for protocol in (0, 2, 4):
        assert records_of(pickle.dumps(records, protocol)) == records


# ---- What a record is ----


def test_items_of_one_pickle_and_values_of_several():
    one = pickle.dumps([1, 2])
    assert records_of(one) == [1, 2]
    assert records_of(one + one) == [[1, 2], [1, 2]]
    assert records_of(one, items=False) == [[1, 2]]
    assert records_of(one + one, items=True) == [1, 2, 1, 2]
    with pytest.raises(TypeError, match="items"):
        records_of(one, items=1)


@pytest.mark.parametrize(
    "value, records",
    [
        ((1, 2, 3, 4), [1, 2, 3, 4]),
        ((1, 2), [1, 2]),
        ({"a": 1}, [("a", 1)]),
        ({3}, [3]),
        (frozenset([3]), [3]),
        (collections.deque([1, 2], 2), [1, 2]),
        (collections.OrderedDict(a=1), [("a", 1)]),
        (collections.Counter("aa"), [("a", 2)]),
        (collections.defaultdict(list, a=[]), [("a", [])]),
        (numpy.arange(3), [0, 1, 2]),
        (numpy.float64(1.5), [1.5]),
        ("abc", ["abc"]),
        (None, [None]),
        ([], []),
    ],
)
def test_records_of_each_container(value, records):
    for protocol in PROTOCOLS:
        assert records_of(pickle.dumps(value, protocol)) == records


# ---- Where it is read from ----


def test_files_of_all_kinds(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps([1, 2]))
    assert list(ladle.from_pickle(path)) == [1, 2]
    assert list(ladle.from_pickle(str(path))) == [1, 2]
    assert list(ladle.from_pickle(os.fsencode(path))) == [1, 2]
    file = io.BytesIO(b"head" + pickle.dumps([1, 2]))
    file.read(4)
    assert list(ladle.from_pickle(file)) == [1, 2]
    assert not file.closed
    with pytest.raises(FileNotFoundError):
        ladle.from_pickle(tmp_path / "no.pkl")


def test_a_pipe_is_read_too():
    reading, writing = os.pipe()
    data = pickle.dumps(list(range(100_000)))

    def write():
        with open(writing, "wb") as file:
            file.write(data)

    thread = threading.Thread(target=write)
    thread.start()
    with open(reading, "rb") as file:
        assert list(ladle.from_pickle(file)) == list(range(100_000))
    thread.join()


def test_a_file_object_that_gives_few_bytes_at_a_time():
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 7))

    data = pickle.dumps([("abc" * 10, i) for i in range(200)])
    assert list(ladle.from_pickle(Slow(data))) == pickle.loads(data)


def test_it_is_an_iterator_that_can_be_closed():
    records = ladle.from_pickle(io.BytesIO(pickle.dumps([1, 2])))
    assert iter(records) is records and next(records) == 1 and records.position == 1
    records.close()
    records.close()
    with pytest.raises(ValueError, match="closed"):
        next(records)
    with ladle.from_pickle(io.BytesIO(pickle.dumps([1]))) as records:
        assert list(records) == [1]
        assert next(records, "end") == "end"


def test_an_exception_of_the_file_passes_through_and_stays():
    class Bad(io.BytesIO):
        def read(self, size=-1):
            raise KeyError("mine")

    records = ladle.from_pickle(Bad(b"N."))
    for _ in range(2):
        with pytest.raises(KeyError, match="mine"):
            next(records)


def test_wrong_options():
    with pytest.raises(ValueError, match="unknown"):
        records_of(b"N.", unknown="guess")
    with pytest.raises(TypeError):
        records_of(b"N.", limits=3)


def test_names_that_are_longer_in_old_protocols():
    data = (
        global_("__builtin__", "getattr")
        + b"("
        + global_("zoneinfo", "ZoneInfo")
        + text("_unpickle")
        + b"tR("
        + text("UTC")
        + b"I01\ntR."
    )
    assert exactly(value_of(data)) == exactly(value_of(b"\x80\x04" + stack_global(
        "zoneinfo", "ZoneInfo._unpickle") + b"(" + text("UTC") + b"\x88tR."))  # fmt: skip


def test_ellipsis_is_a_value():
    assert value_of(global_("builtins", "Ellipsis") + b".") is ...
    for protocol in PROTOCOLS:
        assert records_of(pickle.dumps([..., ...], protocol)) == [..., ...]
