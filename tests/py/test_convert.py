# SPDX-License-Identifier: BSD-2-Clause
"""convert: each format there and back, what it cannot hold, the command, memory."""

import bz2
import collections
import csv
import datetime
import decimal
import functools
import gzip
import io
import json
import lzma
import math
import os
import pickle
import signal
import stat
import subprocess
import sys
import time
import zoneinfo

import ladle
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import same
from strategies import RECORDS

MIB = 1 << 20
ROWS = [
    {"id": 0, "name": "a, \"b\"\n\r'", "value": 1.5, "flag": True, "note": None, "big": 2**70},
    {"id": -1, "name": "é€\U0001f600", "value": -0.0, "flag": False, "note": "x", "big": -1},
    {"id": 2, "name": " 007 ", "value": 1e300, "flag": True, "note": "y", "big": 0},
]


def converted(records, source_format, target_format, **options):
    """What records are in the bytes of another format."""
    source, target = io.BytesIO(), io.BytesIO()
    ladle.dump(records, source)
    source.seek(0)
    ladle.convert(source, target, source_format="ladle", target_format=target_format, **options)
    assert not target.closed
    return target.getvalue()


def read_back(data, source_format, **options):
    target = io.BytesIO()
    ladle.convert(
        io.BytesIO(data), target, source_format=source_format, target_format="ladle", **options
    )
    target.seek(0)
    return ladle.load(target).tolist()


def there_and_back(records, name, **options):
    """What comes back; options are for reading."""
    return read_back(converted(records, "ladle", name), name, **options)


def from_text(name, text, **options):
    return read_back(text.encode(), name, **options)


@pytest.mark.parametrize("name", ["ladle", "pkl", "jsonl", "csv"])
def test_rows_come_back(name):
    assert same(there_and_back(ROWS, name), ROWS)


@pytest.mark.parametrize("name", ["ladle", "pkl", "jsonl", "csv"])
@pytest.mark.parametrize("records", [[], [1, 2, 3], ["a", "b"], [1.5, None]])
def test_values_without_fields_come_back(name, records):
    assert same(there_and_back(records, name), records)


@settings(max_examples=max(30, settings().max_examples // 2))
@given(RECORDS)
def test_any_records_go_through_ladle_and_pickle(records):
    stored = there_and_back(records, "ladle")
    # Pickle loses the zones of IPv6 addresses, and before protocol 5 the byte order of arrays.
    expected = pickle.loads(pickle.dumps(stored, 4))
    assert same(pickle.loads(converted(records, "ladle", "pkl")), expected)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters() | st.integers(0xD800, 0xDFFF).map(chr)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip


@given(st.lists(JSON_VALUES, max_size=6))
def test_what_json_has_comes_back(records):
    try:
        back = there_and_back(records, "jsonl")
    except ValueError as error:
        assert "surrogates" in str(error)
    else:
        assert same(back, records)


TEXTS = st.text(st.characters(), min_size=1)
CSV_KINDS = {
    "int": st.integers(),
    "float": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "str": TEXTS,
    "decimal": st.decimals(allow_nan=False),
    "date": st.dates(),
    "datetime": st.datetimes(),
    "time": st.times(),
}


@given(st.data())
def test_what_csv_has_comes_back_when_types_are_given(data):
    kinds = data.draw(st.dictionaries(TEXTS, st.sampled_from(list(CSV_KINDS)), min_size=1))
    rows = st.fixed_dictionaries({name: st.none() | CSV_KINDS[kind] for name, kind in kinds.items()})
    records = data.draw(st.lists(rows, min_size=1, max_size=5))
    try:
        text = converted(records, "ladle", "csv")
    except ValueError as error:
        reasons = ("come back as something else", "fold", "surrogates not allowed")
        assert any(reason in str(error) for reason in reasons)
        return
    records = [{name: record[name] for name in records[0]} for record in records]
    assert same(read_back(text, "csv", types=kinds), records)


def test_tuples_are_fields_by_number_in_csv_and_lists_in_json():
    records = [(1, "a"), (2, "b")]
    assert converted(records, "ladle", "csv") == b"f0,f1\r\n1,a\r\n2,b\r\n"
    assert there_and_back(records, "csv") == records
    assert there_and_back(records, "jsonl") == [[1, "a"], [2, "b"]]


def test_the_types_of_csv_are_those_that_all_values_have():
    text = "i,f,s,z,b,n,m\n1,1,1,007,true,,5\n-2,2.5,x,1,False,,\n"
    assert same(
        from_text("csv", text),
        [
            {"i": 1, "f": 1.0, "s": "1", "z": "007", "b": True, "n": None, "m": 5},
            {"i": -2, "f": 2.5, "s": "x", "z": "1", "b": False, "n": None, "m": None},
        ],
    )
    assert same(from_text("csv", "a\n1\n", types={"a": "str"}), [{"a": "1"}])
    assert same(from_text("csv", "a;b\n1;NULL\n", delimiter=";", none="NULL"), [{"a": 1, "b": None}])
    late = "a\n" + "1\n" * 3000 + "x\n"
    assert from_text("csv", late)[0] == {"a": "1"}


def test_a_byte_order_mark_is_none_of_the_data():
    assert from_text("csv", "\ufeffa\n1\n") == [{"a": 1}]
    assert from_text("jsonl", "\ufeff1\n\n2") == [1, 2]


WRONG = {
    ("jsonl", "1\n{\n"): "line 2",
    ("jsonl", '1\n\n"\xff"'.encode("latin-1")): "line 3",
    ("jsonl", "[" * 5000 + "\n"): "line 1",
    ("csv", "a,b\n1,2\n3\n"): "not 2 fields",
    ("csv", 'a\n"b\n'): "line",
    ("csv", "a,a\n"): "one name",
    ("csv", "a\n\xff\n".encode("latin-1")): "line",
    ("pkl", "garbage"): "byte 0",
}


@pytest.mark.parametrize("name, text", WRONG)
def test_what_is_wrong_is_said_with_its_place(name, text):
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(ladle.Error, match=WRONG[name, text]):
        read_back(data, name)


ENDLESS = {
    ("jsonl", "a long line"): ('1\n2\n["', "x" * 1000, 2),
    ("csv", "a long line"): ("a,b\n1,2\n3,", "x" * 1000, 1),
    ("csv", "many fields"): ("a,b\n1,2\n3,", "," * 1000, 1),
    ("csv", "a field of many lines"): ('a,b\n1,2\n3,"', "x\n" * 500, 1),
    ("csv", "many fields of many lines"): ('a,b\n1,2\n3,"', 'x\n","' * 200, 1),
    ("csv", "names that do not end"): ("a,", "b" * 1000, 0),
}


@pytest.mark.parametrize("name, what", ENDLESS)
def test_a_record_of_text_that_does_not_end_is_a_limit_error(name, what):
    begin, more, record = ENDLESS[name, what]
    with pytest.raises(ladle.LimitError, match="line 3" if record else "line [12]") as caught:
        from_text(name, begin + more, limits=ladle.Limits(max_record=300))
    assert (caught.value.limit, caught.value.record) == ("max_record", record)
    fits = [("x" * 250, 1)] * 5
    back = there_and_back(fits, "csv", limits=ladle.Limits(max_record=300))
    assert back == fits


def test_a_type_that_does_not_fit_is_an_error():
    with pytest.raises(ladle.FormatError, match="'a'.*invalid literal"):
        from_text("csv", "a\nx\n", types={"a": "int"})
    with pytest.raises(ladle.FormatError, match="not there: b"):
        from_text("csv", "a\nx\n", types={"b": "int"})
    with pytest.raises(ValueError, match="must be one of"):
        from_text("csv", "a\nx\n", types={"a": "number"})


REFUSED = [
    ("jsonl", [1, {"a": [0, b"x"]}], TypeError, r"record 1: \['a'\]\[1\]: JSON has no bytes"),
    ("jsonl", [{"a": {1: 2}}], TypeError, r"record 0: \['a'\]: JSON has no key of type int: 1"),
    ("jsonl", [1, math.nan], ValueError, "record 1: JSON has no nan"),
    ("jsonl", [{1}], TypeError, "record 0: JSON has no set"),
    ("jsonl", [{"a": datetime.date(2020, 1, 1)}], TypeError, "JSON has no date"),
    ("jsonl", [collections.OrderedDict(a=1)], TypeError, "JSON has no OrderedDict"),
    ("csv", [{"a": 1}, {"a": [1]}], TypeError, r"record 1: \['a'\]: CSV has no list"),
    ("csv", [{"a": 1}, {"a": 1, "b": 2}], ValueError, r"record 1: \['b'\].*fields"),
    ("csv", [{"a": 1, "b": 2}, {"a": 1}], ValueError, r"record 1: \['b'\] is missing"),
    ("csv", [{"a": ""}], ValueError, r"record 0: \['a'\].*None"),
    ("csv", [(1, 2), (1,)], ValueError, "record 1: 1 fields, the first has 2"),
    ("csv", [(1,), {"a": 1}], TypeError, "record 1: a dict among tuples"),
    ("csv", [{1: 2}], TypeError, "record 0: the key 1"),
    ("csv", [{"f0": 2}], ValueError, "something else than a dict"),
    ("csv", [{"a": "\ud800"}], ValueError, "records 0 to 1"),
    ("csv", [{"a": datetime.time(1, fold=1)}], ValueError, "no fold and"),
    ("csv", [{"a": datetime.time(1, tzinfo=zoneinfo.ZoneInfo("UTC"))}], ValueError, "no fold and no zones"),
    ("csv", [{"\ufeffa": 1}], ValueError, "byte order mark"),
    ("jsonl", [["\ud800\udc00"]], ValueError, r"record 0: \[0\]: JSON has no two surrogates"),
    ("jsonl", [10**5000], ValueError, "record 0: Exceeds the limit"),
    ("npy", [{"": 1}], ValueError, "without a name"),
    ("npz", [{"a\0b": 1}], ValueError, "ends at a zero"),
]


@pytest.mark.parametrize("name, records, error, match", REFUSED)
def test_what_a_format_cannot_hold_is_an_error_with_its_place(name, records, error, match):
    with pytest.raises(error, match=match):
        converted(records, "ladle", name)


@pytest.mark.parametrize("value", [1, True, 1.5, datetime.date(2020, 1, 2)])
def test_the_text_for_none_is_that_of_no_value(value):
    with pytest.raises(ValueError, match="record 1: .*would come back as None"):
        converted([None, value], "ladle", "csv", none=str(value))
    assert read_back(converted([None, value], "ladle", "csv", none="x"), "csv", none="x")[0] is None


@pytest.mark.parametrize("delimiter", ['"', "\n", "\r", "", "ab"])
def test_what_cannot_stand_between_fields_of_csv(delimiter):
    with pytest.raises(ValueError, match="delimiter"):
        converted([{"a": 1, "b": 2}], "ladle", "csv", delimiter=delimiter)
    with pytest.raises(ValueError, match="delimiter"):
        from_text("csv", "a,b\n1,2\n", delimiter=delimiter)


def test_csv_with_a_field_twice():
    with pytest.raises(ValueError, match="two are the same"):
        converted([{"a": 1}], "ladle", "csv", fields=["a", "a"])


def test_csv_with_other_fields():
    records = [{"a": 1}, {"b": ""}]
    text = converted(records, "ladle", "csv", fields=["a", "b"], fill=True, none="-")
    assert text == b"a,b\r\n1,-\r\n-,\r\n"


def test_json_may_be_lossy():
    records = [{"a": {1, 2}}, math.inf, {1: b"x"}, decimal.Decimal("1.50"), (math.nan, 1)]
    text = converted(records, "ladle", "jsonl", lossy=True).decode().splitlines()
    assert [json.loads(line) for line in text] == [{"a": [1, 2]}, None, {"1": "x"}, "1.50", [None, 1]]


def test_pickles_that_are_written_share_in_a_batch_and_load_anywhere():
    shared = "a text that is shared"
    records = [{shared: [shared, i], "bytes": b"x" * (i % 50)} for i in range(5000)]
    data = converted(records, "ladle", "pkl")
    assert pickle.loads(data) == records
    assert list(ladle.from_pickle(io.BytesIO(data))) == records
    large = [bytes(300_000), *range(10), bytes(300_000)]
    assert pickle.loads(converted(large, "ladle", "pkl")) == large


# ---- NumPy ----

ARRAYS = [
    numpy.arange(5000),
    numpy.arange(12.0).reshape(3, 2, 2),
    numpy.asfortranarray(numpy.arange(6000).reshape(1000, 6)),
    numpy.asfortranarray(numpy.arange(24).reshape(4, 3, 2)),
    numpy.array(["a", "bcé"]),
    numpy.zeros((0, 3), ">f4"),
    numpy.array([(1, 2.5), (3, 4.5)], dtype=[("a", "i4"), ("b", ">f8")]),
    numpy.array(["2020-01-01", "NaT"], "M8[D]"),
    numpy.array([True, False]),
    numpy.array([(1, 2)], dtype=[("größe", "i4"), ("€", "i8")]),
    numpy.zeros(3, dtype=[(f"a name of a field {i}", "i1") for i in range(3000)]),
]


@pytest.mark.filterwarnings("ignore:Stored array in format")
@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype.str}{array.shape}"[:40])
def test_arrays_of_numpy_come_back(array):
    file = io.BytesIO()
    numpy.save(file, array)
    records = read_back(file.getvalue(), "npy")
    assert same(records, list(array))
    if len(array):
        back = numpy.load(io.BytesIO(converted(records, "ladle", "npy")), max_header_size=MIB)
        assert same(numpy.ascontiguousarray(back), numpy.ascontiguousarray(array))


def test_one_value_of_numpy():
    file = io.BytesIO()
    numpy.save(file, numpy.float32(1.5))
    assert same(read_back(file.getvalue(), "npy"), [numpy.float32(1.5)])


@pytest.mark.parametrize("name", ["npy", "npz"])
@pytest.mark.parametrize("make", [dict, lambda **fields: tuple(fields.values())])
def test_records_become_arrays(name, make):
    records = [make(i=i, f=i / 3, s=f"s{i}", b=b"x", t=i % 2 == 0, u=2**63 + i) for i in range(3000)]
    loaded = numpy.load(io.BytesIO(converted(records, "ladle", name)))
    names = list(records[0]) if make is dict else [f"f{i}" for i in range(6)]
    for i, field in enumerate(names):
        key = field if make is dict else i
        assert loaded[field].tolist() == [record[key] for record in records]
    assert [loaded[field].dtype.str for field in names] == ["<i8", "<f8", "<U5", "|S1", "|b1", "<u8"]
    assert len(there_and_back(records, name)) == 3000


def test_lists_of_numbers_become_a_matrix():
    array = numpy.load(io.BytesIO(converted([[1, 2], [3, 4.5]], "ladle", "npy")))
    assert array.tolist() == [[1.0, 2.0], [3.0, 4.5]]


NOT_FOR_ARRAYS = [
    ([{"a": 1}, {"a": None}], TypeError, r"record 1: \['a'\]: an array has no NoneType"),
    ([{"a": 1}, {"b": 1}], TypeError, "record 1: it has other fields"),
    ([1, "a"], TypeError, "record 1: a str among others"),
    ([1, True], TypeError, "record 1: a bool among others"),
    ([2**64], ValueError, "more than 64 bits"),
    ([-(10**400)], ValueError, "more than 64 bits: of 1330"),
    ([-1, 2**63], ValueError, "more than 64 bits: of 65"),
    ([0.5, 2**53 + 1], ValueError, "record 1: no float is that int"),
    ([2**53 + 1, 0.5], ValueError, "record 0: no float is that int"),
    ([[1j, -(10**400)]], ValueError, "record 0: no complex is that int"),
    (["a\0"], ValueError, "record 0: .*zeros"),
    ([numpy.zeros(2), numpy.zeros(3)], TypeError, "record 1: an array of another shape"),
    ([[1], [1, 2]], TypeError, "record 1: it has other fields"),
]


@pytest.mark.parametrize("records, error, match", NOT_FOR_ARRAYS)
def test_what_arrays_cannot_hold_is_an_error_with_its_place(records, error, match):
    for name in ("npy", "npz"):
        with pytest.raises(error, match=match):
            converted(records, "ladle", name)


def test_arrays_that_are_none():
    file = io.BytesIO()
    numpy.save(file, numpy.array([1, None], object))
    with pytest.raises(ladle.UnsupportedError, match="pickle"):
        read_back(file.getvalue(), "npy")
    numpy.save(file := io.BytesIO(), numpy.arange(1000))
    with pytest.raises(ladle.FormatError, match="ends early"):
        read_back(file.getvalue()[:-1], "npy")
    for data in (b"", b"\x93NUMPY", b"\x93NUMPY\1\0\x10\0{'descr': 'f8'}  \n"):
        with pytest.raises(ladle.FormatError):
            read_back(data, "npy")
    with pytest.raises(ladle.FormatError, match="behind the array"):
        read_back(file.getvalue() * 2, "npy")
    numpy.savez(file := io.BytesIO(), a=numpy.zeros(2), b=numpy.zeros(3))
    with pytest.raises(ladle.FormatError, match="not one length"):
        read_back(file.getvalue(), "npz")
    with pytest.raises(ladle.FormatError):
        read_back(b"PK", "npz")


def npz_with(changes):
    """A .npz file in whose directory, and header, bytes are others."""
    numpy.savez(file := io.BytesIO(), a=numpy.arange(9))
    data = bytearray(file.getvalue())
    for signature, place, byte in changes:
        data[data.rindex(signature) + place] = byte
    return bytes(data)


@pytest.mark.parametrize(
    "changes, match",
    [
        ([(b"PK\1\2", 8, 1), (b"PK\3\4", 6, 1)], "encrypted"),
        ([(b"PK\1\2", 10, 99), (b"PK\3\4", 8, 99)], "compression"),
        ([(b"PK\1\2", 42, 9)], "magic number"),
        ([(b"PK\1\2", 46, 0x62)], "differ"),
    ],
)
def test_archives_that_cannot_be_read(changes, match):
    assert read_back(npz_with([]), "npz")[8] == {"a": 8}
    with pytest.raises(ladle.FormatError, match=match):
        read_back(npz_with(changes), "npz")


def test_names_of_arrays():
    assert there_and_back([{"": 1, "a/b": 2}], "npz") == [{"": 1, "a/b": 2}]


# ---- Parquet and Arrow ----


@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_tables_there_and_back(name):
    pytest.importorskip("pyarrow")
    rows = [
        {"i": i, "f": i / 3, "s": None if i % 7 == 0 else f"é{i}", "l": [i, i + 1], "d": {"x": i}}
        for i in range(5000)
    ]
    assert same(there_and_back(rows, name), rows)
    assert there_and_back([(1, "a"), (2, None)], name) == [(1, "a"), (2, None)]
    assert there_and_back([1, 2], name) == [1, 2]
    assert there_and_back([{"a": datetime.date(2020, 1, 2), "b": b"x"}], name) == [
        {"a": datetime.date(2020, 1, 2), "b": b"x"}
    ]
    with pytest.raises(ladle.FormatError):
        read_back(b"PAR1 or what", name)


HOUR = datetime.timezone(datetime.timedelta(hours=1))
IN_TABLES = [
    [],
    [[1, 2], [3], []],
    [1.5, None, math.nan],
    [{"a": None}, {"a": [{"x": 1}]}, {"a": []}],
    [{"a": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), "b": datetime.time(1)}],
    [{"a": datetime.datetime(2020, 1, 1, tzinfo=HOUR)}],
    [{"a": decimal.Decimal("1.50"), "b": datetime.timedelta(1, 2, 3)}],
    [(i, None if i % 3 else f"{i}") for i in range(10_000)],
]


@pytest.mark.parametrize("records", IN_TABLES, ids=lambda records: str(records)[:30])
@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_what_tables_hold_comes_back(name, records):
    pytest.importorskip("pyarrow")
    assert same(there_and_back(records, name), records)


MOMENT = datetime.datetime(2020, 1, 1)
NOT_IN_TABLES = [
    ([{"a": 1}, {"a": 2.5}], r"record 0: \['a'\]: 1 would come back as 1.0"),
    ([{"a": True}, {"a": 1}], "'a'"),
    ([{"a": 1}, {"a": "x"}], "'a'"),
    ([{"a": {1}}, {"a": 1j}], "'a'"),
    ([{"a": [0, 1]}, {"a": [2**70]}], "'a'"),
    ([{"a": [{"x": (1, 2)}]}], r"record 0: \['a'\]\[0\]\['x'\]: \(1, 2\) would come back as"),
    ([{"a": {"x": 1}}, {"a": {}}], r"record 1: \['a'\]: {} would come back as {'x': None}"),
    ([{"a": MOMENT.replace(tzinfo=zone)} for zone in (HOUR, datetime.UTC)], r"'a'"),
    ([{"a": decimal.Decimal("1.50")}] * 5000 + [{"a": decimal.Decimal(1)}], r"record 5000: \['a'\]"),
    ([1, "a"], "mixture of int and str"),
]


@pytest.mark.parametrize("records, match", NOT_IN_TABLES, ids=lambda value: str(value)[:30])
@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_what_tables_cannot_hold_is_an_error_with_its_place(name, records, match):
    pytest.importorskip("pyarrow")
    with pytest.raises(TypeError, match=match):
        converted(records, "ladle", name)


@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_tables_with_other_fields_and_losses(name):
    pytest.importorskip("pyarrow")
    assert there_and_back([{"a": 1, "b": 2}, {"b": 1, "a": 2}], name)[1] == {"a": 2, "b": 1}
    with pytest.raises(ValueError, match=r"record 1: \['b'\]: a field that the first"):
        there_and_back([{"a": 1}, {"b": 2}], name)
    with pytest.raises(ValueError, match=r"record 1: \['b'\] is missing"):
        there_and_back([{"a": 1, "b": 2}, {"a": 2}], name)
    data = converted([{"a": 1}, {"b": 2}], "ladle", name, fields=["a", "b"], fill=True)
    assert read_back(data, name) == [{"a": 1, "b": None}, {"a": None, "b": 2}]
    data = converted([{"a": (1, 2)}, {"a": (3, 4)}], "ladle", name, lossy=True)
    assert read_back(data, name) == [{"a": {"f0": 1, "f1": 2}}, {"a": {"f0": 3, "f1": 4}}]


@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_tables_that_others_made(name):
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    def bytes_of(table):
        file = io.BytesIO()
        if name == "parquet":
            pyarrow.parquet.write_table(table, file)
        else:
            with pyarrow.ipc.new_stream(file, table.schema) as writer:
                writer.write_table(table)
        return file.getvalue()

    moment = datetime.datetime(2020, 1, 1, 0, 0, 1)
    columns = {
        "time": pyarrow.array([moment], pyarrow.timestamp("ns")),
        "word": pyarrow.array(["x"]).dictionary_encode(),
        "list": pyarrow.array([[1]], pyarrow.large_list(pyarrow.int8())),
        "map": pyarrow.array([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int32())),
    }
    data = bytes_of(pyarrow.table(columns))
    expected = [{"time": moment, "word": "x", "list": [1], "map": {"k": 1}}]
    assert same(read_back(data, name), expected)
    twice = pyarrow.table([pyarrow.array([1]), pyarrow.array([2])], names=["a", "a"])
    with pytest.raises(ladle.UnsupportedError, match="'a'.*twice"):
        read_back(bytes_of(twice), name)


@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_without_pyarrow_it_is_said_so(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ladle.UnsupportedError, match="pyarrow"):
        converted([1], "ladle", name)


# ---- Paths ----


def test_paths_suffixes_and_compressed_files(tmp_path):
    ladle.dump(ROWS, tmp_path / "a.ladle")
    assert ladle.convert(tmp_path / "a.ladle", tmp_path / "a.jsonl.gz") == len(ROWS)
    with gzip.open(tmp_path / "a.jsonl.gz") as file:
        assert [json.loads(line) for line in file] == ROWS
    for before, after in [
        ("a.jsonl.gz", "a.csv.bz2"),
        ("a.csv.bz2", "a.pkl.xz"),
        ("a.pkl.xz", "b.ladle.gz"),
        ("b.ladle.gz", "c.ndjson"),
        ("c.ndjson", "c.ladle"),
    ]:
        assert ladle.convert(tmp_path / before, str(tmp_path / after)) == len(ROWS)
    assert ladle.load(tmp_path / "c.ladle").tolist() == ROWS


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz"])
@pytest.mark.parametrize("name", ["jsonl", "csv", "pkl", "npy", "npz", "ladle"])
def test_damaged_compressed_files(name, packing, tmp_path):
    path = tmp_path / f"a.{name}.{packing}"
    ladle.dump([float(hash(str(i))) for i in range(3000)], tmp_path / "a.ladle")
    ladle.convert(tmp_path / "a.ladle", path)
    ladle.convert(path, tmp_path / "b.jsonl", lossy=True)
    assert ladle.load(tmp_path / "a.ladle").tolist() == from_text("jsonl", (tmp_path / "b.jsonl").read_text())
    data = path.read_bytes()
    place = len(data) // 2
    for damaged in (data[:place], data[:place] + bytes(64) + data[place + 64 :], b"no such file"):
        path.write_bytes(damaged)
        with pytest.raises(ladle.FormatError, match=path.name):
            ladle.convert(path, tmp_path / "b.ladle")
    assert not (tmp_path / "b.ladle").exists()


@pytest.mark.parametrize(("packing", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
@pytest.mark.parametrize("name", ["jsonl", "pkl", "npy", "npz", "ladle"])
def test_what_a_compressed_file_holds_is_called_by_its_name(name, packing, compress, tmp_path):
    path = tmp_path / f"a.{name}.{packing}"
    path.write_bytes(compress(b"?\x93\xd3 no such file " * 100))
    with pytest.raises(ladle.FormatError, match=path.name):
        ladle.convert(path, tmp_path / "b.ladle")


def test_ladle_to_ladle_keeps_metadata_and_recompresses(tmp_path):
    path = tmp_path / "a.ladle"
    ladle.dump([{"a": f"text {i % 700}" * 9} for i in range(10_000)], path, metadata={"who": "me"})
    os.chmod(path, 0o640)
    before = path.stat().st_size
    ladle.convert(path, path, compression="zlib", level=9, block_size=50_000)
    assert path.stat().st_size < before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert ladle.load(path).metadata == {"who": "me"}
    assert len(ladle.load(path).tolist()) == 10_000


def test_a_failed_conversion_leaves_what_was_there(tmp_path):
    target = tmp_path / "b.jsonl"
    target.write_text("old")
    ladle.dump([1, b"x"], tmp_path / "a.ladle")
    with pytest.raises(TypeError):
        ladle.convert(tmp_path / "a.ladle", target)
    with pytest.raises(FileNotFoundError):
        ladle.convert(tmp_path / "none.ladle", target)
    assert target.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["a.ladle", "b.jsonl"]


def test_wrong_calls(tmp_path):
    ladle.dump([1], tmp_path / "a.ladle")
    with pytest.raises(ValueError, match="names no format"):
        ladle.convert(tmp_path / "a.ladle", tmp_path / "b")
    with pytest.raises(ValueError, match="must be one of"):
        ladle.convert(tmp_path / "a.ladle", tmp_path / "b", target_format="xml")
    with pytest.raises(TypeError, match="lossy: no option from ladle to csv"):
        ladle.convert(tmp_path / "a.ladle", tmp_path / "b.csv", lossy=True)
    with pytest.raises(TypeError):
        ladle.convert(3, tmp_path / "b.csv")


def progress_of(source, target):
    seen = []
    ladle.convert(source, target, progress=lambda *told: seen.append(told))
    return seen


def test_progress_is_told(tmp_path):
    ladle.dump(range(2500), tmp_path / "a.ladle")
    seen = progress_of(tmp_path / "a.ladle", tmp_path / "b.jsonl")
    assert seen == [(1000, 0.4), (2000, 0.8), (2500, 1.0)]


@pytest.mark.parametrize("name", ["pkl", "jsonl", "csv", "jsonl.gz", "npy", "npz", "ladle.xz"])
def test_the_share_that_was_read_is_told(name, tmp_path):
    source = tmp_path / f"a.{name}"
    ladle.dump(range(50_000), tmp_path / "a.ladle")
    ladle.convert(tmp_path / "a.ladle", source)
    counts, shares = zip(*progress_of(source, tmp_path / "b.ladle"))
    assert counts == (*range(1000, 50_001, 1000), 50_000)
    assert list(shares) == sorted(shares) and 0 < shares[0] and 0.95 <= shares[-1] <= 1


def test_progress_of_what_has_no_size(tmp_path):
    ladle.dump(range(10), tmp_path / "a.ladle")
    with open(tmp_path / "a.ladle", "rb") as file:
        seen = []
        ladle.convert(
            file, tmp_path / "b.pkl", source_format="ladle", progress=lambda *told: seen.append(told)
        )
    assert seen == [(10, None)]
    data = (tmp_path / "a.ladle").read_bytes()
    (tmp_path / "cut.ladle").write_bytes(data[:-10])
    with pytest.raises(ladle.TruncatedError):
        progress_of(tmp_path / "cut.ladle", tmp_path / "b.pkl")


# ---- The command ----


def run(*arguments, data=None):
    command = [sys.executable, "-m", "ladle", *map(str, arguments)]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_command_converts_a_pickle_of_dicts(tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(ROWS))
    assert run("convert", tmp_path / "a.pkl", tmp_path / "a.ladle").returncode == 0
    assert ladle.load(tmp_path / "a.ladle").tolist() == ROWS
    result = run("convert", tmp_path / "a.ladle", "-", "--to", "csv")
    assert list(csv.DictReader(io.StringIO(result.stdout.decode(), newline="")))[0]["id"] == "0"
    result = run("convert", "-", "-", "--from", "csv", "--to", "jsonl", data=result.stdout)
    assert [json.loads(line) for line in result.stdout.splitlines()] == ROWS
    assert result.stderr == b""


def test_exit_statuses_of_convert(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"cos\nsystem\n(S'touch x'\ntR.")
    result = run("convert", tmp_path / "a.pkl", tmp_path / "a.ladle")
    assert result.returncode == 1 and b"needs os.system" in result.stderr
    assert not (tmp_path / "a.ladle").exists()
    assert run("convert", tmp_path / "a.pkl", tmp_path / "a.ladle", "--unknown", "opaque").returncode == 0
    assert run("convert", tmp_path / "a.ladle", tmp_path / "a.jsonl").returncode == 1
    assert run("convert", tmp_path / "a.ladle", tmp_path / "a.jsonl", "--lossy").returncode == 0
    for wrong in (
        ["convert", tmp_path / "a.pkl"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b"],
        ["convert", "-", tmp_path / "b.ladle"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--types", "a=int"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--lossy"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--max-depth", "0"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--block-size", "1"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--level", "3"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--compression", "zlib", "--level", "77"],
        ["convert", tmp_path / "a.csv", tmp_path / "b.ladle", "--types", "a=foo"],
        ["convert", tmp_path / "a.csv", tmp_path / "b.ladle", "--delimiter", "xx"],
    ):
        assert run(*wrong).returncode == 2, wrong


def test_records_too_deep_for_the_format(tmp_path):
    value = []
    for _ in range(3000):
        value = [value]
    ladle.dump([value], tmp_path / "a.ladle", limits=ladle.Limits(max_depth=4096))
    for name in ("jsonl", "pkl"):
        result = run("convert", tmp_path / "a.ladle", tmp_path / f"b.{name}", "--max-depth", "4096")
        assert result.returncode == 1 and result.stderr.startswith(b"ladle: a record is nested too")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(number, tmp_path):
    os.mkfifo(tmp_path / "a.jsonl")
    command = [sys.executable, "-m", "ladle", "convert", tmp_path / "a.jsonl", tmp_path / "b.ladle"]
    unblock = functools.partial(signal.signal, number, signal.SIG_DFL)
    with subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=unblock) as process:
        with open(tmp_path / "a.jsonl", "wb") as writer:
            while len(os.listdir(tmp_path)) < 2:
                writer.write(b"1\n")
                writer.flush()
            time.sleep(0.2)
            process.send_signal(number)
            assert process.stderr.read() == b"ladle: interrupted\n"
    assert process.returncode == 1
    assert os.listdir(tmp_path) == ["a.jsonl"]


def test_a_pipe_that_nobody_reads_any_more(tmp_path):
    ladle.dump(["x" * 100] * 10_000, tmp_path / "a.ladle")
    os.mkfifo(tmp_path / "b.csv")
    command = [sys.executable, "-m", "ladle", "convert", tmp_path / "a.ladle", tmp_path / "b.csv"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        with open(tmp_path / "b.csv", "rb") as reader:
            assert reader.read(1)
        assert b"Broken pipe" in process.stderr.read()
    assert process.returncode == 1


# ---- Memory ----

MEASURE = """
import json, sys
import ladle

def memory(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024

small, source, target = sys.argv[1:]
ladle.convert(small, target)
open("/proc/self/clear_refs", "w").write("5")
start = memory("VmRSS")
count = ladle.convert(source, target)
print(json.dumps([count, memory("VmHWM") - start]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the platform tells no peak of memory")
@pytest.mark.parametrize(
    "kinds", ["pkl jsonl", "jsonl csv", "csv pkl", "ladle npz", "arrow ladle", "parquet ladle"]
)
def test_memory_does_not_grow_with_the_file(kinds, tmp_path):
    before, after = kinds.split()
    if before in ("arrow", "parquet"):
        pytest.importorskip("pyarrow")
    # pyarrow reads a row group of a Parquet file at once, and its own allocator keeps what is free.
    large, above_max = {"parquet": (600_000, 24 * MIB), "arrow": (200_000, 8 * MIB)}.get(
        before, (40_000, 2 * MIB)
    )
    for name, count in (("small", 2000), ("large", large)):
        records = ({"id": i, "name": f"{i:020}", "value": i / 7} for i in range(count))
        ladle.dump(records, tmp_path / f"{name}.ladle")
        if before != "ladle":
            ladle.convert(tmp_path / f"{name}.ladle", tmp_path / f"{name}.{before}")
    files = [tmp_path / f"small.{before}", tmp_path / f"large.{before}", tmp_path / f"out.{after}"]
    command = [sys.executable, "-c", MEASURE, *map(str, files)]
    environ = os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"}
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environ)
    count, above = json.loads(result.stdout)
    assert count == large
    assert above <= above_max, f"{above / MIB:.1f} MiB"


@pytest.mark.parametrize(
    "text", ["9007199254740993", "1e400", "+4912345678901", "-1" + "0" * 320 + ".5"]
)
def test_numbers_that_a_float_would_change_stay_text(text):
    for other in ("2.5", "nan"):
        records = from_text("csv", f"a\n{other}\n{text}\n")
        assert records == [{"a": other}, {"a": text}]


def test_a_long_int_counts_for_what_comes_far_behind_it():
    texts = ["9007199254740993", *["1"] * 1000]
    assert from_text("csv", "\n".join(["a", *texts]))[0] == {"a": 9007199254740993}
    assert from_text("csv", "\n".join(["a", *texts, "2.5"]))[0] == {"a": texts[0]}


def test_long_numbers_that_are_floats():
    texts = ["1e300", "9007199254740992", "inf", "0.12345678901234567890", "+1.5", "+2e-3", "-.5"]
    records = from_text("csv", "\n".join(["a", *texts]))
    assert records == [{"a": float(text)} for text in texts]
