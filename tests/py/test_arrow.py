# SPDX-License-Identifier: BSD-2-Clause
"""Arrow streams without an Arrow library: out of a Reader and into a Writer, by the three structs.

tests/arrow has what needs pyarrow, polars, pandas and duckdb.
"""

import ctypes
import datetime
import decimal
import gc
import io
import struct
import uuid
import zoneinfo

import ladle
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrow_abi import VOID, Array, Request, Schema, schema_in, stream_in
from crafting import one_block, packed
from helpers import dumped, exactly, loaded


def form_of(schema):
    """The format; behind > that of the dictionary, if it has one."""
    entries = form_of(Schema.from_address(schema.dictionary)) if schema.dictionary else None
    return f"{schema.format.decode()}>{entries}" if entries else schema.format.decode()


def formats(schema):
    children = [child.contents for child in schema.children[: schema.n_children]]
    return [(child.name.decode(), form_of(child), bool(child.flags & 2)) for child in children]


class Table:
    """Hands out the Arrow stream of a Reader, so that a Writer takes it as one."""

    def __init__(self, records, **options):
        self.reader = ladle.open(io.BytesIO(dumped(records, **options)))

    def __arrow_c_stream__(self, requested_schema=None):
        return self.reader.__arrow_c_stream__(requested_schema)


def through_arrow(records, **options):
    return loaded(dumped(Table(records, **options)))


COLUMNS = {
    "bool": st.booleans(),
    "int": st.integers(-(2**63), 2**63 - 1),
    "unsigned": st.integers(0, 2**64 - 1),
    "float": st.floats(),
    "text": st.text(max_size=5),
    "constant": st.sampled_from(["red", "green"]),
    "bytes": st.binary(max_size=5),
    "day": st.dates(),
    "moment": st.datetimes().map(lambda moment: moment.replace(fold=0)),
    "instant": st.datetimes().map(lambda moment: moment.replace(tzinfo=datetime.UTC, fold=0)),
    "time": st.times().map(lambda time: time.replace(fold=0)),
    "span": st.timedeltas(datetime.timedelta(days=-99999), datetime.timedelta(days=99999)),
    "list": st.lists(st.none() | st.integers(0, 9), max_size=3),
    "struct": st.builds(
        lambda x, y: {"x": x, "y": y}, st.none() | st.text(max_size=2), st.integers(0, 5)
    ),
    "decimal": st.decimals(-999, 999, allow_nan=False, places=2),
    "map": st.dictionaries(st.integers(0, 5), st.text(max_size=2), min_size=1, max_size=3),
    "none": st.none(),
}


@given(
    st.sets(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=6).flatmap(
        lambda names: st.lists(
            st.fixed_dictionaries(
                {name: COLUMNS[name] if "t" in name else st.none() | COLUMNS[name] for name in names}
            ).map(lambda record: {name: record[name] for name in sorted(record)}),
            min_size=1,
            max_size=12,
        )
    ),
    st.sampled_from([1024, 132_000]),
)
def test_dicts_go_through_arrow_unchanged(records, block_size):
    records = records * (200 if block_size == 1024 else 1)
    assert exactly(through_arrow(records, block_size=block_size)) == exactly(records)


def test_the_schema_says_types_names_and_nulls():
    records = [
        {"a": 1, "b": None, "c": "x", "d": 1.5, "e": decimal.Decimal("1.25"), "f": uuid.UUID(int=1)},
        {"b": b"", "c": None, "d": 2, "e": decimal.Decimal("-300"), "f": None, "a": 2**63},
    ]
    capsule = ladle.open(io.BytesIO(dumped(records))).__arrow_c_schema__()
    schema = schema_in(capsule)
    assert schema.format == b"+s"
    assert formats(schema) == [
        ("a", "L", False), ("b", "z", True), ("c", "u", True), ("d", "g", False),
        ("e", "d:5,2", False), ("f", "w:16", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "records, rows",
    [
        ([(1, "a"), (2, "b")], [{"f0": 1, "f1": "a"}, {"f0": 2, "f1": "b"}]),
        ([1, None, 3], [{"value": 1}, {"value": None}, {"value": 3}]),
        ([{"a": 1}, {"b": 2}, {}], [{"a": 1, "b": None}, {"a": None, "b": 2}, {"a": None, "b": None}]),
        ([[1, 2], []], [{"value": [1, 2]}, {"value": []}]),
        ([{"s": {1, 2}}, {"s": frozenset()}], [{"s": [1, 2]}, {"s": []}]),
        (numpy.arange(6).reshape(2, 3), [{"value": [0, 1, 2]}, {"value": [3, 4, 5]}]),
        (
            numpy.array([(1, b"x\0y", "é", True, "2020-01-01", [1, 2])],
                        [("i", ">i2"), ("s", "S5"), ("u", "U3"), ("b", "?"), ("t", "M8[D]"), ("m", "f4", 2)]),
            [{"i": 1, "s": b"x\0y", "u": "é", "b": True, "t": datetime.datetime(2020, 1, 1), "m": [1.0, 2.0]}],
        ),
        ([numpy.float32(1.5), numpy.float32(2)], [{"value": 1.5}, {"value": 2.0}]),
        ([{"a": -1}, {"a": 2**64 - 1}], [{"a": decimal.Decimal(-1)}, {"a": decimal.Decimal(2**64 - 1)}]),
    ],
)  # fmt: skip
def test_other_records_become_rows(records, rows):
    assert exactly(through_arrow(records)) == exactly(rows)


def test_every_stream_begins_at_the_first_record():
    table = Table([{"a": i} for i in range(3)])
    for _ in range(2):
        assert loaded(dumped(table)) == [{"a": 0}, {"a": 1}, {"a": 2}]
    half = table.reader[1:]
    table.reader = half
    assert loaded(dumped(table)) == [{"a": 1}, {"a": 2}]


D = decimal.Decimal


@pytest.mark.parametrize(
    "records, message",
    [
        ([{"a": 1}, {"a": None}, {"a": 2.5}, {"a": "x"}, {"a": 1}], r"record 3: \['a'\]: a mixture of int and float and str"),
        ([{"a": None}, {"a": {"b": 1j}}], r"record 1: \['a'\]\['b'\]: complex"),
        ([1, {"a": 1}], "record 1: a mixture"),
        ([(slice(1),)], r"record 0: \['f0'\]: slice"),
        ([{"l": [{"k": 1}]}, {"l": [{"k": 2}, {"k": b""}]}], r"record 1: \['l'\]\[...\]\['k'\]: a mixture"),
        ([{"m": {1: "a", "x": "b"}}], r"record 0: \['m'\]<key>: a mixture of int and str"),
        ([{"m": {1: "a"}}, {"m": {None: "b"}}], r"record 1: \['m'\]<key>: "),
        ([{"a": 10**30}, {"a": 10**40}], r"record 1: \['a'\]: an int of more than 38 digits"),
        ([(datetime.datetime(2020, 1, 1),), (datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),)],
         r"record 1: \['f0'\]: a mixture of datetimes"),
        ([{"a": None}, {"a": 10**40}], r"record 1: \['a'\]: an int of more than 38 digits"),
        ([{"d": D(10) ** 29}, {"d": None}, {"d": D(10) ** -8}, {"d": D("-1E-9")}, {"d": D(1)}],
         r"record 3: \['d'\]: a Decimal with which there are more than 38 digits"),
        ([D("0E-38"), D(0), D(1)], r"record 2: a Decimal with which"),
        ([(1, [D(1)]), (2, [D("1" * 20), D("1E-19")])], r"record 1: \['f1'\]\[...\]: a Decimal with which"),
        ([{"m": {1: D(10) ** 30}}, {"m": {2: D(10) ** -9}}], r"record 1: \['m'\]\[...\]: a Decimal with which"),
        ([{"m": {D(10) ** 30: 1}}, {"m": {D(10) ** -9: 2}}], r"record 1: \['m'\]<key>: a Decimal with which"),
        ([{"a": 1}, {"a": 0.5}, {"a": -(2**53) - 1}], r"record 2: \['a'\]: an int beyond 2\*\*53 among floats"),
        ([(None,), ([2**53, 0.5, 2**63],)], r"record 1: \['f0'\]\[...\]: an int beyond 2\*\*53 among floats"),
        ([{"b": 1}, {"b\0c": 1, "b": 2}], r"record 1: \['b\\x00c'\]: a name with a null character"),
        ([D("NaN")], r"record 0: \['value'\] is a Decimal that is no number"),
    ],
)  # fmt: skip
def test_what_has_no_arrow_type_is_refused_with_record_and_field(records, message):
    reader = ladle.open(io.BytesIO(dumped(records)))
    with pytest.raises(TypeError, match=message):
        reader.__arrow_c_stream__()
    with pytest.raises(TypeError, match=message):
        reader.__arrow_c_schema__()


def schema_formats(records, block_size=132_000):
    reader = ladle.open(io.BytesIO(dumped(records, block_size=block_size)))
    capsule = reader.__arrow_c_schema__()
    return [form for _, form, _ in formats(schema_in(capsule))]


BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
EAST = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
ODD = datetime.timezone(datetime.timedelta(seconds=61))


@pytest.mark.parametrize(
    "zones, form",
    [
        ([BERLIN], "tsu:Europe/Berlin"),
        ([BERLIN, None], "tsu:Europe/Berlin"),
        ([EAST], "tsu:+05:30"),
        ([datetime.timezone(-datetime.timedelta(hours=3))], "tsu:-03:00"),
        ([datetime.UTC], "tsu:UTC"),
        ([datetime.UTC, zoneinfo.ZoneInfo("UTC")], "tsu:UTC"),
        ([BERLIN, EAST], "tsu:UTC"),
        ([BERLIN, zoneinfo.ZoneInfo("Asia/Tokyo")], "tsu:UTC"),
        ([ODD], "tsu:UTC"),
    ],
)  # fmt: skip
def test_times_of_one_zone_keep_it_and_those_of_several_go_out_in_utc(zones, form):
    first = datetime.datetime(2020, 10, 25, 2, 30)
    moments = [(first + datetime.timedelta(days=40 * i)).replace(fold=1) for i in range(200)]
    zone_of = [zones[i % len(zones)] for i in range(200)]
    records = [{"n": i, "t": zone_of[i] and moments[i].replace(tzinfo=zone_of[i])} for i in range(200)]
    assert schema_formats(records, 1024) == ["l", form]
    assert schema_formats([{"deep": [record]} for record in records]) == ["+l"]
    again = through_arrow(records, block_size=1024)
    instants = [[record["t"] and record["t"].timestamp() for record in rows] for rows in (again, records)]
    assert instants[0] == instants[1]
    if form != "tsu:UTC":
        assert all(record["t"] is None or record["t"].tzinfo == zones[0] for record in again)


class Wanted(Table):
    """A Table that is asked for a schema: a capsule, or a Request, which has one."""

    def __init__(self, records, wanted):
        super().__init__(records, block_size=1024)
        self.wanted = wanted

    def __arrow_c_stream__(self, requested_schema=None):
        return self.reader.__arrow_c_stream__(getattr(self.wanted, "capsule", self.wanted))

    def schema(self):
        capsule, schema = self.__arrow_c_stream__(), Schema()
        assert stream_in(capsule).get_schema(stream_in(capsule), schema) == 0
        return schema


@pytest.mark.parametrize(
    "records, wanted, rows",
    [
        ([{"a": 1, "b": "x", "c": 1.5}], [{"c": 0.0, "a": 1}], [{"c": 1.5, "a": 1}]),
        ([(1, "x", 2.5)], [{"f2": 0.0, "f0": 1}], [{"f2": 2.5, "f0": 1}]),
        ([{"a": 1, "b": "x"}], [{"b": "", "z": 1}], [{"a": 1, "b": "x"}]),
        ([{"a": 1, "s": {"x": 1, "y": 2}}], [{"s": {"y": 1}}], [{"s": {"y": 2}}]),
        ([{"a": 1}], [{"a": 1.5}], [{"a": 1.0}]),
        ([{"a": 2**53 + 1}], [{"a": 1.5}], [{"a": 2**53 + 1}]),
        ([{"a": None}], [{"a": 1}], [{"a": None}]),
        ([{"a": 1}], [{"a": "x"}], [{"a": 1}]),
        ([{"a": decimal.Decimal("1.5")}], [{"a": decimal.Decimal("100.25")}], [{"a": decimal.Decimal("1.50")}]),
        ([{"a": decimal.Decimal("1.25")}], [{"a": decimal.Decimal("1.5")}], [{"a": decimal.Decimal("1.25")}]),
    ],
)  # fmt: skip
def test_a_requested_schema_is_followed_where_no_value_changes(records, wanted, rows):
    schema = ladle.open(io.BytesIO(dumped(wanted))).__arrow_c_schema__()
    assert exactly(loaded(dumped(Wanted(records * 300, schema)))) == exactly(rows * 300)


def test_a_requested_list_of_nothing_is_no_reason_to_fail():
    records = [{"a": [1, 2]}] * 300
    assert loaded(dumped(Wanted(records, Request(("+s", {"a": "+l"}))))) == records


def instant(*moment, zone=datetime.UTC):
    return datetime.datetime(*moment, tzinfo=zone)


T, S, Z = datetime.datetime, datetime.timedelta, float("nan")


@pytest.mark.parametrize(
    "values, form, granted",
    [
        ([1.5, None, -0.0, float("inf"), Z, 2.0**-149, 2.0**127], "f", "f"),
        ([1.5, 0.1], "f", "g"),
        ([1e39], "f", "g"),
        ([2.0**-150], "f", "g"),
        ([struct.unpack("d", struct.pack("Q", 0x7FF8000000000001))[0]], "f", "g"),
        ([65504.0, None, -(2.0**-24), float("-inf"), Z, -0.0], "e", "e"),
        ([65520.0], "e", "g"),
        ([2.0**-25], "e", "g"),
        ([1 + 2.0**-11], "e", "g"),
        ([1, 0.5], "f", "f"),
        ([-2048, 2048], "e", "e"),
        ([2049], "e", "l"),
        ([-(2**24), None, 2**24], "f", "f"),
        ([-(2**24) - 1], "f", "l"),
        ([T(1, 1, 1), None, T(9999, 12, 31, 23, 59, 59)], "tss:", "tss:"),
        ([T(1960, 1, 1, 0, 0, 0, 1000), T(9999, 1, 1)], "tsm:", "tsm:"),
        ([T(1960, 1, 1), T(1960, 1, 1, 0, 0, 0, 1001)], "tsm:", "tsu:"),
        ([T(1960, 1, 1, 0, 0, 0, 999_999)], "tss:", "tsu:"),
        ([T(1677, 9, 21, 0, 12, 43, 145225), T(2262, 4, 11, 23, 47, 16, 854775)], "tsn:", "tsn:"),
        ([T(1677, 9, 21, 0, 12, 43, 145224)], "tsn:", "tsu:"),
        ([T(2262, 4, 11, 23, 47, 16, 854776)], "tsn:", "tsu:"),
        ([T(2020, 1, 1)], "tss:UTC", "tsu:"),
        ([instant(2020, 1, 1), instant(2020, 1, 1, zone=EAST)], "tsm:+05:30", "tsm:+05:30"),
        ([instant(2020, 1, 1), instant(2020, 1, 1, 0, 0, 0, 1)], "tss:+05:30", "tsu:UTC"),
        ([instant(2020, 1, 1)], "tss:", "tsu:UTC"),
        ([datetime.time(), None, datetime.time(23, 59, 59)], "tts", "tts"),
        ([datetime.time(0, 0, 0, 1)], "tts", "ttu"),
        ([datetime.time(23, 59, 59, 999_000), datetime.time(1, fold=1)], "ttm", "ttm"),
        ([datetime.time(23, 59, 59, 999_999)], "ttm", "ttu"),
        ([datetime.time(23, 59, 59, 999_999)], "ttn", "ttn"),
        ([S(seconds=-1), None, S(days=99_999_999)], "tDs", "tDs"),
        ([S(milliseconds=-1), S(1)], "tDm", "tDm"),
        ([S(microseconds=-1)], "tDm", "tDu"),
        ([S(days=106751)], "tDn", "tDn"),
        ([S(days=-106752)], "tDn", "tDu"),
        ([datetime.date(1, 1, 1), None, datetime.date(9999, 12, 31)], "tdm", "tdm"),
        ([datetime.date(2020, 1, 1)], "tss:", "tdD"),
        (["x", None], "U", "U"),
        (["x", None, "twelve bytes", "é" * 6, "thirteen byte", "", "a long one " * 99], "vu", "vu"),
        ([b"x\0y", None, b"\0" * 12, b"\0" * 13, b""], "vz", "vz"),
        (["", None], "vu", "vu"),
        (["red", None, "", "green", "red"], "i>u", "i>u"),
        (["red", "é" * 20], "I>vu", "I>vu"),
        (["red"], "c>U", "i>U"),
        (["red"], "i>l", "i>u"),
        ([b"a\0", b"a", None], "i>z", "i>z"),
        ([""], "i>vu", "i>vu"),
        ([1], "i>u", "l"),
        ([None], "i>u", "n"),
        ([None], "vz", "vz"),
        ([b"x"], "vu", "z"),
        ([b"x", None], "U", "z"),
        ([None], "e", "e"),
        ([None], "tdm", "tdm"),
        ([None], "tsn:", "tsn:"),
        ([None], "tsn", "n"),
    ],
)  # fmt: skip
def test_a_requested_type_is_taken_when_it_holds_all_values(values, form, granted):
    records = [{"a": None, "n": 0}, *({"a": value, "n": i} for i in range(200) for value in values)]
    table = Wanted(records, Request(("+s", {"n": "g", "a": form})))
    assert [wanted for _, wanted, _ in formats(table.schema())] == ["g", granted]
    again, plain = loaded(dumped(table)), through_arrow(records)
    assert [row["n"] for row in again] == [row["n"] for row in plain]
    as_it_comes = {"e": float, "f": float, "tsm:+05:30": lambda moment: moment.astimezone(EAST)}.get(granted, lambda value: value)
    wanted = [row["a"] if row["a"] is None else as_it_comes(row["a"]) for row in plain]
    assert exactly([row["a"] for row in again]) == exactly(wanted)


FORMS = [
    *"b c C s S i I l L e f g u U vu z Z vz i>u I>vu c>z tdD tdm tss: tsn: tsm:UTC tts ttm ttn tDs tDm tDn d:38,2".split(),
    ("+l", {"item": "f"}),
]  # fmt: skip
NEAR = {"float": st.floats(width=16) | st.floats(width=32), "int": st.integers(-3000, 3000)}


@pytest.mark.parametrize("name", sorted(COLUMNS))
@given(st.data())
def test_no_value_becomes_another_whatever_is_asked_for(name, data):
    values = st.none() | NEAR.get(name, COLUMNS[name]) | COLUMNS[name]
    records = [{"a": value} for value in data.draw(st.lists(values, min_size=1, max_size=5))]
    compared = list if name in ("int", "unsigned", "list", "decimal") else exactly
    plain = compared(through_arrow(records))
    for form in FORMS:
        assert compared(loaded(dumped(Wanted(records, Request(("+s", {"a": form})))))) == plain


def test_long_timedeltas_go_out_in_seconds():
    short = [{"s": S.min}, {"s": S(days=106_751_992)}, {"s": None}, {"s": S(1)}, {"s": S(days=999_999_999, seconds=86399)}]
    table = Wanted(short, Request(("+s", {"s": "tDs"})))
    assert exactly(loaded(dumped(table))) == exactly(short)
    with pytest.raises(ValueError, match=r"record 0: \['s'\] is out of the range of Arrow's type"):
        through_arrow(short)


@pytest.mark.parametrize("seconds", [86400 * 10**9, -86400 * 999_999_999 - 1])
def test_durations_that_python_does_not_have_are_refused(seconds):
    class Durations:
        def __arrow_c_stream__(self, requested_schema=None):
            array = numpy.array([(seconds,)], [("s", "m8[s]")])
            return Table(array).__arrow_c_stream__()

    with pytest.raises(ValueError, match=r"record 0: \['s'\] is a time that Python does not have"):
        dumped(Durations())


def test_what_is_tried_may_stand_anywhere():
    records = [{"s": {"x": [i / 4, None], "y": T(2020, 1, 1, 0, 0, i % 60)}, "m": {i: 1}} for i in range(3000)]
    wanted = {"s": ("+s", {"x": ("+l", {"item": "f"}), "y": "tss:"}), "m": "+m"}
    for bad in (None, 1234):
        if bad:
            records[bad]["s"]["x"] = [0.1]
        table = Wanted(records, Request(("+s", wanted)))
        struct = table.schema().children[0].contents
        below = struct.children[0].contents.children[0].contents.format
        assert (below, struct.children[1].contents.format) == (b"g" if bad else b"f", b"tss:")
        assert exactly(loaded(dumped(table))) == exactly(through_arrow(records))


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def readinto(self, buffer):
        self.count += (length := super().readinto(buffer))
        return length

    def read(self, size=-1):
        self.count += len(data := super().read(size))
        return data


def test_only_columns_that_are_tried_are_read_for_that():
    file = Counting(dumped([{"a": i / 4, "b": f"{i:0500}"} for i in range(10_000)], block_size=500_000))
    reader = ladle.open(file)
    request = Request(("+s", {"b": "u", "a": "f"}))
    before = file.count
    reader.__arrow_c_stream__(request.capsule)
    assert 20_000 < file.count - before < 1_000_000 < len(file.getvalue())


def test_a_dictionary_has_each_value_once_and_begins_anew_with_each_batch():
    records = [{"c": f"{i % 7}" * (i % 7 + 1) if i % 2 else None} for i in range(70_000)]
    table = Wanted(records, Request(("+s", {"c": "i>u"})))
    assert loaded(dumped(table)) == records
    capsule = table.__arrow_c_stream__()
    stream, array, lengths = stream_in(capsule), Array(), []
    while stream.get_next(stream, array) == 0 and array.release:
        column = array.children[0].contents
        lengths.append(Array.from_address(column.dictionary).length)
        assert column.n_buffers == 2 and column.n_children == 0
        array.release(array)
    assert lengths == [7] * len(lengths) and len(lengths) > 2


def test_a_dictionary_outlives_the_array_that_it_is_taken_out_of():
    table = Wanted([{"c": b"x" * i} for i in range(100)], Request(("+s", {"c": "i>z"})))
    capsule = table.__arrow_c_stream__()
    stream, array, dictionary = stream_in(capsule), Array(), Array()
    assert stream.get_next(stream, array) == 0
    address = array.children[0].contents.dictionary
    ctypes.memmove(ctypes.byref(dictionary), address, ctypes.sizeof(Array))
    ctypes.memset(address + Array.release.offset, 0, Array.release.size)
    array.release(array)
    assert dictionary.length == 100 and ctypes.string_at(dictionary.buffers[2], 99 * 50) == b"x" * 99 * 50
    dictionary.release(dictionary)
    assert not dictionary.release


def test_values_of_the_only_column_are_tried():
    for values, granted in (([1.5, 2.5], "f"), ([1.5, 0.1], "g")):
        table = Wanted(values * 500, Request(("+s", {"value": "f"})))
        assert formats(table.schema()) == [("value", granted, True)]
        assert loaded(dumped(table)) == [{"value": value} for value in values * 500]


@pytest.mark.parametrize(
    "bad, message",
    [("\ud800", "lone surrogate"), (decimal.Decimal("NaN"), "Decimal")],
)
def test_a_value_that_a_column_cannot_take_names_record_and_field(bad, message):
    good = "x" if isinstance(bad, str) else decimal.Decimal(1)
    records = [{"k": {"v": good}}] * 5000 + [{"k": {"v": bad}}, {"k": {"v": good}}]
    with pytest.raises((ValueError, TypeError), match=rf"record 5000: \['k'\]\['v'\] .*{message}"):
        loaded(dumped(Table(records)))


@pytest.mark.parametrize("code, word, form", [(1, 719163 + 2**32 + 5, "tdD"), (4, (2**32 + 5) * 10**6, "tts")])
def test_times_of_a_file_that_are_none_do_not_become_others(code, word, form):
    # A date or time of day (FORMAT.md section 7): an int of no bits, whose base it is.
    table = Wanted([], Request(("+s", {"value": form})))
    table.reader = ladle.open(io.BytesIO(one_block(1, bytes([22, code, 4]) + packed(base=word))))
    with pytest.raises(ValueError, match=r"record 0: \['value'\] is (out of the range|a time that Python does not have)"):
        loaded(dumped(table))


def test_what_was_handed_out_is_released_once_and_outlives_the_reader():
    reader = ladle.open(io.BytesIO(dumped([{"a": i, "b": "x" * i} for i in range(100)])))
    capsule = reader.__arrow_c_stream__()
    stream, array, schema = stream_in(capsule), Array(), Schema()
    assert stream.get_schema(stream, schema) == 0 and stream.get_next(stream, array) == 0
    reader.close()
    stream.release(stream)
    assert not stream.release
    del capsule, reader, stream
    gc.collect()
    assert array.length == 100 and array.n_children == 2
    numbers = ctypes.cast(array.children[0].contents.buffers[1], ctypes.POINTER(ctypes.c_int64))
    assert numbers[:100] == [*range(100)]
    array.release(array)
    schema.release(schema)
    assert not array.release and not schema.release


def test_streams_that_are_dropped_half_way_let_go_of_all():
    for taken in range(3):
        capsule = Table([{"a": i} for i in range(50_000)], block_size=1024).__arrow_c_stream__()
        stream, array = stream_in(capsule), Array()
        for _ in range(taken):
            assert stream.get_next(stream, array) == 0 and array.length
            array.release(array)


class Failing:
    """A stream whose second batch fails, and that counts its releases."""

    def __init__(self, batches):
        self.inner = Table([{"a": i} for i in range(100_000)])
        self.capsule = self.inner.__arrow_c_stream__()
        self.stream = stream_in(self.capsule)
        function = type(self.stream.get_next)
        self.get_next = function(ctypes.cast(self.stream.get_next, VOID).value)
        self.next, self.left = function(self.fail), batches
        self.stream.get_next = self.next

    def fail(self, stream, array):
        self.left -= 1
        return 5 if self.left < 0 else self.get_next(stream, array)

    def __arrow_c_stream__(self, requested_schema=None):
        return self.capsule


def test_a_stream_that_fails_raises_and_what_came_before_is_there():
    data = io.BytesIO()
    source = Failing(1)
    with ladle.open(data, "w") as writer:
        with pytest.raises(ValueError, match="Arrow stream failed"):
            writer.extend(source)
        count = len(writer)
        writer.append({"a": "end"})
    assert count and not source.stream.release
    assert loaded(data.getvalue())[-1] == {"a": "end"}


def test_capsules_that_are_used_up_or_wrong_are_refused():
    class Wrong:
        def __arrow_c_stream__(self, requested_schema=None):
            return object()

    with pytest.raises(ValueError, match="Capsule"):
        dumped(Wrong())
    failing = Failing(0)
    with pytest.raises(ValueError):
        dumped(failing)


def test_a_reader_is_copied_as_it_is_and_not_as_a_table():
    reader = ladle.open(io.BytesIO(dumped([(1, "a"), {"x": 2}, 3])))
    assert exactly(loaded(dumped(reader))) == exactly([(1, "a"), {"x": 2}, 3])
