# SPDX-License-Identifier: BSD-2-Clause
"""Parquet and Arrow."""

import datetime
import decimal
import io
import math
import sys

import ladle
import pytest

from converting import converted, read_back, there_and_back
from helpers import same


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
