# SPDX-License-Identifier: BSD-2-Clause
"""Which values are stored exactly, which are refused, and what a refusal says."""

import array
import collections
import datetime
import decimal
import fractions
import gc
import io
import ipaddress
import math
import pathlib
import pickle
import random
import struct
import uuid
import zoneinfo

import ladle
import numpy
import pytest

from helpers import dumped, exactly, loaded
from reference_value import VALUE_MAGIC, crc32c
from strategies import ZONES

DAY = datetime.timedelta(days=1)
BERLIN = datetime.timezone(datetime.timedelta(hours=1), "Berlin")
MOMENT = datetime.datetime(2026, 10, 25, 2, 30, 0, 123456)



def moved_to_end(items):
    """Its order is then no more that of the dict which it is."""
    items.move_to_end("b")
    return items


VALUES = {
    "none": None,
    "false": False,
    "true": True,
    "zero": 0,
    "one": 1,
    "minus one": -1,
    "least of 64 bits": -(1 << 63),
    "below 64 bits": -(1 << 63) - 1,
    "greatest signed": (1 << 63) - 1,
    "least unsigned": 1 << 63,
    "greatest unsigned": (1 << 64) - 1,
    "above 64 bits": 1 << 64,
    "a googol": 10**100,
    "minus a googol": -(10**100),
    "a long int": 7**4000,
    "float": 0.1,
    "minus zero": -0.0,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "nan": math.nan,
    "negative nan with payload": struct.unpack("<d", bytes.fromhex("efbeadde0000f8ff"))[0],
    "least float": 5e-324,
    "complex": complex(-0.0, math.nan),
    "empty str": "",
    "ascii": "ladle",
    "latin": "Käse",
    "two bytes": "\u0416",
    "astral": "\U0001f944",
    "nul in str": "a\0b",
    "long str": "ab" * 3000,
    "borders of latin": "\x7f\x80\xff" * 40,
    "borders of two bytes": "\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff" * 40,
    "borders of four bytes": "\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff" * 40,
    "surrogate behind two bytes": "\u0800" * 40 + "\udfff",
    "surrogate behind four bytes": "\U0010ffff" * 40 + "\ud800",
    "lone surrogate": "\ud800",
    "swapped pair": "\udc00\ud800x",
    "pair of surrogates": "\ud83e\udd44",
    "empty bytes": b"",
    "bytes": bytes(range(256)),
    "bytearray": bytearray(b"\xff\0"),
    "empty tuple": (),
    "tuple": (1, "a", None),
    "long tuple": tuple(range(1000)),
    "empty list": [],
    "list": [1, [2, [3, []]]],
    "list of tuples and lists": [(1,), [1], (1, 2), [1, 2]],
    "empty dict": {},
    "order of keys": {"b": 1, "a": 2, "c": {"z": 0, "y": 0}},
    "keys of all kinds": {
        None: 1,
        True: 2,
        5: 3,
        1.5: 4,
        "s": 5,
        b"b": 6,
        (1, "t"): 7,
        frozenset([1]): 8,
        "\ud800": 9,
        datetime.date(2026, 1, 1): 10,
        1 << 70: 11,
        2j: 12,
    },
    "many keys": {f"key {i}": i for i in range(3000)},
    "empty set": set(),
    "set": {1, "a", (2, 3), None},
    "frozenset": frozenset([1, frozenset([2])]),
    "date": datetime.date(1, 1, 1),
    "last date": datetime.date(9999, 12, 31),
    "datetime": MOMENT,
    "first datetime": datetime.datetime.min,
    "last datetime": datetime.datetime.max,
    "datetime with fold": MOMENT.replace(fold=1),
    "datetime in UTC": MOMENT.replace(tzinfo=datetime.UTC),
    "datetime in a named zone": MOMENT.replace(tzinfo=BERLIN, fold=1),
    "time": datetime.time(23, 59, 59, 999999),
    "time with fold": datetime.time(2, 30, fold=1),
    "time with zone": datetime.time(2, 30, tzinfo=BERLIN),
    "timedelta": datetime.timedelta(days=-1, seconds=1, microseconds=5),
    "least timedelta": datetime.timedelta.min,
    "greatest timedelta": datetime.timedelta.max,
    "fixed zone": datetime.timezone(datetime.timedelta(hours=-3, microseconds=7)),
    "greatest zone": datetime.timezone(DAY - datetime.timedelta(microseconds=1)),
    "named zone": BERLIN,
    "zone with an empty name": datetime.timezone(DAY / 24, ""),
    "UTC": datetime.UTC,
    "UTC with a name": datetime.timezone(datetime.timedelta(0), "Zulu"),
    **{
        f"datetime in {key}": MOMENT.replace(tzinfo=zoneinfo.ZoneInfo(key), fold=1) for key in ZONES
    },
    "decimal": decimal.Decimal("-1.50"),
    "decimal minus zero": decimal.Decimal("-0E+5"),
    "decimal nan with payload": decimal.Decimal("-sNaN123"),
    "decimal infinity": decimal.Decimal("-Infinity"),
    "long decimal": decimal.Decimal("1" * 500 + "E-1000"),
    "fraction": fractions.Fraction(-(10**30), 7),
    "uuid": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    "pure posix path": pathlib.PurePosixPath("/a/../b"),
    "pure windows path": pathlib.PureWindowsPath("C:\\a"),
    "path": pathlib.Path("a/b"),
    "ip": [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("fe80::1%eth0")],
    "networks": [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::/32")],
    "interfaces": [ipaddress.ip_interface("10.1.2.3/8"), ipaddress.ip_interface("::1/64")],
    "range": [range(0), range(1, 1), range(10**30, -5, -7)],
    "slice": [slice(None), slice(1, "a", (2,))],
    "ellipsis": ...,
    **{
        f"array of {code}": array.array(code, [0, 1, 2])
        for code in array.typecodes
        if code not in "uw"
    },
    "empty array": array.array("d"),
    "ordered dict": moved_to_end(collections.OrderedDict(b=1, a=[2], c=None)),
    "ordered dict of any keys": collections.OrderedDict({(1,): 2, None: 3, "a": 4}),
    "deque": collections.deque([1, "a", collections.deque()]),
    "deque with a maximum": collections.deque([1, 2], 3),
    "deque of none": collections.deque([], 0),
    "counter": collections.Counter({"a": 2, "b": -1, 3: 0}),
    "defaultdict": collections.defaultdict(list, {"a": [1], 2: []}),
    "defaultdict without factory": collections.defaultdict(None, {1: 2}),
    "nested collections": collections.OrderedDict(
        a=collections.Counter("aab"), b=collections.deque([collections.OrderedDict()])
    ),
    **{f"time in {key}": datetime.time(2, 30, tzinfo=zoneinfo.ZoneInfo(key)) for key in ZONES},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_value_comes_back_exactly(value):
    assert exactly(loaded(dumped([value]))) == exactly([value])
    assert exactly(loaded(dumped([[value], {"key": value}]))) == exactly([[value], {"key": value}])
    assert exactly(ladle.loads(ladle.dumps(value))) == exactly(value)


def test_all_values_together_come_back_exactly():
    records = list(VALUES.values()) * 3
    assert exactly(loaded(dumped(records))) == exactly(records)


@pytest.mark.parametrize(
    "factory",
    [bool, bytearray, bytes, complex, dict, float, frozenset, int, list, set, str, tuple],
)
def test_each_factory_of_a_defaultdict_comes_back(factory):
    (back,) = loaded(dumped([collections.defaultdict(factory, a=1)]))
    assert type(back) is collections.defaultdict
    assert back.default_factory is factory
    assert back["new"] == factory()


def test_an_array_of_characters_comes_back():
    code = "w" if "w" in array.typecodes else "u"
    characters = array.array(code, "a\u0416\U0001f944")
    assert exactly(loaded(dumped([characters]))) == exactly([characters])


EQUALS = [1, True, 1.0, 1 + 0j, decimal.Decimal(1), fractions.Fraction(1)]


@pytest.mark.parametrize("kind", ["items", "keys", "members", "parts", "fields"])
def test_values_that_are_equal_but_of_other_types_stay_apart(kind):
    wrap = {
        "items": lambda value: [value, value],
        "keys": lambda value: {value: value, "other": 0},
        "members": lambda value: {value},
        "parts": lambda value: (value, frozenset([value])),
        "fields": lambda value: {"field": value},
    }[kind]
    records = [wrap(value) for value in [*EQUALS, *reversed(EQUALS)] * 5]
    assert exactly(loaded(dumped(records))) == exactly(records)
    assert exactly(ladle.loads(ladle.dumps(records))) == exactly(records)
    zeros = [wrap(value) for value in [0.0, -0.0, 0, False, complex(-0.0, 0.0)] * 20]
    assert exactly(loaded(dumped(zeros))) == exactly(zeros)


def test_utc_comes_back_as_the_one_utc():
    assert loaded(dumped([datetime.UTC]))[0] is datetime.UTC


def test_shared_references_are_stored_twice():
    shared = ["x"]
    [(first, second)] = loaded(dumped([(shared, shared)]))
    assert first == second == ["x"]
    assert first is not second


def test_mutable_values_of_different_records_are_different_objects():
    first, second = loaded(dumped([bytearray(b"x"), bytearray(b"x")]))
    assert first is not second


class IntKind(int):
    pass


class FloatKind(float):
    pass


class StrKind(str):
    pass


class BytesKind(bytes):
    pass


class ListKind(list):
    pass


class TupleKind(tuple):
    pass


class DictKind(dict):
    pass


class SetKind(set):
    pass


class MomentKind(datetime.datetime):
    pass


class DeltaKind(datetime.timedelta):
    pass


class ZoneKind(datetime.tzinfo):
    def utcoffset(self, moment):
        return datetime.timedelta(0)


def zone_from_file(key):
    """A zone of one offset of 0, whatever its key says."""
    data = b"TZif" + bytes(32) + (1).to_bytes(4) + (1).to_bytes(4) + bytes(7)
    return zoneinfo.ZoneInfo.from_file(io.BytesIO(data), key=key)


def with_attribute(items):
    items.attribute = 5
    return items


UNSUPPORTED = {
    "function": len,
    "lambda": lambda: 0,
    "object": object(),
    "class": int,
    "module": io,
    "generator": (i for i in ()),
    "memoryview": memoryview(b""),
    "int subclass": IntKind(5),
    "float subclass": FloatKind(5),
    "str subclass": StrKind("5"),
    "bytes subclass": BytesKind(b"5"),
    "list subclass": ListKind([5]),
    "tuple subclass": TupleKind([5]),
    "dict subclass": DictKind(a=5),
    "set subclass": SetKind([5]),
    "defaultdict of a function": collections.defaultdict(lambda: 0),
    "defaultdict of another class": collections.defaultdict(collections.Counter),
    "datetime subclass": MomentKind(2026, 1, 1),
    "unknown tzinfo": datetime.datetime(2026, 1, 1, tzinfo=ZoneKind()),
    "zone without a key": zone_from_file(None),
    "zone that is not the one of its key": zone_from_file("Europe/Berlin"),
    "datetime in such a zone": MOMENT.replace(tzinfo=zone_from_file("Europe/Berlin")),
    "timezone of a timedelta subclass": datetime.timezone(DeltaKind(hours=1)),
    "timezone with a str subclass": datetime.timezone(DAY / 24, StrKind("x")),
    "fraction of numpy's ints": fractions.Fraction(numpy.int64(3), 7),
    "ordered dict with an attribute": with_attribute(collections.OrderedDict(a=1)),
    "counter with an attribute": with_attribute(collections.Counter("a")),
}


@pytest.mark.parametrize("value", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_unsupported_value_is_refused(value):
    with pytest.raises(TypeError):
        dumped([value])
    with pytest.raises(TypeError):
        dumped([{"key": [value]}])
    with pytest.raises(TypeError):
        ladle.dumps((value,))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"meta": {"fn": test_utc_comes_back_as_the_one_utc}},
            "record 17: ['meta']['fn']: function",
        ),
        ([1, (2, {"a": object()})], "record 17: [1][1]['a']: object"),
        ({5: [IntKind(1)]}, "record 17: [5][0]: "),
        ({"a": StrKind("x")}, "StrKind"),
        ({"it's": object()}, """record 17: ["it's"]: object"""),
        (object(), "record 17: object"),
        ([zone_from_file("Europe/Berlin")], "[0]: zoneinfo.ZoneInfo cannot be stored: it was made"),
        ([fractions.Fraction(numpy.int64(3))], "record 17: [0]: fractions.Fraction cannot be stored: its num"),
        ([with_attribute(collections.Counter())], "[0]: collections.Counter cannot be stored: it has attr"),
    ],
)
def test_a_refusal_names_record_path_and_type(value, message):
    records = [{"fine": i} for i in range(17)] + [value]
    with pytest.raises(TypeError) as caught:
        dumped(records)
    assert message in str(caught.value)


def test_dumps_names_the_path_too():
    with pytest.raises(TypeError) as caught:
        ladle.dumps({"a": [0, object()]})
    assert "['a'][1]: object" in str(caught.value)


def cycles():
    items = []
    items.append(items)
    mapping = {}
    mapping["self"] = [mapping]
    held = ([],)
    held[0].append(held)
    return {"list": items, "dict": mapping, "tuple": held}


@pytest.mark.parametrize("kind", ["list", "dict", "tuple"])
def test_a_cycle_is_a_limit_error(kind):
    value = cycles()[kind]
    with pytest.raises(ladle.LimitError) as caught:
        dumped([1, value])
    assert caught.value.limit == "max_depth"
    assert caught.value.record == 1
    with pytest.raises(ladle.LimitError):
        ladle.dumps(value)


WRAPS = {
    "list": lambda value: [value],
    "tuple": lambda value: (value,),
    "dict": lambda value: {"in": value},
    "map": lambda value: {1: value},
    "mixed": lambda value: [0, {"in": (value, None)}],
}


def nested(wrap, depth):
    value = 1
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS.keys())
def test_nesting_up_to_the_limit_comes_back_and_beyond_is_refused(wrap):
    levels = 3 if wrap is WRAPS["mixed"] else 1
    deep = nested(wrap, 250 // levels)
    assert loaded(dumped([deep])) == [deep]
    assert ladle.loads(ladle.dumps(deep)) == deep
    with pytest.raises(ladle.LimitError):
        dumped([nested(wrap, 300 // levels)])
    with pytest.raises(ladle.LimitError):
        ladle.dumps(nested(wrap, 300 // levels))


def test_a_depth_of_a_million_is_refused_and_not_a_crash():
    with pytest.raises(ladle.LimitError):
        dumped([nested(WRAPS["list"], 1_000_000)])


def test_the_depth_limit_can_be_set_for_writing_and_reading():
    deep = nested(WRAPS["list"], 20)
    with pytest.raises(ladle.LimitError) as caught:
        dumped([deep], limits=ladle.Limits(max_depth=10))
    assert caught.value.limit == "max_depth"
    data = dumped([1, deep])
    source = ladle.load(io.BytesIO(data), limits=ladle.Limits(max_depth=10))
    with pytest.raises(ladle.LimitError):
        source.tolist()


def test_a_limit_of_zero_is_refused():
    with pytest.raises(ValueError):
        ladle.Limits(max_depth=0)


def test_default_maps_an_unsupported_object():
    records = [{"x": {1, 2}.__len__}, [object(), 5]]
    assert loaded(dumped(records, default=lambda value: "gone")) == [{"x": "gone"}, ["gone", 5]]


def test_default_may_return_containers_with_unsupported_objects():
    def default(value):
        return [str(value)] if isinstance(value, IntKind) else {"inner": IntKind(7)}

    assert loaded(dumped([object()], default=default)) == [{"inner": ["7"]}]


@pytest.mark.parametrize(
    "value",
    [
        fractions.Fraction(numpy.int64(3), 7),
        datetime.timezone(DAY / 24, StrKind("x")),
        MOMENT.replace(tzinfo=zone_from_file("Europe/Berlin")),
    ],
    ids=["fraction", "timezone", "datetime"],
)
def test_default_gets_the_whole_of_a_value_whose_parts_are_not_stored(value):
    assert loaded(dumped([value], default=lambda given: [given is value])) == [[True]]


@pytest.mark.parametrize("kind", ["dict", "mixed dict", "set", "frozenset", "in a key", "Counter"])
@pytest.mark.parametrize("among", [[], [5, "x", None]])
def test_default_is_not_asked_about_keys_and_items_of_sets(kind, among):
    first, second = object(), object()
    value = {
        "dict": {first: 1, second: 2},
        "mixed dict": {"a": 1, first: 2},
        "set": {first, second},
        "frozenset": frozenset([first]),
        "in a key": {(1, (first,)): 2},
        "Counter": collections.Counter([first]),
    }[kind]
    message = r"<(key|item)>.*: object cannot be stored: default= is not asked about keys"
    writer = ladle.open(io.BytesIO(), "w", default=lambda given: "same")
    with writer:
        writer.extend(among)
        with pytest.raises(TypeError, match=message):
            writer.append([value])
        writer.append({"key": first})
    with pytest.raises(TypeError, match=message):
        ladle.dumps([value], default=lambda given: "same")
    assert ladle.loads(ladle.dumps([{"a"}, {1: first}], default=str)) == [{"a"}, {1: str(first)}]


def test_generic_collections_come_back_without_what_typing_notes_in_them():
    values = [collections.OrderedDict[str, int](a=1), collections.Counter[str]("aab")]
    assert exactly(loaded(dumped(values))) == exactly(values)


def test_a_zone_without_a_place_in_the_cache_comes_back():
    moment = MOMENT.replace(tzinfo=zoneinfo.ZoneInfo.no_cache("Europe/Berlin"))
    assert exactly(loaded(dumped([moment]))) == exactly([moment])


def test_default_that_never_ends_is_a_limit_error():
    with pytest.raises(ladle.LimitError):
        dumped([object()], default=lambda value: [object()])
    with pytest.raises((TypeError, ladle.LimitError)):
        dumped([object()], default=lambda value: value)


def test_an_exception_of_default_passes_through_unchanged():
    error = KeyError("mine")

    def default(value):
        raise error

    with pytest.raises(KeyError) as caught:
        dumped([object()], default=default)
    assert caught.value is error


def test_default_is_not_asked_for_supported_values():
    dumped([1, "a", {"b": [None]}], default=pytest.fail)


def test_a_list_that_grows_while_it_is_written_is_no_crash():
    grown = [object()]

    def default(value):
        grown.extend(range(100_000))
        return "first"

    try:
        data = dumped([grown], default=default)
    except RuntimeError:
        return
    assert loaded(data)[0][0] == "first"


@pytest.mark.parametrize("change", ["clear", "grow", "replace"])
def test_a_dict_that_changes_its_size_while_it_is_written_is_an_error(change):
    record = {"a": object(), "b": 2, 3: 4}

    def default(value):
        if change == "clear":
            record.clear()
        elif change == "grow":
            record.update((i, i) for i in range(10_000))
        else:
            del record["b"]
            record["c"] = 5
        return "first"

    try:
        data = dumped([record], default=default)
    except RuntimeError:
        return
    assert change == "replace"  # of one key by another: a dict does not notice that itself
    assert loaded(data)[0]["a"] == "first"


@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_records_that_default_drops_from_their_list_are_written_whole(kind):
    def record(i):
        values = [f"{i} first", object(), [f"{i} second", object()], f"{i} third"]
        return dict(zip("abcd", values)) if kind is dict else kind(values)

    def default(value):
        records[:] = [[None] * 5 for _ in range(100)]
        gc.collect()
        return "gone"

    records = [record(0)]
    first = loaded(dumped(records, default=default))[0]
    values = list(first.values()) if kind is dict else list(first)
    assert values == ["0 first", "gone", ["0 second", "gone"], "0 third"]


@pytest.mark.parametrize("kind", ["tuple", "list", "dict", "leaf"])
def test_a_list_whose_records_lie_anywhere_in_memory(kind):
    def record(i):
        values = (float(i), f"a string of {i}", i << 40)
        return {
            "tuple": values,
            "list": list(values),
            "dict": dict(zip("abc", values)),
            "leaf": f"a string of {i}",
        }[kind]

    records = [record(i) for i in range(3000)]
    random.Random(5).shuffle(records)
    assert loaded(dumped(records)) == records


def with_code(code, value):
    """What dumps would give for an extension with this code."""
    data = VALUE_MAGIC + bytes([0x16, code]) + ladle.dumps(value)[len(VALUE_MAGIC) : -4]
    return data + crc32c(data).to_bytes(4, "little")


def test_addresses_are_what_their_text_says():
    texts = ["0.0.0.0", "255.255.255.255", "1.20.0.199", "9.99.100.10"]
    for text in texts:
        assert exactly(ladle.loads(with_code(16, text))) == exactly(ipaddress.IPv4Address(text))
    refused = ["", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.0.0.1", "1.2.3.1000", "01.2.3.4", "1.2.3.4 ",
               "1.2.3.04", "1.2.3.4\0", "1,2,3,4", "\u0661.2.3.4", "\xb9.2.3.4", "16909060"]  # fmt: skip
    for text in refused:
        with pytest.raises(ladle.CorruptError):
            ladle.loads(with_code(16, text))


def test_uuids_are_as_the_constructor_makes_them():
    numbers = [0, 1, 2**64, 2**127, 2**128 - 1, 5 << 100]
    uuids = [uuid.UUID(int=number) for number in numbers]
    read = loaded(dumped(uuids))
    for one, other in zip(read, uuids, strict=True):
        assert type(one.int) is int
        assert (one, one.int, one.bytes, one.is_safe, hash(one), str(one)) == (
            other, other.int, other.bytes, other.is_safe, hash(other), str(other))  # fmt: skip
        assert pickle.loads(pickle.dumps(one)) == other
        with pytest.raises(TypeError, match="immutable"):
            one.int = 0
    for data in (b"", bytes(15), bytes(17), "0" * 16):
        with pytest.raises(ladle.CorruptError):
            ladle.loads(with_code(11, data))


def test_time_zones_that_change_from_value_to_value():
    minutes = [0, 90, -90, 0, 0, 1, -1439, 1439, 90, 90]
    zones = [datetime.timezone(datetime.timedelta(minutes=minute)) for minute in minutes]
    zones += [BERLIN, datetime.timezone(BERLIN.utcoffset(None)), BERLIN, None, datetime.timezone.utc]
    zones += [datetime.timezone(datetime.timedelta(0), name) for name in ("UTC", "", "UTC")]
    zones += [datetime.timezone(datetime.timedelta(microseconds=n)) for n in (1, -1, 0)]
    zones += [zoneinfo.ZoneInfo("Europe/Berlin"), zoneinfo.ZoneInfo("UTC")] * 2
    moments = [MOMENT.replace(tzinfo=zone, fold=n % 2) for n, zone in enumerate(zones)]
    clocks = [moment.timetz() for moment in moments]
    for values in (zones, moments, clocks, moments[::-1], [*moments, *clocks, *zones]):
        read = loaded(dumped(values))
        assert exactly(read) == exactly(values)
        assert [zone_of(value) for value in read] == [zone_of(value) for value in values]


def zone_of(value):
    zone = getattr(value, "tzinfo", value)
    return repr(zone), type(zone), zone is datetime.timezone.utc


def test_windows_paths_come_back_or_are_refused():
    parts = ["", ".", "c:", "c:a", "c:/a", "./c:a", "//host/share/x", "a/b:c", "\\\\?\\c:\\a", "a b/../c", "C:A/b"]
    for part in parts:
        path = pathlib.PureWindowsPath(part)
        if pathlib.PureWindowsPath(str(path)) == path:
            assert exactly(loaded(dumped([path]))) == exactly([path])
        else:
            with pytest.raises(TypeError, match="another path"):
                dumped([path])
