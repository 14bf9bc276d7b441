# SPDX-License-Identifier: BSD-2-Clause
"""NumPy scalars and arrays as values in records."""

import io
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


def objects(items, extents, order="C"):
    array = numpy.empty(len(items), object)
    for place, item in enumerate(items):
        array[place] = item
    return array.reshape(extents, order=order).copy(order)


OBJECT_ARRAYS = {
    "mixed": objects([1, "x", None, b"y", 2**70, {"k": [1]}], 6),
    "rows": objects([*range(6)], (2, 3)),
    "columns first": objects([*range(6)], (2, 3), "F"),
    "turned": objects([*range(6)], (2, 3)).T,
    "every other": objects([*range(12)], (3, 4))[::-1, ::2],
    "lists of one length": objects([[1, 2], [3, 4]], 2),
    "arrays": objects([numpy.arange(3), numpy.array(5), numpy.float32(1), objects([None], 1)], (2, 2)),
    "tuples": objects([(1, "a"), ()], (1, 2)),
    "no dimension": objects([{"a": 1}], ()),
    "nothing": objects([], (0, 3)),
}


@pytest.mark.parametrize("name", OBJECT_ARRAYS)
def test_arrays_of_objects_come_back(name):
    array = OBJECT_ARRAYS[name]
    assert exactly(ladle.loads(ladle.dumps(array))) == exactly(array)
    records = [array, {"a": array, "b": [array]}, (array, 1), array]
    assert exactly(loaded(dumped(records))) == exactly(records)
    back = loaded(dumped([array] * 3))
    assert exactly(back) == exactly([array] * 3)
    assert back[0].flags.owndata and back[0].flags.writeable and back[0] is not back[1]
    assert exactly(list(ladle.Reader(io.BytesIO(dumped([array] * 3))).to_numpy())) == exactly([array] * 3)


def test_an_array_of_objects_gives_its_rows():
    rows = objects([1, "x", None, 2.5], (2, 2))
    assert exactly(loaded(dumped(rows))) == exactly(list(rows))
    assert exactly(loaded(dumped(rows[0]))) == exactly([1, "x"])


def test_objects_in_an_array_that_cannot_be_stored_are_refused():
    with pytest.raises(TypeError, match="record 1: .*function"):
        dumped([1, objects([1, print, test_an_array_of_objects_gives_its_rows], 3)])
    circle = objects([None], 1)
    circle[0] = circle
    with pytest.raises(ladle.LimitError, match="max_depth"):
        dumped([circle])


STRINGS = getattr(numpy.dtypes, "StringDType", None) if hasattr(numpy, "dtypes") else None


@pytest.mark.skipif(STRINGS is None, reason="this NumPy has no strings of any length")
def test_arrays_of_strings_of_any_length_come_back():
    nothing = float("nan")
    for dtype, missing in [
        (STRINGS(), ()),
        (STRINGS(coerce=False), ()),
        (STRINGS(na_object=None), (None,)),
        (STRINGS(na_object=nothing, coerce=False), (nothing,)),
        (STRINGS(na_object="gone"), ("gone",)),
    ]:
        items = ["", "é" * 100, "x\0", "\U0001f600", *missing]
        array = numpy.array([items, items[::-1]], dtype)
        for value in (array, array.T, array[:, ::2], array[0], array[:0], array[0, :1].reshape(())):
            (back,) = loaded(dumped([value]))
            assert exactly(back) == exactly(value) and back.dtype == value.dtype
            assert exactly(ladle.loads(ladle.dumps((value,)))) == exactly((value,))
        if missing and missing != ("gone",):
            (back,) = loaded(dumped([array]))
            assert numpy.array_equal(numpy.isnan(back) if missing != (None,) else back == None,  # noqa: E711
                                     numpy.isnan(array) if missing != (None,) else array == None)  # noqa: E711  # fmt: skip
    assert loaded(dumped(numpy.array(["a", "bc"], STRINGS()))) == ["a", "bc"]


@pytest.mark.skipif(STRINGS is not None, reason="this NumPy has strings of any length")
def test_strings_of_any_length_that_numpy_lacks_are_unsupported():
    value = b"\x16\x1f\xc5\x81C\xc1\x41\xd1\x81a\3\1"
    data = VALUE_MAGIC + value
    with pytest.raises(ladle.UnsupportedError, match="NumPy here does not have"):
        ladle.loads(data + crc32c(data).to_bytes(4, "little"))


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
        numpy.zeros(2, ("i4", {"low": ("i2", 0), "high": ("i2", 2)})),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_classes_and_dtypes_are_refused_with_their_path(value):
    with pytest.raises(TypeError, match=r"record 1: \['a'\]\[0\]: numpy|record 1: .*Derived"):
        dumped([{"a": [1]}, {"a": [value]}])
    assert loaded(dumped([value], default=lambda value: "replaced")) == ["replaced"]


@pytest.mark.parametrize(
    "value, reason",
    [
        (numpy.zeros(2).view(Derived), r"numpy\.asarray"),
        (numpy.zeros(2, "i4,f8").view(numpy.recarray), "extend"),
        (numpy.zeros(2, "i4,f8").view(numpy.recarray)[0], "extend"),
        (numpy.ma.array([1]), r"filled\(\)"),
        (numpy.ma.masked, r"filled\(\)"),
        (numpy.zeros(1, [(("title", "name"), "i4")]), "titles"),
        (numpy.zeros(1, [("a", [(("title", "name"), "i4")], (2,))])[0], "titles"),
        (numpy.zeros(1, [("a", (numpy.dtype(("c8", 2)), 3))]), "array of arrays"),
        (numpy.zeros(1, [("a", [("b", (numpy.dtype(("i4", 2)), 3))], 2)])[0], "array of arrays"),
        (numpy.zeros(1, [("a", "O")]), "extend"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_refusal_says_what_to_do(value, reason):
    with pytest.raises(TypeError, match=f"cannot be stored: .*{reason}"):
        dumped([value])


SAME_DTYPES = """
import sys, ladle, numpy
plain = numpy.zeros(2, "i4,f8")
record = numpy.asarray(plain.view(numpy.recarray))
"""


def test_dtypes_that_are_equal_are_stored_the_same_in_any_order():
    plain = numpy.zeros(2, "i4,f8")
    record = numpy.asarray(plain.view(numpy.recarray))
    assert record.dtype == plain.dtype
    assert record.dtype.type is not plain.dtype.type
    for values in ("plain, record", "record, plain"):  # each with nothing remembered
        program = f"{SAME_DTYPES}\nsys.stdout.buffer.write(ladle.dumps([{values}]))"
        command = [sys.executable, "-c", program]
        read = ladle.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        assert [array.dtype for array in read] == [plain.dtype] * 2


def improper(count, place):
    """Rows of str, one of which is not: NumPy does not look."""
    rows = numpy.zeros(count, [("n", "i4"), ("s", ">U2", (2,))])
    rows["s"].view(">u4")[place, -1] = 0x110000
    return rows


def test_rows_of_text_that_does_not_exist_are_refused():
    texts = improper(20_000, 15_000)["s"][:, 1]
    for rows in (texts, numpy.ascontiguousarray(texts)):
        data = io.BytesIO()
        with ladle.open(data, "w") as writer:
            with pytest.raises(TypeError, match="do not exist"):
                writer.extend(rows)
            written = len(writer)
        assert 0 < written <= 15_000
        assert exactly(loaded(data.getvalue())) == exactly(list(rows[:written]))
    objects = numpy.zeros(3, [("o", "O"), ("s", ">U2")])
    objects["s"] = improper(3, 2)["s"][:, 1]
    with pytest.raises(TypeError, match="do not exist"):
        dumped(objects)


def test_characters_that_do_not_exist_are_refused_when_they_are_written():
    rows = improper(3, 1)
    for value in (rows, rows[1], rows["s"], rows["s"][1:2, ::-1]):
        with pytest.raises(TypeError, match=r"^record 1: \['a'\]: numpy.* do not exist"):
            dumped([{"a": 1}, {"a": value}])
        with pytest.raises(TypeError, match="do not exist"):
            ladle.dumps((value,))
        assert ladle.loads(ladle.dumps([value], default=lambda value: 7)) == [7]
    assert exactly(loaded(dumped([rows[0], rows["s"][2]]))) == exactly([rows[0], rows["s"][2]])


@pytest.mark.parametrize("take", [lambda rows: rows, lambda rows: rows["s"], lambda rows: rows[::2]])
def test_rows_before_one_with_characters_that_do_not_exist_are_written(take):
    rows = take(improper(50_000, 49_000))
    wanted = 49_000 * len(rows) // 50_000
    data = io.BytesIO()
    with ladle.open(data, "w") as writer:
        with pytest.raises(TypeError, match=f"^record {wanted}: numpy.* do not exist"):
            writer.extend(rows)
        writer.append("end")
    assert exactly(loaded(data.getvalue())) == exactly([*rows[:wanted], "end"])


NESTED = [("a", "i4"), ("b", [("c", "f8"), ("d", "U2")], (2,))]


def test_fields_renamed_in_place_are_renamed_there_only():
    array = numpy.zeros(2, NESTED)
    row, many, one = dumped([array[0]] * 2), dumped([array] * 2), ladle.dumps(array)
    reads = [
        lambda: ladle.loads(one),
        lambda: loaded(many)[1],
        lambda: loaded(row)[1],
        lambda: ladle.Reader(io.BytesIO(row)).to_numpy(),
        lambda: next(ladle.load(io.BytesIO(row)).batches(9)),
    ]
    for rename in (lambda dtype: dtype, lambda dtype: dtype["b"].base):
        for read in reads:
            rename(read().dtype).names = ("x", "y")
            assert [again().dtype for again in reads] == [numpy.dtype(NESTED)] * len(reads)


def test_renamed_fields_are_written_as_they_are_called_now():
    array = numpy.zeros(2, NESTED)
    for names in (("a", "b"), ("x", "y"), ("a", "b")):
        array.dtype.names = names
        assert ladle.loads(ladle.dumps(array)).dtype.names == names
        assert loaded(dumped(array))[0].dtype.names == names


def test_a_memory_map_is_an_array(tmp_path):
    array = numpy.memmap(tmp_path / "data", ">f8", "w+", shape=(30, 4), order="F")
    array[:] = numpy.arange(120).reshape(30, 4)
    (part, row), whole = loaded(dumped([(array[3:20:2], array[7]), array]))
    assert type(whole) is type(part) is type(row) is numpy.ndarray
    assert whole.dtype == array.dtype
    assert whole.flags.f_contiguous
    assert numpy.array_equal(whole, array)
    assert numpy.array_equal(part, array[3:20:2])
    assert numpy.array_equal(row, array[7])


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
