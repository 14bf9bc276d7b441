# SPDX-License-Identifier: BSD-2-Clause
"""Whole files as arrays: to_numpy, batches and columns, with dtypes from the merged shape."""

import datetime
import io

import ladle
import numpy
import pytest

from helpers import OnlyRead, dumped


def reader_of(records, **options):
    return ladle.open(io.BytesIO(dumped(records, **options)))


DAY, MOMENT, SPAN = datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3), datetime.timedelta(1)
CASES = [
    ([(1, 2.5, "abc", True)], [("f0", "i8"), ("f1", "f8"), ("f2", "U3"), ("f3", "?")]),
    ([{"a": 2**63, "b": b"xy"}], [("a", "u8"), ("b", "S2")]),
    ([{"a": 1}, {"a": 2.5}], [("a", "f8")]),
    ([{"a": 1}, {"a": None}, {}], [("a", "O")]),
    ([{"a": 1}, {"a": "x"}], [("a", "O")]),
    ([{"a": True}, {"a": 1}], [("a", "O")]),
    ([{"a": {"x": 1, "y": (1.5,)}}], [("a", [("x", "i8"), ("y", [("f0", "f8")])])]),
    ([(DAY, MOMENT, SPAN)], [("f0", "M8[D]"), ("f1", "M8[us]"), ("f2", "m8[us]")]),
    ([([1, 2],), ([],)], [("f0", "O")]),
    ([1, 2, 3], "i8"),
    (["a", "bcd"], "U3"),
    ([None, 1], "O"),
    ([(1,), "x"], "O"),
    ([{"": 1, "f0": 2}], "O"),
    ([{"a": {"": 1}}], [("a", "O")]),
    ([2**70], "O"),
    ([1j, 2.5], "c16"),
    ([2**53, 2.5, -(2**53)], "f8"),
    ([2**53 + 1, 2.5], "O"),
    ([-(2**53) - 1, 2.5j], "O"),
    ([2**63, 2**64 - 1, 2.5], "O"),
]


@pytest.mark.parametrize("records, dtype", CASES)
def test_the_dtype_holds_all_values_as_they_are(records, dtype):
    array = reader_of(records * 300, block_size=1024).to_numpy()
    assert array.dtype == numpy.dtype(dtype) and len(array) == 300 * len(records)
    first = records[0]
    if isinstance(first, tuple) and array.dtype.names and array.dtype.kind != "O":
        assert array[0].tolist() == first
    elif array.dtype.names is None:
        assert array[: len(records)].tolist() == records


def test_missing_values_are_kept_in_objects_or_replaced():
    reader = reader_of([{"a": 1.5, "b": "x"}, {"a": None}, {"b": None, "a": 2.5}])
    kept = reader.to_numpy()
    assert kept.dtype == [("a", "O"), ("b", "O")]
    assert kept.tolist() == [(1.5, "x"), (None, None), (2.5, None)]
    filled = reader.columns(["a"], missing=numpy.nan)["a"]
    assert filled.dtype == "f8" and numpy.isnan(filled[1])


def test_strings_are_objects_when_asked():
    array = reader_of([("abc", b"d")] * 3).to_numpy(strings="object")
    assert array.dtype == [("f0", "O"), ("f1", "O")] and array[0].tolist() == ("abc", b"d")
    with pytest.raises(ValueError, match="strings"):
        reader_of([("a",)]).to_numpy(strings="short")


def test_arrays_of_numpy_come_back_as_one_array():
    rows = numpy.arange(12, dtype=">i2").reshape(4, 3)
    assert numpy.array_equal(reader_of(rows).to_numpy(), rows)
    table = numpy.zeros(5, [("a", "f4"), ("s", "S3")])
    assert reader_of(table).to_numpy().dtype == table.dtype


def test_columns_of_dicts_tuples_and_slices():
    reader = reader_of([{"a": i, "b": str(i), "c": [i]} for i in range(500)], block_size=2000)
    got = reader[100:].columns(["b", "a"])
    assert list(got) == ["b", "a"] and got["a"].tolist() == [*range(100, 500)]
    assert got["b"].tolist() == [str(i) for i in range(100, 500)]
    assert list(reader.columns()) == ["a", "b", "c"]
    tuples = reader_of([(i, str(i), None, i / 2) for i in range(50)])
    assert tuples.columns(["f3", "f0"])["f3"].tolist() == [i / 2 for i in range(50)]
    assert tuples.columns([]) == {}
    for names in (["d"], ["f0"]):
        with pytest.raises(KeyError, match="no field"):
            reader.columns(names)
    with pytest.raises(TypeError, match="no columns"):
        reader_of([1, 2]).columns()


def test_batches_have_one_dtype_and_all_records(path):
    records = [(i, "x" * (i % 7)) for i in range(1000)]
    ladle.dump(records, path, block_size=1024)
    for source in (reader_of(records, block_size=1024), ladle.load(path)):
        arrays = list(source.batches(300))
        assert [len(array) for array in arrays] == [300, 300, 300, 100]
        assert {array.dtype for array in arrays} == {numpy.dtype([("f0", "i8"), ("f1", "U6")])}
        assert numpy.concatenate(arrays).tolist() == records


@pytest.mark.parametrize("is_path", (False, True))
def test_batches_end_before_what_is_damaged(is_path, path):
    data = bytearray(dumped(((number, f"name {number % 10}") for number in range(5000)), block_size=1024))
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    numbers = []
    with pytest.raises(ladle.CorruptError) as caught:
        for batch in ladle.load(path if is_path else io.BytesIO(data)).batches(300):
            numbers += batch["f0"].tolist()
    assert numbers == list(range(caught.value.first_record))
    with ladle.load(path if is_path else io.BytesIO(data), on_error="skip") as records:
        skipped = [number for batch in records.batches(300) for number in batch["f0"].tolist()]
        end = caught.value.first_record + records.lost
    assert skipped == [*numbers, *range(end, 5000)]


def test_batches_of_a_pipe_have_the_dtype_of_their_records():
    records = [(i, "x" * (i // 100)) for i in range(250)]
    arrays = list(ladle.load(OnlyRead(dumped(records))).batches(100))
    assert [array.dtype["f1"] for array in arrays] == ["U1", "U1", "U2"]
    assert [tuple(row) for array in arrays for row in array.tolist()] == records


@pytest.mark.parametrize("size, error", [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)])
def test_wrong_sizes_are_refused(size, error):
    with pytest.raises(error, match="size"):
        reader_of([1]).batches(size)


def test_numpy_takes_a_reader_as_an_array():
    assert numpy.array_equal(numpy.asarray(reader_of([1, 2])), [1, 2])
    assert numpy.asarray(reader_of([1, 2]), dtype="f4").dtype == "f4"
    assert len(reader_of([]).to_numpy()) == 0
