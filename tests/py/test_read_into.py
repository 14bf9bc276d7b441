# SPDX-License-Identifier: BSD-2-Clause
"""Records.read_into: each value as NumPy's own assignment puts it, or an error that says where."""

import datetime
import io
import re
import warnings
from dataclasses import dataclass

import ladle
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import dumped
from strategies import FLOATS, INTS
from strategies_numpy import DTYPES, SIMPLE_DTYPES, arrays_of

NAIVE = st.datetimes() | st.dates()
SOURCES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-300, 300),
    INTS,
    FLOATS,
    st.floats(width=16),
    st.builds(complex, FLOATS, FLOATS),
    st.text(max_size=4),
    st.text("ab", max_size=6),
    st.text(st.characters(), max_size=3).map(lambda text: text + "\ud800"),
    st.binary(max_size=6),
    st.binary(max_size=6).map(bytearray),
    NAIVE,
    st.dates().map(lambda day: day.replace(day=1)),
    st.timedeltas(),
    st.integers(-1000, 1000).map(lambda hours: datetime.timedelta(hours=hours)),
    st.just(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
    st.just((1,)),
    st.just({}),
    st.just({1}),
)
TARGETS = SIMPLE_DTYPES


def expected(value, dtype):
    """The item that a value becomes, or the exception that is due."""
    kind, cls = dtype.kind, type(value)
    if isinstance(value, numpy.generic) and value.dtype.kind in "mM":
        return time_item(value, dtype)
    if cls is bool and kind in "biufc":
        return item(value, dtype)
    if cls is int and kind in "iu":
        limits = numpy.iinfo(dtype)
        return item(value, dtype) if limits.min <= value <= limits.max else OverflowError
    if cls in (int, float, complex) and kind == "c" or cls in (int, float) and kind == "f":
        return number_item(value, dtype)
    if cls is str and kind in "SU" or cls in (bytes, bytearray) and kind in "SUV":
        return text_item(value, dtype)
    if cls in (datetime.date, datetime.datetime) and kind == "M":
        if getattr(value, "tzinfo", None):
            return ValueError
        unit = "D" if cls is datetime.date else "us"
        return time_item(numpy.datetime64(value, unit), dtype)
    if cls is datetime.timedelta and kind == "m":
        microseconds = value // datetime.timedelta(microseconds=1)
        return span_item(microseconds, dtype)
    return TypeError


def item(value, dtype):
    array = numpy.zeros((), dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array[()] = value
    return array


def number_item(value, dtype):
    try:
        array = item(value, dtype)
    except OverflowError:
        return OverflowError
    parts = [(value.real, array.real), (value.imag, array.imag)]
    over = any(numpy.isinf(out) and not numpy.isinf(float(part)) for part, out in parts)
    return OverflowError if over else array


def text_item(value, dtype):
    size = dtype.itemsize // (4 if dtype.kind == "U" else 1)
    is_text = isinstance(value, str)
    if is_text and dtype.kind == "S" or not is_text and dtype.kind == "U":
        if not (value.isascii()):
            return ValueError
    if len(value) > size:
        return ValueError
    return item(value if is_text else bytes(value), dtype)


UNIT_US = {"W": 7 * 86400 * 10**6, "D": 86400 * 10**6, "h": 3600 * 10**6, "m": 60 * 10**6,
           "s": 10**6, "ms": 1000, "us": 1}  # fmt: skip
UNIT_PARTS = {"ns": 10**3, "ps": 10**6, "fs": 10**9, "as": 10**12}


def span_item(microseconds, dtype):
    unit, units = numpy.datetime_data(dtype)
    if unit in "YM":
        return TypeError
    if unit in UNIT_US:
        count, rest = divmod(microseconds, UNIT_US[unit] * units)
    else:
        count, rest = divmod(microseconds * UNIT_PARTS[unit], units)
    if rest:
        return ValueError
    return item(numpy.timedelta64(count, (unit, units)), dtype) if abs(count) < 2**63 else OverflowError


def time_item(value, dtype):
    unit, units = numpy.datetime_data(dtype)
    microseconds = int(value.astype("M8[us]").astype("i8"))
    if unit not in "YM":
        result = span_item(microseconds, numpy.dtype(dtype.str.replace("M8", "m8")))
        return result.view(dtype) if isinstance(result, numpy.ndarray) else result
    array = numpy.array(value.astype("M8[us]")).astype(dtype)  # a scalar would lose the byte order
    return array if array.astype("M8[us]") == value.astype("M8[us]") else ValueError


def same_items(a, b):
    """Equal by bytes; NaNs of narrow floats are all the same."""
    if a.dtype.kind in "fc" and a.dtype.itemsize != 8:
        return numpy.array_equal(a, b, equal_nan=True)
    return a.tobytes() == b.tobytes()


FORMS = {
    "scalar": (lambda value: value, lambda dtype: dtype),
    "tuple": (lambda value: (0, value), lambda dtype: numpy.dtype([("n", "i1"), ("v", dtype)])),
    "dict": (lambda value: {"v": value, "w": 1}, lambda dtype: numpy.dtype([("v", dtype)])),
    "list": (lambda value: ([value], 1), lambda dtype: numpy.dtype([("v", dtype, (1,)), ("n", "u8")])),
    "mixed": (lambda value: {1: 2, "v": value}, lambda dtype: numpy.dtype([("v", dtype)])),
}


@given(
    st.lists(SOURCES, min_size=1, max_size=6) | SOURCES.map(lambda value: [value] * 3),
    TARGETS,
    st.sampled_from(sorted(FORMS)),
)
def test_each_value_becomes_what_numpy_makes_of_it_or_an_error(values, dtype, form):
    make, row_dtype = FORMS[form]
    wanted = [expected(value, dtype) for value in values]
    good = next((i for i, item in enumerate(wanted) if isinstance(item, type)), len(values))
    item_len = row_dtype(dtype).itemsize
    out = numpy.ndarray(len(values), row_dtype(dtype), bytearray(b"\xa5" * 2 * len(values) * item_len), strides=2 * item_len)
    before = out.copy()
    records = ladle.load(io.BytesIO(dumped([make(value) for value in values])))
    if good < len(values):
        with pytest.raises(wanted[good], match=f"record {good}\\b"):
            records.read_into(out)
    else:
        assert records.read_into(out) == len(values)
    assert records.position == good
    fields = (out if form == "scalar" else out["v"]).reshape(len(values), -1)[:, 0]
    for i in range(good):
        assert same_items(fields[i : i + 1], wanted[i].reshape(1)), (values[i], fields[i])
    assert out[good:].tobytes() == before[good:].tobytes()


@given(DTYPES.flatmap(lambda dtype: st.tuples(st.just(dtype), st.lists(arrays_of(dtype, 0), min_size=1, max_size=4))))
def test_numpy_rows_go_back_into_arrays_of_their_dtype(drawn):
    dtype, rows = drawn
    rows = numpy.array([row[()] for row in rows], dtype)
    out = numpy.zeros(len(rows), dtype)
    assert ladle.load(io.BytesIO(dumped(list(rows)))).read_into(out) == len(rows)
    assert out.tobytes() == rows.tobytes()


@given(
    st.lists(st.sampled_from([numpy.int8(-3), numpy.uint64(2**64 - 1), numpy.float32(1.5), numpy.bool_(1),
                              numpy.float16(65504), numpy.str_("ab"), numpy.bytes_(b"c"),
                              numpy.datetime64("2020-02-29"), numpy.timedelta64(5, "h"),
                              numpy.datetime64("NaT", "s"), numpy.complex64(2j)]), min_size=1, max_size=3),
    TARGETS,
)  # fmt: skip
def test_numpy_scalars_are_converted_like_plain_ones(values, dtype):
    plain = [value if value.dtype.kind in "mM" else value.item() for value in values]
    for value, simple in zip(values, plain, strict=True):
        wanted = TypeError
        if not (value.dtype.kind in "mM" and value.dtype.kind != dtype.kind):
            wanted = nat_item(dtype) if value.dtype.kind in "mM" and numpy.isnat(value) else expected_time(simple, dtype)
        out = numpy.zeros(1, dtype)
        records = ladle.load(io.BytesIO(dumped([value])))
        if isinstance(wanted, type):
            with pytest.raises(wanted, match="record 0"):
                records.read_into(out)
        else:
            assert records.read_into(out) == 1
            assert same_items(out, wanted.reshape(1))


def nat_item(dtype):
    return numpy.array("NaT", dtype)


def expected_time(value, dtype):
    if isinstance(value, numpy.timedelta64):
        return span_item(int(value.astype("m8[us]").astype("i8")), dtype)
    return expected(value, dtype)


@dataclass
class Point:
    x: float
    y: float
    name: str


NESTED = numpy.dtype([("id", ">u2"), ("pos", [("x", "f4"), ("y", "f8")]), ("m", "i2", (2, 3))], align=True)


@pytest.mark.parametrize("as_dict", [False, True])
def test_nested_fields_and_sub_arrays_are_filled(as_dict):
    def record(i):
        matrix = [[i + j + k for k in range(3)] for j in range(2)]
        if as_dict:
            return {"m": matrix, "pos": {"y": i / 2, "x": i, "z": None}, "id": i, "more": "text"}
        return (i, (i, i / 2), tuple(map(tuple, matrix)))

    records = [record(i) for i in range(3000)]
    out = numpy.zeros(3000, NESTED)
    assert ladle.load(io.BytesIO(dumped(records))).read_into(out) == 3000
    for i in (0, 1, 999, 2999):
        assert out[i]["m"].tolist() == [[i, i + 1, i + 2], [i + 1, i + 2, i + 3]]
        assert out[["id", "pos"]][i].tolist() == (i, (i, i / 2))


def test_objects_are_matched_by_field_name():
    points = [Point(i / 2, i, f"point {i}") for i in range(100)]
    out = numpy.zeros(100, [("name", "U9"), ("y", "i4")])
    assert ladle.load(io.BytesIO(dumped(points)), types=[Point]).read_into(out) == 100
    assert out.tolist() == [(f"point {i}", i) for i in range(100)]


def rows_of(shape):
    return numpy.arange(numpy.prod(shape)).reshape(shape)


@pytest.mark.parametrize("make", [tuple, list, numpy.array], ids=["tuples", "lists", "arrays"])
@pytest.mark.parametrize("dtype", ["f8", ">i4", "c8"])
def test_rows_of_two_and_more_dimensions(make, dtype):
    for shape in [(1000, 3), (500, 2, 4), (50, 0)]:
        wanted = rows_of(shape)
        records = wanted.tolist() if len(shape) == 3 and make is tuple else [make(row) for row in wanted.tolist()]
        for layout in ("C", "F", "strided"):
            base = numpy.zeros((2 * shape[0], *shape[1:]), dtype, order="F" if layout == "F" else "C")
            out = base[::2] if layout == "strided" else base[: shape[0]]
            assert ladle.load(io.BytesIO(dumped(records))).read_into(out) == shape[0]
            assert numpy.array_equal(out, wanted)
            if layout == "strided":
                assert not base[1::2].any()


TARGETS_OF_MATRICES = {
    "contiguous": lambda rows, width: numpy.zeros((rows, width)),
    "at an odd place": lambda rows, width: numpy.zeros(rows * width + 1)[1:].reshape(rows, width),
    "reversed": lambda rows, width: numpy.zeros((rows, width))[::-1],
    "wider": lambda rows, width: numpy.zeros((rows, width + 4))[:, 2:-2],
    "one wider": lambda rows, width: numpy.zeros((rows, width + 1))[:, :-1],
    "every second column": lambda rows, width: numpy.zeros((rows, 2 * width))[:, ::2],
    "by column": lambda rows, width: numpy.zeros((rows, width), order="F"),
    "swapped": lambda rows, width: numpy.zeros((rows, width), ">f8"),
    "float32": lambda rows, width: numpy.zeros((rows, width), "f4"),
    "every second float32": lambda rows, width: numpy.zeros((rows, 2 * width), "f4")[:, ::2],
}


@pytest.mark.parametrize("target", TARGETS_OF_MATRICES)
@given(
    width=st.integers(1, 40),
    count=st.integers(0, 70),
    block_size=st.sampled_from([1024, 4096, 1 << 17]),
    constant_columns=st.sampled_from([0, 0, 1, 3]),
    seed=st.integers(0, 2**32),
)
def test_matrices_of_floats(target, width, count, block_size, constant_columns, seed):
    """Any width, in any memory, with columns all of one value; what is around them stays."""
    random = numpy.random.default_rng(seed)
    special = [0.0, -0.0, float("nan"), float("inf"), 5e-324]
    table = random.choice([*special, *random.random(5)], (count, width))
    table[:, :constant_columns] = 1.5
    out, wanted = (TARGETS_OF_MATRICES[target](count + 2, width) for _ in range(2))
    data = dumped(map(tuple, table.tolist()), block_size=block_size)
    with ladle.load(io.BytesIO(data)) as records:
        first = records.read_into(out[1 : 1 + count // 3])
        assert first + records.read_into(out[1 + first : -1]) == count
    wanted[1:-1] = table
    all_out, all_wanted = (array if array.base is None else array.base for array in (out, wanted))
    assert all_out.tobytes() == all_wanted.tobytes()


@dataclass
class Pair:
    x: float
    y: float


NAMES = ["x", "y", "z", "w"]
TABLES = {
    "tuples": (tuple, NAMES),
    "dicts": (lambda row: dict(zip(NAMES, row, strict=True)), NAMES),
    "dicts, other order": (lambda row: dict(zip(NAMES, row, strict=True)), NAMES[::-1]),
    "dicts, fewer fields": (lambda row: dict(zip(NAMES, row, strict=True)), ["x", "y"]),
    "dicts of two orders": (
        lambda row: dict(list(zip(NAMES, row, strict=True))[:: 1 if row[0] < 0.5 else -1]),
        NAMES,
    ),
    "objects": (lambda row: Pair(*row[:2]), ["x", "y"]),
    "objects, other order": (lambda row: Pair(*row[:2]), ["y", "x"]),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("layout", ["dense", "padded", "swapped", "mixed"])
def test_tables_of_floats(table, layout):
    make, names = TABLES[table]
    kinds = {"swapped": [">f8", "f8"], "mixed": ["f8", "f4"]}.get(layout, ["f8", "f8"])
    fields = list(zip(names, kinds * 2))
    if layout == "padded":
        fields = {"names": names, "formats": ["f8"] * len(names),
                  "offsets": [16 * i for i in range(len(names))], "itemsize": 64}  # fmt: skip
    rows = numpy.random.default_rng(3).random((301, 4))
    out = numpy.zeros(len(rows) + 1, numpy.dtype(fields))
    data = dumped(map(make, rows.tolist()), block_size=4096)
    assert ladle.load(io.BytesIO(data)).read_into(out) == len(rows)
    for place, name in enumerate(names):
        column = rows[:, place if table == "tuples" else NAMES.index(name)]
        assert numpy.array_equal(out[name][:-1], column.astype(out.dtype[name])), name
    assert not out[-1:].tobytes().strip(b"\0")


@pytest.mark.parametrize("skipped", [0, 1, 4])
def test_arrays_larger_than_the_caches(skipped):
    table = numpy.random.default_rng(skipped).random((70_001, 16))
    out = numpy.zeros(table.size + skipped)[skipped:].reshape(table.shape)
    assert out.nbytes >= 8 << 20
    file = io.BytesIO(dumped(map(tuple, table.tolist())))
    assert ladle.load(file).read_into(out[1:-1]) == len(table) - 2
    assert numpy.array_equal(out[1:-1], table[:-2]) and not out[0].any() and not out[-1].any()


def test_a_mapping_of_columns_is_filled_by_field():
    records = [{"a": i, "b": f"{i}", "c": None} for i in range(2000)]
    out = {"b": numpy.zeros(2000, "S4"), "a": numpy.zeros(4000, "f4")[::2]}
    assert ladle.load(io.BytesIO(dumped(records))).read_into(out) == 2000
    assert out["a"].tolist() == list(range(2000)) and out["b"].tolist() == [b"%d" % i for i in range(2000)]
    pairs = {"first": numpy.zeros(3), "second": numpy.zeros((3, 2), "u1")}
    assert ladle.load(io.BytesIO(dumped([(1, [2, 3]), (4, [5, 6])]))).read_into(pairs) == 2
    assert pairs["second"].tolist() == [[2, 3], [5, 6], [0, 0]]


def test_records_of_many_kinds_in_one_file():
    records = [{"a": 1, "b": "x"}, {"b": "yy", "a": 2.5}, {"a": True, "b": b"z", "c": 3}] * 700
    records += [{"a": i, "b": str(i % 5)} for i in range(700)]
    out = numpy.zeros(len(records), [("a", "f8"), ("b", "S2")])
    assert ladle.load(io.BytesIO(dumped(records, block_size=4096))).read_into(out) == len(records)
    wanted = [(float(r["a"]), r["b"].encode() if isinstance(r["b"], str) else r["b"]) for r in records]
    assert out.tolist() == wanted


def test_the_rows_come_in_pieces_and_iterating_goes_on_between():
    records = [(i, "text" * (i % 9), [i, i + 1], None if i % 3 else i) for i in range(5000)]
    source = ladle.load(io.BytesIO(dumped(records, block_size=10_000)))
    dtype = [("i", "i4"), ("t", "U32"), ("l", "i8", 2), ("n", "f4")]
    position = 0
    for size in (1, 7, 0, 100, 1000, 3, 500):
        out = numpy.zeros(size, dtype)
        assert source.read_into(out, missing=-1) == size
        wanted = [(i, t, l, -1 if n is None else n) for i, t, l, n in records[position : position + size]]
        assert [(i, t, l.tolist(), n) for i, t, l, n in out.tolist()] == wanted
        assert next(source) == records[position + size]
        position += size + 1
    assert source.position == position
    out = numpy.full(5000, -2, "i4")
    rest = source.tolist()
    assert rest == records[position:] and source.read_into(out) == 0 and (out == -2).all()


def test_fewer_records_than_rows_leave_the_rest_alone():
    out = numpy.full(10, 7)
    records = ladle.load(io.BytesIO(dumped([1, 2, 3])))
    assert records.read_into(out) == 3
    assert out.tolist() == [1, 2, 3] + [7] * 7
    assert records.read_into(out) == 0


def test_missing_values():
    records = [{"a": 1, "b": "x", "t": {"x": 1}}, {"a": None, "t": None}, {"b": None, "t": {"x": None}}]
    dtype = [("a", "i4"), ("b", "U3"), ("t", [("x", "f4")])]
    for missing, wanted in [(-1, None), ("?", None), (-1.5, None)]:
        out = numpy.zeros(3, dtype)
        source = ladle.load(io.BytesIO(dumped(records)))
        with pytest.raises((TypeError, KeyError), match="record 1"):
            source.read_into(out, missing=missing)
        assert wanted is None and source.position == 1
    out = numpy.zeros(3, [("a", "f4"), ("t", [("x", "f4")])])
    assert ladle.load(io.BytesIO(dumped(records))).read_into(out, missing=numpy.nan) == 3
    assert numpy.isnan(out["a"]).tolist() == [False, True, True]
    assert numpy.isnan(out["t"]["x"]).tolist() == [False, True, True]
    times = numpy.zeros(2, "M8[D]")
    source = ladle.load(io.BytesIO(dumped([datetime.date(2000, 1, 1), None])))
    assert source.read_into(times, missing=None) == 2 and numpy.isnat(times[1])


# Each becomes what a record of that value does, and what cannot become a record's value is no missing one.
MISSING = [
    (1e300, ["f4", "c8", "f2", "i8", "M8[s]", "S8"], ["f8", "c16"]),
    ("5", ["f8", "c16", "i4", "M8[D]", "m8[h]", "V2"], ["S1", "U1"]),
    (b"abc", ["f8", "S2", "U2", "V2"], ["S3", "U4", "V3"]),
    (0, ["M8[D]", "m8[h]", "V2", "?"], ["f2", "u1", "c8"]),
    (True, ["M8[D]", "m8[h]", "V2"], ["?", "f2", "u1", "c8"]),
    (1 + 2j, ["f8", "i8", "M8[s]"], ["c8"]),
    (numpy.float32(3), ["i4", "?", "M8[s]"], ["f2", "c8"]),
    (datetime.datetime(2020, 1, 1, 5), ["M8[D]", "M8[Y]", "f8", "m8[h]"], ["M8[h]", "M8[ns]"]),
    (numpy.datetime64("2020-01-01T05"), ["M8[D]", "f8", "i8", "S2", "U2"], ["M8[h]", "M8[s]"]),
    (numpy.timedelta64(90, "m"), ["m8[h]", "i8", "M8[s]", "S2", "U2"], ["m8[m]", "m8[s]"]),
    ([1], ["f8", "i8", "?", "V2"], []),
    (numpy.array([1]), ["f8", "i8", "?", "V2"], []),
    (numpy.ma.masked, ["f8", "i8", "V2"], []),
    (object(), ["f8", "S99"], []),
]


@pytest.mark.parametrize("missing, refused, kept", MISSING, ids=repr)
def test_a_missing_value_is_put_as_a_record_of_it_would_be(missing, refused, kept):
    data = dumped([None])
    for dtype in refused:
        with pytest.raises(TypeError, match="record 0: None cannot be put into"):
            ladle.load(io.BytesIO(data)).read_into(numpy.zeros(1, dtype), missing=missing)
    for dtype in kept:
        out, wanted = numpy.zeros((2, 1), dtype)
        assert ladle.load(io.BytesIO(data)).read_into(out, missing=missing) == 1
        assert ladle.load(io.BytesIO(dumped([missing]))).read_into(wanted) == 1
        assert out.tobytes() == wanted.tobytes()
        assert out.tobytes().strip(b"\0") or not missing


@pytest.mark.parametrize("missing", [None, numpy.nan], ids=repr)
def test_a_missing_nan_is_no_time(missing):
    for dtype in ("f2", ">f8", "c8", "M8[D]", "<m8[25us]", "M8"):
        out = numpy.zeros(1, dtype)
        assert ladle.load(io.BytesIO(dumped([None]))).read_into(out, missing=missing) == 1
        assert (out != out).all()
    for dtype in ("i8", "?", "S3", "V8"):
        with pytest.raises(TypeError, match="record 0: None cannot be put into"):
            ladle.load(io.BytesIO(dumped([None]))).read_into(numpy.zeros(1, dtype), missing=missing)


@pytest.mark.parametrize(
    "records, dtype, error, message",
    [
        ([(1, 2), (1, 300)], "u1,u1", OverflowError, "record 1: ['f1']: a number is out of the range of uint8"),
        ([{"a": 1}, {"b": 1}], [("a", "f8")], KeyError, "record 1: ['a']: a key is missing"),
        ([{"a": {"b": "abc"}}], [("a", [("b", "S2")])], ValueError, "record 0: ['a']['b']: a str or bytes is longer than |S2"),
        ([(1,), (1, 2)], [("a", "i4")], ValueError, "record 1: the array takes 1 items"),
        ([1, None], "f8", TypeError, "record 1: None cannot be put into float64"),
        ([1, "x"], "f8", TypeError, "record 1: a str cannot be put into float64"),
        ([(1, [1, 2.5])], [("a", "i4"), ("b", "i4", 2)], TypeError, "record 0: ['b'][1]: a float cannot be put into int32"),
        ([1.5], "i4", TypeError, "record 0: a float"),
        ([1 << 70], "u8", OverflowError, "record 0: a number"),
        ([5], [("a", "i4")], TypeError, "record 0: an int cannot be put into fields"),
        ([{"a": 1}], ("f8", 2), TypeError, "record 0: a dict cannot be put into 2 items"),
        ([(0.5, 1.5), (1.5, 0.5)], "f8,f8,f8,f8", ValueError, "record 0: the array takes 4 items"),
        ([(0.5, 1.5, 1.0, 2.0), (1.5, 0.5, 1.0, 3.0)], ("f8", 2), ValueError, "record 0: the array takes 2 items"),
        ([{"a": 0.5, "b": 1.5}, {"a": 1.0}, {"a": 2.0, "b": 3.0}], [("a", "f8"), ("b", "f8")], KeyError, "record 1: ['b']: a key is missing"),
        ([{0.5: 1.5}, {1.5: 0.5}], [("a", "f8"), ("b", "f8")], KeyError, "record 0: ['a']: a key is missing"),
        (["é"], "S4", ValueError, "not ASCII"),
        ([datetime.datetime(2020, 1, 1, 1)], "M8[D]", ValueError, "whole number of the units"),
    ],
)  # fmt: skip
def test_errors_name_record_and_field(records, dtype, error, message):
    shape = (3,) if not isinstance(dtype, tuple) else (3, 2)
    out = numpy.zeros(shape, dtype if shape == (3,) else dtype[0])
    with pytest.raises(error, match=re.escape(message)):
        ladle.load(io.BytesIO(dumped(records))).read_into(out)


def test_targets_that_cannot_be_filled_are_refused():
    source = ladle.load(io.BytesIO(dumped([1, 2, 3])))
    frozen = numpy.zeros(3)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        source.read_into(frozen)
    with pytest.raises(ValueError, match="dimension"):
        source.read_into(numpy.zeros(()))
    with pytest.raises(ValueError, match="different lengths"):
        source.read_into({"a": numpy.zeros(3), "b": numpy.zeros(2)})
    for wrong in ([0, 0], bytearray(8), None, {"a": [1]}, {1: numpy.zeros(1)}):
        with pytest.raises(TypeError):
            source.read_into(wrong)
    masked = numpy.ma.masked_all(3)
    for wrong in (masked, {"a": numpy.zeros(3), "b": masked}):
        with pytest.raises(TypeError, match="masked: its data"):
            source.read_into(wrong)
    with pytest.raises(ValueError, match="empty"):
        source.read_into({})
    assert source.position == 0 and source.tolist() == [1, 2, 3]


def test_object_fields_get_the_values_themselves():
    records = [(i, [i, {"k": str(i)}]) for i in range(300)]
    out = numpy.zeros(300, [("n", "i4"), ("o", "O")])
    assert ladle.load(io.BytesIO(dumped(records))).read_into(out) == 300
    assert out.tolist() == records


def test_a_damaged_block_leaves_the_rows_before_it_filled():
    data = bytearray(dumped([(i,) for i in range(5000)], block_size=1024))
    data[len(data) // 2] ^= 1
    out = numpy.full((5000, 1), -1)
    records = ladle.load(io.BytesIO(bytes(data)))
    with pytest.raises(ladle.CorruptError):
        records.read_into(out)
    assert 0 < records.position < 5000
    assert (out[:, 0] == [*range(records.position)] + [-1] * (5000 - records.position)).all()
