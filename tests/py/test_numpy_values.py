# SPDX-License-Identifier: BSD-2-Clause
"""NumPy scalars and arrays as values in records."""

import subprocess
import sys

import ladle
import numpy
import pytest

from crafting import text, varint
from helpers import dumped, exactly, loaded
from reference_value import VALUE_MAGIC, crc32c

DTYPES = ["?", "i1", "<u2", ">i4", "<u8", "<f2", ">f4", "f8", "c8", "c16", "<M8[ns]", ">m8[25us]", "M8", "U0",
          "U3", ">U2", "S4", "V3", "V0", [("a", "i4"), ("b", ">f8", (2, 3))],
          [("x", [("y", "U2"), ("z", "i1")])], []]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_arrays_keep_dtype_shape_order_and_bytes(dtype):
    for extents in [(), (0,), (4,), (2, 3), (2, 0, 3)]:
        for order in "CF":
            array = numpy.zeros(extents, dtype, order)
            assert exactly(ladle.loads(ladle.dumps(array))) == exactly(array)
            assert exactly(loaded(dumped([array, None, array]))) == exactly([array, None, array])


def test_dtypes_with_gaps_and_any_order_of_fields_come_back():
    aligned = numpy.dtype([("a", "u1"), ("b", "f8"), ("c", "u2")], align=True)
    array = numpy.zeros(3, aligned)
    array["b"] = [1, 2, 3]
    for value in (array, array[["c", "a"]], array[["b"]], array[["b", "c"]][0]):
        assert exactly(loaded(dumped([value]))) == exactly([value])
        assert exactly(ladle.loads(ladle.dumps(value))) == exactly(value)


def test_what_was_read_belongs_to_nobody_else():
    arrays = [numpy.arange(4.0), numpy.arange(4.0)]
    first, second = loaded(dumped(arrays))
    first[0] = 9
    assert first.flags.writeable and first.flags.owndata and second[0] == 0
    rows = loaded(dumped(list(numpy.zeros(2, "i4,f8"))))
    rows[0]["f0"] = 7
    assert rows[1]["f0"] == 0


def test_str_and_bytes_scalars_keep_zeros_at_their_end():
    values = [numpy.str_("a\0"), numpy.bytes_(b"\0"), numpy.str_("\ud800"), numpy.str_("")]
    assert exactly(loaded(dumped(values))) == exactly(values)


def test_scalars_are_no_numbers_of_python():
    values = [numpy.float64(0.5), 0.5, numpy.int64(3), 3, numpy.bool_(True), True]
    assert exactly(loaded(dumped(values))) == exactly(values)


def test_a_large_array_and_one_that_is_not_contiguous_come_back():
    array = numpy.arange(600_000).reshape(3, 200_000)
    values = [array, array[:, ::-2], array.T]
    assert exactly(loaded(dumped(values))) == exactly(values)


class Derived(numpy.ndarray):
    pass


@pytest.mark.parametrize(
    "value",
    [
        numpy.zeros(2).view(Derived),
        numpy.zeros(2, "i4,f8").view(numpy.recarray),
        numpy.zeros(2, "i4,f8").view(numpy.recarray)[0],
        numpy.ma.array([1]),
        numpy.zeros(1, [(("title", "name"), "i4")]),
        numpy.zeros(1, [("a", "O")]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_classes_and_dtypes_are_refused_with_their_path(value):
    with pytest.raises(TypeError, match=r"record 1: \['a'\]\[0\]: numpy|record 1: .*Derived"):
        dumped([{"a": [1]}, {"a": [value]}])
    assert loaded(dumped([value], default=lambda value: "replaced")) == ["replaced"]


BAD = [
    ("O", 8, bytes(8), "rules of the format"),
    ("|O8", 8, bytes(8), "rules of the format"),
    ('[["a","|O8"]]', 8, bytes(8), "rules of the format"),
    ("<f8", 4, bytes(4), "item length"),
    ("<f3", 3, bytes(3), "lacks"),
    ('[["a","<f4",[],-1]]', 4, bytes(4), "rules of the format"),
    ('[["a","<f4",[4294967295,4294967295]]]', 4, bytes(4), "rules of the format"),
    ('[["a"]]', 0, b"", "rules of the format"),
    ("[" * 5000, 0, b"", "rules of the format"),
    ("<U1", 4, b"\0\0\x11\0", "rules of the format"),
    ('[["a",">U1"],["b","|i1"]]', 5, b"\0\x11\0\0\0", "rules of the format"),
]


@pytest.mark.parametrize("dtype, item_len, data, message", BAD)
def test_dtypes_that_no_writer_writes_are_refused(dtype, item_len, data, message):
    for kind in (23, 24):
        head = bytes([kind]) + text(dtype) + varint(item_len)
        with pytest.raises(ladle.FormatError, match=message):
            ladle.loads(dumps_of(head + (b"C\x01\x01" if kind == 24 else b"") + data))


def dumps_of(tagged):
    """What dumps would make of a value, given its tagged bytes."""
    data = VALUE_MAGIC + tagged
    return data + crc32c(data).to_bytes(4, "little")


def test_arrays_of_impossible_extents_are_refused():
    head = b"\x18\x03<f8\x08C"
    with pytest.raises(ladle.UnsupportedError, match="dimensions"):
        ladle.loads(dumps_of(head + b"\x02\0" + varint((1 << 63) - 1)))
    for extents in ((1 << 63,), (1 << 32, 1 << 32), (1 << 20,), (1,) * 65):
        with pytest.raises(ladle.CorruptError):
            ladle.loads(dumps_of(head + varint(len(extents)) + b"".join(map(varint, extents))))


def test_numpy_is_imported_only_when_a_value_needs_it(tmp_path):
    path = tmp_path / "data.ladle"
    ladle.dump([1, numpy.float32(2)], path)
    program = f"""
import sys, ladle
assert "numpy" not in sys.modules
records = ladle.load({str(path)!r})
assert ladle.loads(ladle.dumps([1, bytearray(b"x"), "a"])) == [1, bytearray(b"x"), "a"]
assert next(records) == 1 and "numpy" not in sys.modules
assert next(records) == 2 and "numpy" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_missing_numpy_is_named(tmp_path):
    path = tmp_path / "data.ladle"
    ladle.dump([1, numpy.zeros(2)], path)
    program = f"""
import sys, ladle
sys.modules["numpy"] = None
records = ladle.load({str(path)!r})
assert next(records) == 1
try:
    next(records)
except ladle.UnsupportedError as error:
    assert "NumPy is not installed" in str(error) and "record 1" in str(error), error
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", program], check=True)
