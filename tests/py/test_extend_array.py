# SPDX-License-Identifier: BSD-2-Clause
"""Writer.extend with arrays: the same as adding their rows one by one, at once."""

import io
import tracemalloc

import ladle
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from helpers import dumped, exactly, loaded
from strategies_numpy import DTYPES, arrays_of

STRUCT = numpy.dtype([("a", ">f4"), ("s", "S3"), ("m", "i2", (2,))], align=True)


def check(array, **options):
    """Added at once and row by row, with others around."""
    data = io.BytesIO()
    with ladle.open(data, "w", **options) as writer:
        writer.append("before")
        writer.extend(array)
        writer.extend(array)
        writer.append({"after": 1})
        assert len(writer) == 2 + 2 * len(array)
    rows = list(array)
    wanted = ["before", *rows, *rows, {"after": 1}]
    assert exactly(loaded(data.getvalue())) == exactly(wanted)
    return data.getvalue()


@given(DTYPES.flatmap(arrays_of).filter(lambda array: array.ndim))
def test_rows_come_back_as_if_added_one_by_one(array):
    data = check(array)
    assert exactly(reference.read(data)) == exactly(loaded(data))


@pytest.mark.parametrize(
    "array",
    [
        numpy.arange(90_000.0).reshape(-1, 3),
        numpy.arange(80_000, dtype="i2"),
        numpy.zeros(9_000, STRUCT),
        numpy.asfortranarray(numpy.arange(60_000).reshape(-1, 3)),
        numpy.arange(300_000)[::-7],
        numpy.arange(80_000).reshape(-1, 4)[::2],
        numpy.arange(80_000).reshape(-1, 4, 2)[:, ::2],
        numpy.arange(60_000).reshape(-1, 3, 2).transpose(0, 2, 1),
        numpy.arange(600_000).reshape(3, -1),
        numpy.zeros((5, 0)),
        numpy.zeros((0, 5)),
        numpy.array(["abc", "", "de"]),
        numpy.array([b"a\0b", b""]),
        numpy.array([1, "x", None], dtype=object),
        numpy.array(["2020-01-01", "NaT"], "M8[s]"),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays_of_many_layouts(array):
    for options in ({}, {"block_size": 1024}, {"compression": "zlib"}):
        check(array[:3000] if options else array, **options)


def test_a_memory_map_is_written_without_a_copy_of_it(tmp_path):
    array = numpy.memmap(tmp_path / "data", "f8", "w+", shape=(1000, 4))
    array[:] = numpy.arange(4000).reshape(1000, 4)
    rows = loaded(dumped(array))
    assert type(rows[0]) is numpy.ndarray
    assert numpy.array_equal(numpy.array(rows), array)


def test_rows_of_recarrays_are_structs():
    array = numpy.array([(1, (2.5, "x")), (3, (4.5, "yz"))], [("a", "i8"), ("b", "f8,U2")])
    for rows in (array.view(numpy.recarray), numpy.asarray(array.view(numpy.recarray))):
        assert rows.dtype.type is numpy.record
        read = loaded(dumped(rows))
        assert [type(row) for row in read] == [numpy.void] * 2
        assert dumped(rows, uuid=bytes(16)) == dumped(array, uuid=bytes(16))
    objects = numpy.array([(1, None, (2, "x"))], [("a", "i8"), ("b", "O"), ("c", "i4,O")])
    assert loaded(dumped(objects.view(numpy.recarray))) == [{"a": 1, "b": None, "c": {"f0": 2, "f1": "x"}}]


@pytest.mark.parametrize("dtype", ["f8", "i4,S3"])
def test_what_dump_writes_of_an_array_fills_an_array(dtype):
    array = numpy.zeros(10_000, dtype)
    array[array.dtype.names[0] if array.dtype.names else ...] = numpy.arange(10_000)
    out = numpy.empty_like(array)
    assert ladle.load(io.BytesIO(dumped(array))).read_into(out) == len(array)
    assert out.tobytes() == array.tobytes()


def test_rows_larger_than_the_limits_are_refused_and_the_writer_goes_on():
    data = io.BytesIO()
    with ladle.open(data, "w", limits=ladle.Limits(max_record="64KiB")) as writer:
        writer.append(1)
        with pytest.raises(ladle.LimitError):
            writer.extend(numpy.zeros((3, 100_000)))
        writer.extend(numpy.zeros((2, 10)))
    assert len(loaded(data.getvalue())) == 3


@pytest.mark.parametrize(
    "array",
    [
        numpy.zeros(()),
        numpy.zeros((), [("a", "O")]),
        numpy.zeros(2).view(numpy.matrix),
    ],
)
def test_what_has_no_rows_that_can_be_stored_is_refused(array):
    with pytest.raises(TypeError):
        dumped(array)


OBJECTS = numpy.dtype(
    [("i", ">i4"), ("s", "S5"), ("t", "M8[ns]"), ("o", "O"), ("m", "O", (2, 1)), ("u", "U3", (2,)),
     ("in", [("o", "O"), ("f", "f2")]), ("plain", [("x", "i1"), ("y", "?")], (2,)), ("many", [("o", "O"), ("k", "u1")], (2,))]
)  # fmt: skip


def with_objects(count):
    array = numpy.zeros(count, OBJECTS)
    for i in range(count):
        one = numpy.array([None, "x", [i]], object)
        array[i] = (-i, b"x" * (i % 6), 10**18 + i, {"k": (i, one.tolist())}, [["a"], [{i}]], ("é", "abc"),
                    (b"bytes", i / 2), [(i % 99, True), (-1, False)], [("l" * (i % 3), 1), (None, 255)])  # fmt: skip
    return array


def test_rows_with_fields_of_objects_are_written_as_dicts():
    array = with_objects(3)
    wanted = {
        "i": numpy.int32(-2), "s": b"xx", "t": array["t"][2], "o": {"k": (2, [None, "x", [2]])}, "m": [["a"], [{2}]],
        "u": array["u"][2], "in": {"o": b"bytes", "f": numpy.float16(1)}, "plain": array["plain"][2],
        "many": [{"o": "ll", "k": numpy.uint8(1)}, {"o": None, "k": numpy.uint8(255)}],
    }  # fmt: skip
    assert exactly(loaded(dumped(array))[2]) == exactly(wanted)
    data = io.BytesIO()
    with ladle.open(data, "w") as writer:
        writer.append("before")
        writer.extend(array[:0])
        writer.extend(array)
        writer.extend(numpy.stack([array, array]))
    rows = loaded(dumped(array))
    assert exactly(loaded(data.getvalue())) == exactly(["before", *rows, rows, rows])


@pytest.mark.parametrize("rows", [slice(None), slice(None, None, -3), slice(7, 8)])
def test_arrays_with_fields_of_objects_are_filled_from_what_was_written_of_them(rows):
    array = with_objects(2000)[rows]
    out = numpy.empty_like(array)
    assert ladle.load(io.BytesIO(dumped(array, block_size=4096))).read_into(out) == len(array)
    assert numpy.array_equal(out, array)


def test_rows_with_fields_of_objects_are_made_a_few_at_a_time():
    long, wide = numpy.zeros(100_000, [("i", "i8"), ("o", "O")]), numpy.zeros(40, [("o", "O", (20_000,))])
    tracemalloc.start()
    try:
        for array in (long, wide):
            with ladle.open(io.BytesIO(), "w", block_size=4096) as writer:
                before = tracemalloc.get_traced_memory()[0]
                tracemalloc.reset_peak()
                writer.extend(array)
                assert tracemalloc.get_traced_memory()[1] - before < 2_500_000
    finally:
        tracemalloc.stop()


def test_an_object_that_cannot_be_stored_is_named_by_record_and_field():
    array = with_objects(3000)
    array["in"]["o"][2345] = print
    data = io.BytesIO()
    with ladle.open(data, "w") as writer:
        with pytest.raises(TypeError, match=r"^record 2345: \['in'\]\['o'\]: builtin_function_or_method cannot"):
            writer.extend(array)
        writer.append("end")
    assert len(loaded(data.getvalue())) == 2346


@pytest.mark.parametrize("take", [lambda array: array, lambda array: array[0]])
def test_a_value_with_fields_of_objects_is_refused_with_what_to_do(take):
    value = take(with_objects(1))
    with pytest.raises(TypeError, match=r"^\['x'\]: .* fields of objects; dump\(array, file\) .* default="):
        ladle.dumps({"x": value})
    given = ladle.loads(ladle.dumps({"x": value}, default=lambda value: value.shape))
    assert given == {"x": value.shape}
