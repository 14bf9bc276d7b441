# SPDX-License-Identifier: BSD-2-Clause
"""npy and npz."""

import io

import ladle
import numpy
import pytest

from converting import converted, read_back, there_and_back
from helpers import same

MIB = 1 << 20
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
