# SPDX-License-Identifier: BSD-2-Clause
"""Writer.extend with arrays: the same as adding their rows one by one, at once."""

import io

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
    "array", [numpy.zeros(()), numpy.zeros(2, [("a", "O")]), numpy.zeros(2).view(numpy.matrix)]
)
def test_what_has_no_rows_that_can_be_stored_is_refused(array):
    with pytest.raises(TypeError):
        dumped(array)
