# SPDX-License-Identifier: BSD-2-Clause
"""Hypothesis strategies for records: any values, and lists whose records share a shape or drift."""

import array
import collections
import datetime
import decimal
import ipaddress
import pathlib
import struct
import sys
import zoneinfo
from itertools import chain

import ladle
from hypothesis import strategies as st

import classes
from strategies_numpy import ARRAYS as NUMPY_ARRAYS
from strategies_numpy import NUMPY_SCALARS, NUMPY_VALUES

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
ZONES = [zone for zone in ZONES if zone in zoneinfo.available_timezones()]

BORDERS = [0, 63, 64, *(1 << bits for bits in (7, 8, 15, 16, 31, 32, 63, 64, 65, 127))]
INTS = st.one_of(
    st.integers(),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.integers(-(1 << 200), 1 << 200),
    st.builds(
        lambda border, step, sign: sign * border + step,
        st.sampled_from(BORDERS),
        st.integers(-2, 2),
        st.sampled_from([1, -1]),
    ),
)


def float_of_bits(bits):
    return struct.unpack("<d", bits.to_bytes(8, "little"))[0]


NAN_BITS = st.integers(0x7FF0000000000001, 0x7FFFFFFFFFFFFFFF)
FLOATS = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, float("inf"), float("-inf"), 5e-324, 1.7976931348623157e308]),
    NAN_BITS.map(float_of_bits),
    NAN_BITS.map(lambda bits: float_of_bits(bits | 1 << 63)),
)
COMPLEXES = st.builds(complex, FLOATS, FLOATS)

STRS = st.text(max_size=12)
SURROGATE_STRS = st.text(
    st.one_of(st.characters(), st.integers(0xD800, 0xDFFF).map(chr)), min_size=1, max_size=8
)

FIXED_ZONES = st.builds(
    datetime.timezone,
    st.timedeltas(
        datetime.timedelta(hours=-24, microseconds=1), datetime.timedelta(hours=24, microseconds=-1)
    ),
)
NAMED_ZONES = st.builds(
    datetime.timezone, st.timedeltas(datetime.timedelta(), datetime.timedelta(hours=14)), STRS
)
IANA_ZONES = st.sampled_from(ZONES).map(zoneinfo.ZoneInfo) if ZONES else st.nothing()
TIME_ZONES = st.one_of(st.just(datetime.UTC), FIXED_ZONES, NAMED_ZONES, IANA_ZONES)


def with_fold(times):
    return st.builds(lambda time, fold: time.replace(fold=fold), times, st.integers(0, 1))


TIMES = st.one_of(
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.builds(
        lambda moment, zone: moment.replace(tzinfo=zone),
        with_fold(st.datetimes() | st.times()),
        st.none() | TIME_ZONES,
    ),
    FIXED_ZONES,
    NAMED_ZONES,
)

DECIMALS = st.one_of(
    st.decimals(),
    st.builds(
        lambda sign, digits, exponent: decimal.Decimal((sign, tuple(digits), exponent)),
        st.integers(0, 1),
        st.lists(st.integers(0, 9), min_size=1, max_size=40),
        st.sampled_from(["F", "n", "N"]) | st.integers(-300, 300),
    ),
)
PATHS = st.builds(
    lambda cls, parts: cls(*parts),
    st.sampled_from(
        [
            pathlib.PurePosixPath,
            pathlib.PureWindowsPath,
            pathlib.WindowsPath if sys.platform == "win32" else pathlib.PosixPath,
        ]
    ),
    st.lists(st.text(max_size=6), max_size=3),
)


def interfaces(addresses, longest):
    return st.tuples(addresses, st.integers(0, longest))


IPV4 = st.ip_addresses(v=4)
IPV6 = st.ip_addresses(v=6)
IPS = st.one_of(
    IPV4,
    IPV6,
    IPV6.map(lambda address: ipaddress.IPv6Address(f"{address}%eth0")),
    interfaces(IPV4, 32).map(ipaddress.IPv4Interface),
    interfaces(IPV6, 128).map(ipaddress.IPv6Interface),
    interfaces(IPV4, 32).map(lambda pair: ipaddress.IPv4Network(pair, strict=False)),
    interfaces(IPV6, 128).map(lambda pair: ipaddress.IPv6Network(pair, strict=False)),
)
RANGES = st.builds(range, INTS, INTS, INTS.filter(bool))
# Hashable from Python 3.12 on, hence no key.
SLICES = st.builds(slice, *[st.none() | st.integers(-9, 9) | STRS] * 3)


HASHABLE_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    INTS,
    FLOATS,
    COMPLEXES,
    STRS,
    SURROGATE_STRS,
    st.binary(max_size=12),
    TIMES,
    DECIMALS.filter(lambda number: not number.is_snan()),
    st.fractions(),
    st.uuids(),
    PATHS,
    IPS,
    RANGES,
    st.just(...),
    st.sampled_from([member for cls in classes.ENUMS for member in cls]),
    st.tuples(st.sampled_from(classes.FLAGS), st.integers(0, 1)).map(lambda pair: pair[0](pair[1])),
    st.integers(0, 7).map(classes.Rights),
    st.integers(-20, 100).map(classes.Bits),
    FLOATS.map(classes.Meters),
)


def array_of(typecode):
    if typecode in "uw":
        return STRS.map(lambda text: array.array(typecode, text))
    item_len = array.array(typecode).itemsize
    return st.binary(max_size=40).map(
        lambda data: array.array(typecode, data[: len(data) // item_len * item_len])
    )


ARRAYS = st.sampled_from([*array.typecodes]).flatmap(array_of)
BYTEARRAYS = st.binary(max_size=12).map(bytearray)
SCALARS = st.one_of(HASHABLE_SCALARS, BYTEARRAYS, DECIMALS, SLICES, ARRAYS, NUMPY_VALUES)
HASHABLES = st.recursive(
    HASHABLE_SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.frozensets(inner, max_size=3),
        st.builds(classes.Frozen, inner, inner),
        st.builds(classes.Slots, inner, inner),
        st.builds(classes.Pair, inner, inner),
    ),
    max_leaves=5,
)


FACTORIES = [None, bool, bytearray, bytes, complex, dict, float, frozenset, int, list, set]
FACTORIES += [str, tuple]


def with_attributes(value, attributes):
    """Attributes beside the fields, of which those of a named tuple cannot be set."""
    for name, attribute in attributes.items():
        if not hasattr(type(value), name):
            setattr(value, name, attribute)
    return value


NAMES = st.sampled_from(["u", "v", "größe", "kept"]) | STRS


def objects_of(inner):
    more = st.dictionaries(NAMES, inner, max_size=2)
    opaque_states = st.dictionaries(STRS, inner, max_size=3) | inner
    return st.one_of(
        st.builds(classes.Point, inner, inner),
        st.builds(classes.Frozen, inner, inner),
        st.builds(classes.Slots, inner, inner),
        st.builds(lambda one, two: classes.Keywords(one=one, two=two, scale=5), inner, inner),
        st.builds(with_attributes, st.builds(classes.Derived, inner, inner), more),
        st.builds(classes.Pair, inner, inner),
        st.builds(classes.Triple, inner, inner, inner),
        st.builds(with_attributes, st.builds(classes.Named, inner, inner, inner), more),
        st.builds(with_attributes, st.builds(classes.Plain), more),
        st.lists(inner, max_size=3).map(classes.Stack),
        st.builds(ladle.Opaque, STRS, opaque_states),
    )


def deque_of(items, room):
    return collections.deque(items, None if room is None else len(items) + room)


def containers_of(inner):
    mappings = st.dictionaries(HASHABLES, inner, max_size=4)
    return st.one_of(
        objects_of(inner),
        mappings.map(collections.OrderedDict),
        mappings.map(collections.Counter),
        st.builds(collections.defaultdict, st.sampled_from(FACTORIES), mappings),
        st.builds(deque_of, st.lists(inner, max_size=4), st.none() | st.integers(0, 3)),
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLES, inner, max_size=4),
        st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4),
        st.sets(HASHABLES, max_size=4),
        st.frozensets(HASHABLES, max_size=4),
    )


VALUES = st.recursive(SCALARS, containers_of, max_leaves=12)

# A strategy here draws strategies: each of those gives records of one shape.
LEAF_SHAPES = st.sampled_from(
    [
        st.none(),
        st.booleans(),
        st.integers(0, 100),
        INTS,
        st.integers(1 << 63, (1 << 64) - 1),
        FLOATS,
        st.just(-0.0),
        COMPLEXES,
        STRS,
        SURROGATE_STRS,
        st.sampled_from(["red", "green", "blue"]),
        st.binary(max_size=6),
        st.binary(max_size=6).map(bytearray),
        TIMES,
        DECIMALS,
        st.uuids(),
        ARRAYS,
        st.sampled_from(classes.Color),
        st.none() | st.integers(-5, 5),
        st.none() | STRS,
        st.integers(-5, 5) | FLOATS | STRS,
        NUMPY_ARRAYS,
        NUMPY_SCALARS,
    ]
)


def shapes_of(inner):
    keys = st.lists(STRS, max_size=4, unique=True)
    columns = keys.flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys(names, inner)))
    return st.one_of(
        st.lists(inner, max_size=4).map(lambda items: st.tuples(*items)),
        inner.map(lambda item: st.lists(item, max_size=5)),
        inner.map(lambda item: st.lists(item, max_size=3).map(tuple)),
        inner.map(lambda item: st.dictionaries(st.integers(0, 9), item, max_size=3)),
        columns.map(st.fixed_dictionaries),
        columns.map(lambda record: st.fixed_dictionaries(record).map(collections.OrderedDict)),
        inner.map(lambda item: st.lists(item, max_size=3).map(collections.deque)),
        columns.map(optional_keys),
        st.tuples(inner, inner).map(lambda pair: st.builds(classes.Point, *pair)),
        st.tuples(inner, inner).map(lambda pair: st.builds(classes.Slots, *pair)),
        inner.map(lambda item: st.builds(classes.Pair, item, st.none())),
        columns.map(optional_keys).map(
            lambda records: st.builds(with_attributes, st.builds(classes.Plain), records)
        ),
        inner.map(lambda item: st.builds(ladle.Opaque, st.just("a.B"), item)),
    )


def optional_keys(columns):
    """Dicts that have some of the keys, in any order."""
    some = st.fixed_dictionaries({}, optional=columns)
    return some.flatmap(lambda record: st.permutations(list(record.items())).map(dict))


SHAPES = st.recursive(LEAF_SHAPES, shapes_of, max_leaves=6)


def records_of(shape):
    return st.lists(shape, max_size=30)


ONE_SHAPE = SHAPES.flatmap(records_of)
DRIFTING = st.lists(ONE_SHAPE, min_size=2, max_size=3).map(lambda parts: [*chain(*parts)])
RECORDS = st.one_of(st.lists(VALUES, max_size=8), ONE_SHAPE, DRIFTING)
