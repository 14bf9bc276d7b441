# SPDX-License-Identifier: BSD-2-Clause
"""What pyarrow, polars, pandas and duckdb make of a Reader, and a Writer of theirs."""

import datetime
import decimal
import io
import re
import resource
import zoneinfo

import duckdb
import ladle
import numpy
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest

RECORDS = [
    {
        "a": i, "b": None if i % 3 else "xé" * (i % 5), "c": [1.5] * (i % 4), "d": {"e": b"z", "f": i % 2 == 0},
        "g": datetime.date(2020, 1, 1) + datetime.timedelta(i), "h": datetime.datetime(1960, 1, 1, i % 24, 0, 0, i),
        "i": datetime.timedelta(seconds=-i), "j": datetime.time(3, i % 60), "k": decimal.Decimal(i) / 4 + 1,
        "l": datetime.datetime(2020, 7, 1, i % 24, tzinfo=datetime.UTC), "n": i / 7 if i % 2 else None,
    }
    for i in range(3000)
]  # fmt: skip


@pytest.fixture
def reader(tmp_path):
    path = tmp_path / "data.ladle"
    ladle.dump(RECORDS, path, block_size=20_000)
    return ladle.open(path)


def written(table):
    data = io.BytesIO()
    ladle.dump(table, data)
    return ladle.load(io.BytesIO(data.getvalue())).tolist()


def test_pyarrow_takes_it_validates_it_and_gives_it_back(reader, tmp_path):
    table = pyarrow.table(reader)
    table.validate(full=True)
    assert table.schema == pyarrow.schema(reader)
    assert table.to_pylist() == RECORDS == written(table)
    assert written(table.slice(1000, 7)) == RECORDS[1000:1007]
    assert written(table.to_batches()[0]) == RECORDS[: table.to_batches()[0].num_rows]
    pyarrow.parquet.write_table(table, tmp_path / "data.parquet")
    again = pyarrow.parquet.read_table(tmp_path / "data.parquet")
    assert written(again) == RECORDS and written(pyarrow.table(reader[10:20])) == RECORDS[10:20]


def test_pyarrow_gets_the_schema_it_asks_for(reader):
    wanted = pyarrow.schema([("n", pyarrow.float64()), ("a", pyarrow.int16()), ("b", pyarrow.large_string()),
                             ("c", pyarrow.large_list(pyarrow.float64()))])  # fmt: skip
    table = pyarrow.table(reader, schema=wanted)
    table.validate(full=True)
    assert table.schema == wanted
    assert table.to_pylist() == [{key: record[key] for key in "nabc"} for record in RECORDS]
    with pyarrow.RecordBatchReader.from_stream(reader, schema=pyarrow.schema([("a", pyarrow.int8())])) as batches:
        assert batches.schema.field("a").type == pyarrow.int64()  # 2999 is no int8
    numbers = ladle.open(io.BytesIO(dumped([(i, None, i - 100) for i in range(200)])))
    for types in [("u1", "i1"), ("u4", "i4"), ("i2", "i8")]:
        small = pyarrow.schema(
            [(name, pyarrow.from_numpy_dtype(numpy.dtype(kind))) for name, kind in zip(("f0", "f2"), types, strict=True)]
        )
        table = pyarrow.table(numbers, schema=small)
        table.validate(full=True)
        assert table.schema == small and table.column("f2").to_pylist() == [*range(-100, 100)]
    fitting = pyarrow.schema([("f1", pyarrow.float32()), ("f2", pyarrow.float16()), ("f0", pyarrow.float32())])
    table = pyarrow.table(numbers, schema=fitting)
    table.validate(full=True)
    assert table.schema == fitting and table.column("f2").to_pylist() == [*range(-100, 100)]
    empty = pyarrow.schema([("f1", pyarrow.timestamp("us"))])
    assert pyarrow.table(numbers, schema=empty).column(0).null_count == 200


def test_types_that_hold_all_values_are_found_by_a_look_at_them():
    records = [
        {"f": i / 4 if i % 5 else None, "t": datetime.datetime(1960, 1, 1) + datetime.timedelta(seconds=i), "d": datetime.date(2020, 1, 1 + i % 28),
         "o": datetime.time(i % 24), "s": datetime.timedelta(milliseconds=-i), "l": [i / 2] * (i % 3), "z": None, "n": i / 7,
         "b": "x" * (i % 30), "v": b"y" * (i % 20) if i % 7 else None,
         "u": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=i)}
        for i in range(3000)
    ]  # fmt: skip
    wanted = pyarrow.schema(
        [("f", pyarrow.float32()), ("t", pyarrow.timestamp("s")), ("d", pyarrow.date64()), ("o", pyarrow.time32("s")),
         ("s", pyarrow.duration("ms")), ("l", pyarrow.list_(pyarrow.float16())), ("z", pyarrow.time64("ns")),
         ("b", pyarrow.string_view()), ("v", pyarrow.binary_view()), ("u", pyarrow.timestamp("ns", "Asia/Tokyo")), ("n", pyarrow.float32())]
    )  # fmt: skip
    stream = pyarrow.RecordBatchReader.from_stream(ladle.open(io.BytesIO(dumped(records))), schema=wanted)
    table = stream.read_all()
    table.validate(full=True)
    # Which looks at the beginnings of texts that views have beside them.
    assert table["b"] == pyarrow.chunked_array([pyarrow.array([record["b"] for record in records], pyarrow.string_view())])
    refused = {"n": pyarrow.float64(), "l": pyarrow.list_(pyarrow.float64())}
    assert table.schema == pyarrow.schema([(field.name, refused.get(field.name, field.type)) for field in wanted])
    assert written(table) == [dict(sorted(record.items(), key=lambda item: wanted.get_field_index(item[0]))) for record in records]


def test_texts_go_out_as_dictionaries_where_they_are_asked_for():
    records = [{"c": None if i % 5 == 0 else "xyz"[i % 3] * (i % 13), "l": [b"a", b"b"] * (i % 3)} for i in range(100_000)]
    for value, binary in ((pyarrow.string(), pyarrow.large_binary()), (pyarrow.string_view(), pyarrow.binary_view())):
        wanted = pyarrow.schema([("c", pyarrow.dictionary(pyarrow.int32(), value)), ("l", pyarrow.list_(pyarrow.dictionary(pyarrow.uint32(), binary)))])
        table = pyarrow.table(ladle.open(io.BytesIO(dumped(records))), schema=wanted)
        table.validate(full=True)
        assert table.schema == wanted and table.column(0).num_chunks > 2
        assert table.to_pylist() == records == written(table)
    assert polars.from_arrow(table)["c"].to_list() == [record["c"] for record in records]


def test_zones_are_kept(tmp_path):
    zone = zoneinfo.ZoneInfo("America/New_York")
    records = [{"t": datetime.datetime(2020, 1, 1, i % 24, tzinfo=zone)} for i in range(1000)]
    ladle.dump(records, tmp_path / "zoned.ladle")
    zoned = ladle.open(tmp_path / "zoned.ladle")
    table = pyarrow.table(zoned)
    assert table.schema.field("t").type == pyarrow.timestamp("us", tz="America/New_York")
    assert written(table) == table.to_pylist() == records
    assert polars.DataFrame(zoned)["t"].dtype == polars.Datetime("us", "America/New_York")
    assert duckdb.sql("SELECT count(*) FROM zoned WHERE t >= '2020-01-01'").fetchall() == [(1000,)]


def test_batches_are_read_as_they_are_asked_for(reader):
    with pyarrow.RecordBatchReader.from_stream(reader) as batches:
        assert batches.read_next_batch().num_rows
    assert pyarrow.table(reader).num_rows == 3000


def test_polars_takes_it_and_gives_it_back(reader):
    frame = polars.DataFrame(reader)
    assert frame.to_dicts() == RECORDS == written(frame)
    assert written(frame[5:25]) == RECORDS[5:25]
    assert written(frame.lazy().filter(polars.col("a") < 10).collect()) == RECORDS[:10]


def test_pandas_takes_it_and_gives_it_back(reader):
    frame = pandas.DataFrame.from_arrow(reader)
    assert frame["a"].tolist() == [*range(3000)]
    plain = pandas.DataFrame({"a": [1, 2], "s": ["x", None], "c": pandas.Categorical(["u", "v"])})
    assert written(plain) == [{"a": 1, "s": "x", "c": "u"}, {"a": 2, "s": None, "c": "v"}]


def test_duckdb_queries_it_and_gives_it_back(reader):
    result = duckdb.sql("SELECT count(*), sum(a), max(k), min(g) FROM reader").fetchall()[0]
    assert result == (3000, sum(range(3000)), decimal.Decimal("750.75"), datetime.date(2020, 1, 1))
    assert duckdb.sql("SELECT a FROM reader WHERE b = 'xé' ORDER BY a LIMIT 2").fetchall() == [(6,), (21,)]
    rows = written(duckdb.sql("SELECT a, c, d FROM reader WHERE a < 50 ORDER BY a"))
    assert rows == [{key: record[key] for key in "acd"} for record in RECORDS[:50]]


NUMBERS = pyarrow.array(map(str, range(40_001)))


@pytest.mark.parametrize(
    "array, wanted",
    [
        (pyarrow.array([1, None, 3], pyarrow.int8()), [1, None, 3]),
        (pyarrow.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pyarrow.array(["x" * 20, "y"], pyarrow.string_view()), ["x" * 20, "y"]),
        (pyarrow.array([[1], None, [2, 3]], pyarrow.list_view(pyarrow.int16())), [[1], None, [2, 3]]),
        (pyarrow.array([[1, 2], [3, 4]], pyarrow.list_(pyarrow.uint8(), 2))[1:], [[3, 4]]),
        (pyarrow.array([[("k", 1)], []], pyarrow.map_(pyarrow.string(), pyarrow.int8())), [{"k": 1}, {}]),
        (pyarrow.RunEndEncodedArray.from_arrays([2, 3], ["a", None])[1:], ["a", None]),
        (pyarrow.array([2**64 - 1, 0], pyarrow.uint64()), [2**64 - 1, 0]),
        (pyarrow.DictionaryArray.from_arrays(pyarrow.array([127, 128, 255], pyarrow.uint8()), NUMBERS), ["127", "128", "255"]),
        (pyarrow.DictionaryArray.from_arrays(pyarrow.array([0, 40_000], pyarrow.uint16()), NUMBERS), ["0", "40000"]),
        (pyarrow.array([numpy.float16(0.5)]), [0.5]),
        (pyarrow.array([decimal.Decimal("-1.50")], pyarrow.decimal256(60, 2)), [decimal.Decimal("-1.50")]),
        (pyarrow.array([datetime.date(1970, 1, 2)], pyarrow.date64()), [datetime.date(1970, 1, 2)]),
        (pyarrow.array([None, None]), [None, None]),
        (
            pyarrow.UnionArray.from_dense(
                pyarrow.array([0, 1, 0], pyarrow.int8()), pyarrow.array([0, 0, 1], pyarrow.int32()),
                [pyarrow.array([1, 2]), pyarrow.array(["x"])],
            ),
            [1, "x", 2],
        ),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)  # fmt: skip
def test_arrays_of_other_types_are_written(array, wanted):
    assert written(array) == wanted
    assert written(pyarrow.table({"v": array})) == [{"v": value} for value in wanted]


@pytest.mark.parametrize(
    "array, message",
    [
        (pyarrow.array([1500], pyarrow.timestamp("ns")), r"\['v'\] is a time that is no whole number"),
        (pyarrow.array([2**62], pyarrow.timestamp("s")), "Python does not have"),
        (pyarrow.array([2**62], pyarrow.timestamp("us", "UTC")), r"\['v'\] is a time that Python does not have"),
        (
            pyarrow.array([-62135596800000000], pyarrow.timestamp("us", "America/New_York")),
            r"\['v'\] is a time that Python does not have",
        ),
        (
            pyarrow.LargeListArray.from_arrays(pyarrow.array([0, 2**31]), pyarrow.nulls(2**31)),
            r"\['v'\] has more than 2\*\*31 items",
        ),
        (pyarrow.array([[(1, 1), (1, 2)]], pyarrow.map_(pyarrow.int8(), pyarrow.int8())), "twice"),
    ],
    ids=str,
)
def test_values_that_python_does_not_have_are_refused(array, message):
    with pytest.raises(ValueError, match=f"record 0: .*{message}"):
        written(pyarrow.table({"v": array}))


@pytest.mark.parametrize("zone", ["Mars/Base", "+24:00", "../../etc/passwd"])
def test_a_time_zone_that_is_not_known_is_named_with_its_column(zone):
    array = pyarrow.array([0], pyarrow.timestamp("us", zone))
    with pytest.raises(ValueError, match=f"column v has the time zone {re.escape(zone)}"):
        written(pyarrow.table({"v": array}))


def wide(columns):
    """Rows of a type each column, with nulls here and there."""
    makers = [int, float, str, lambda i: [i], lambda i: {"k": i}, lambda i: datetime.datetime(1970, 1, 1) + datetime.timedelta(i)]
    rows = [
        {f"c{i}": None if (i + row) % 5 == 0 and row else makers[i % 6](i + row) for i in range(columns)}
        for row in range(40)
    ]
    return rows, pyarrow.Table.from_pylist(rows)


@pytest.mark.parametrize("columns", [600, 1000, 1025, 3000])
def test_tables_of_any_width_are_written(columns):
    rows, table = wide(columns)
    assert written(table) == rows
    assert list(written(table)[1]) == list(rows[1])
    assert written(table.slice(3, 7)) == rows[3:10]
    twice = table.append_column("c5", table["c5"])
    with pytest.raises(ValueError, match=r"record 0: \['c5'\] stands there twice"):
        written(twice)


def test_a_wide_row_that_is_refused_is_named_with_its_field():
    rows, table = wide(2000)
    late = pyarrow.array([0] * 30 + [2**62] * 10, pyarrow.timestamp("us"))
    data = io.BytesIO()
    with ladle.open(data, "w") as writer:
        with pytest.raises(ValueError, match=r"record 30: \['late'\] is a time that Python does not have"):
            writer.extend(table.append_column("late", late))
        with pytest.raises(ladle.LimitError, match="max_record"):
            ladle.dump(table, io.BytesIO(), limits=ladle.Limits(max_record=10_000))
        writer.append("end")
    again = ladle.load(io.BytesIO(data.getvalue())).tolist()
    assert again[30:] == ["end"]
    assert again[7] == {**rows[7], "late": datetime.datetime(1970, 1, 1)}


def test_columns_go_behind_records_of_many_types():
    records = [None, True, 1, 2**70, 1.5, 1j, "x", "\ud800", b"x", bytearray(b"x"), (1,), (1, 2), (1, 2, 3), [1], {1}, frozenset(), {"a": 1}]
    table = pyarrow.table({"a": [1, None], "b": ["x", "y"]})
    flat = pyarrow.array([{"b": datetime.date(2020, 1, 1)}, None])
    data = io.BytesIO()
    with ladle.open(data, "w") as writer:
        writer.extend([*records, *(range(i) for i in range(9)), {1: 2}, slice(1), datetime.date(2020, 1, 1)])
        count = len(writer)
        for columns in (table, flat, table["a"], pyarrow.array([datetime.time(1), None])):
            writer.extend(columns)
    wanted = [*table.to_pylist(), *flat.to_pylist(), 1, None, datetime.time(1), None]
    assert ladle.load(io.BytesIO(data.getvalue())).tolist()[count:] == wanted


def test_ten_million_rows_through_duckdb_take_little_memory(tmp_path):
    path = tmp_path / "large.ladle"
    rows = numpy.zeros(100_000, [("a", "i8"), ("b", "f8")])
    with ladle.open(path, "w") as writer:
        for i in range(100):
            rows["a"] = numpy.arange(i * 100_000, (i + 1) * 100_000)
            writer.extend(rows)
    reader = ladle.open(path)
    duckdb.sql("SET memory_limit = '1GB'")
    duckdb.sql("SELECT count(*) FROM (SELECT * FROM reader LIMIT 100)").fetchall()[0]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert duckdb.sql("SELECT count(*), sum(a) FROM reader").fetchall()[0] == (10**7, (10**7 - 1) * 10**7 // 2)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_the_newest_numpy_goes_the_same_ways():
    assert int(numpy.__version__.split(".")[0]) >= 2
    out = numpy.zeros(2, [("x", "f4"), ("s", "U3")])
    assert ladle.load(io.BytesIO(dumped([(1, "a"), (2.5, "bc")]))).read_into(out) == 2
    assert out.tolist() == [(1.0, "a"), (2.5, "bc")]
    scalar = numpy.float64(1.5)
    (again,) = ladle.load(io.BytesIO(dumped([scalar])))
    assert type(again) is numpy.float64 and again == scalar


def dumped(records):
    data = io.BytesIO()
    ladle.dump(records, data)
    return data.getvalue()
