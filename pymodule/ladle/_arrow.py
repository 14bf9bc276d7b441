# SPDX-License-Identifier: BSD-2-Clause
"""Records as an Arrow table: which type each column has. The extension makes the columns."""

import datetime
import decimal
import re
import sys
import zoneinfo

from ladle._core import _arrow_digits, _arrow_schema, _arrow_stream

# What goes into a column, as in pymodule/arrow_column.h.
(NULL, BOOL, INT, DOUBLE, TEXT, BINARY, DATE, TIMESTAMP, ZONED, TIME, DURATION, DECIMAL, UUID, LIST,
 STRUCT, MAP, ENTRIES, ITEM, RUN) = range(19)  # fmt: skip

EPOCH = datetime.datetime(1970, 1, 1)
EPOCH_UTC = EPOCH.replace(tzinfo=datetime.UTC)
MICROSECOND = datetime.timedelta(microseconds=1)
DIGITS_MAX = 38

LEAVES = {
    "none": (NULL, "n"),
    "empty": (NULL, "n"),
    "bool": (BOOL, "b"),
    "float": (DOUBLE, "g"),
    "str": (TEXT, "u"),
    "surrogate str": (TEXT, "u"),
    "bytes": (BINARY, "z"),
    "bytearray": (BINARY, "z"),
}
EXTENSIONS = {
    "date": (DATE, "tdD"),
    "time": (TIME, "ttu"),
    "timedelta": (DURATION, "tDu"),
    "UUID": (UUID, "w:16"),
    "ZoneInfo": (TEXT, "u"),
    **dict.fromkeys(
        "PurePosixPath PureWindowsPath PosixPath WindowsPath IPv4Address IPv6Address IPv4Network "
        "IPv6Network IPv4Interface IPv6Interface".split(),
        (TEXT, "u"),
    ),
}
NUMBERS = {
    "b1": "b", "i1": "c", "u1": "C", "i2": "s", "u2": "S", "i4": "i", "u4": "I", "i8": "l",
    "u8": "L", "f2": "e", "f4": "f", "f8": "g",
}  # fmt: skip
TIME_UNITS = {"s": "s", "ms": "m", "us": "u", "ns": "n"}


def schema_of(reader):
    """The capsule for __arrow_c_schema__."""
    return _arrow_schema(_plan(reader)[0])


def stream_of(reader):
    """The capsule for __arrow_c_stream__: it begins at the first record, whoever asks."""
    plan, is_wrapped = _plan(reader)
    return _arrow_stream(iter(reader), plan, moment, is_wrapped)


def _plan(reader):
    schema = reader.schema
    is_wrapped = not _is_table(schema)
    column = _column(schema, "value" if is_wrapped else "", "")
    plan = (STRUCT, "+s", "", False, (column,), None) if is_wrapped else column
    if _has_decimals(plan):
        digits = iter(_arrow_digits(iter(reader), plan, moment, is_wrapped))
        plan = _with_digits(plan, digits)
    return plan, is_wrapped


def _is_table(schema):
    is_rows = schema.kind == "scalar" and schema.dtype.startswith("[")
    return is_rows or schema.kind in ("dict", "tuple", "object")


def _has_decimals(plan):
    return plan[0] == DECIMAL and plan[5] is None or any(map(_has_decimals, plan[4]))


def _with_digits(plan, digits):
    op, form, name, is_nullable, children, detail = plan
    if op == DECIMAL:
        before, behind = next(digits)
        if detail is None:
            behind = max(behind, 0)
            if before + behind > DIGITS_MAX:
                raise TypeError(f"{name!r} has decimals of more than {DIGITS_MAX} digits in all")
            form, detail = f"d:{max(before + behind, 1)},{behind}", behind
    return op, form, name, is_nullable, tuple(_with_digits(child, digits) for child in children), detail


def _refuse(path, what):
    where = f"{path}: " if path else ""
    raise TypeError(f"{where}{what} has no Arrow type; records that have it cannot be a table")


def _column(schema, name, path, is_nullable=False):
    """The plan of a column: op, format, name, whether it has nulls, children, detail."""
    alternatives = [schema]
    if schema.kind == "union":
        alternatives = [child for child in schema.children if child.kind not in ("none", "empty")]
        is_nullable |= any(child.kind == "none" for child in schema.children)
    if not alternatives:
        return (NULL, "n", name, True, (), None)
    if len(alternatives) > 1:
        return _merged(alternatives, name, path, is_nullable)
    return _single(alternatives[0], name, path, is_nullable)


def _merged(schemas, name, path, is_nullable):
    """Kinds that go up into one: bool is none of them."""
    kinds = {schema.kind for schema in schemas}
    if kinds <= {"int", "bigint"}:
        return _decimal_of_ints(schemas, name, path, is_nullable)
    if kinds <= {"int", "float"}:
        return (DOUBLE, "g", name, is_nullable, (), None)
    if kinds <= {"str", "surrogate str"}:
        return (TEXT, "u", name, is_nullable, (), None)
    if kinds <= {"bytes", "bytearray"}:
        return (BINARY, "z", name, is_nullable, (), None)
    if kinds <= {"list", "tuples", "set", "frozenset"}:
        plans = {_single(schema, name, path, is_nullable) for schema in schemas}
        filled = [plan for plan in plans if plan[4][0][0] != NULL] or list(plans)
        if len(filled) == 1:
            return filled[0]
    if kinds == {"extension"} and {schema.name for schema in schemas} == {"datetime"}:
        return _single(schemas[-1], name, path, is_nullable)
    if kinds == {"extension"} and {schema.name for schema in schemas} == {"time"}:
        return _single(schemas[0], name, path, is_nullable)
    return _refuse(path, f"a mixture of {' and '.join(map(str, schemas))}")


def _decimal_of_ints(schemas, name, path, is_nullable):
    if max(schema.longest for schema in schemas) > 15:
        return _refuse(path, "an int of more than 38 digits")
    return (DECIMAL, "d:38,0", name, is_nullable, (), 0)


def _single(schema, name, path, is_nullable):
    kind = schema.kind
    if kind in LEAVES:
        op, form = LEAVES[kind]
        return (op, form, name, is_nullable or op == NULL, (), None)
    if kind == "int":
        return _int(schema, name, path, is_nullable)
    if kind == "bigint":
        return _decimal_of_ints([schema], name, path, is_nullable)
    if kind == "extension":
        return _extension(schema, name, path, is_nullable)
    if kind in ("list", "tuples", "set", "frozenset"):
        item = _column(schema.children[0], "item", f"{path}[...]")
        return (LIST, "+l", name, is_nullable, (item,), None)
    if kind == "map":
        key = _column(schema.children[0], "key", f"{path}<key>")
        value = _column(schema.children[1], "value", f"{path}[...]")
        if key[3]:
            return _refuse(path, "a dict with a key of None")
        entries = (ENTRIES, "+s", "entries", False, (key, value), None)
        return (MAP, "+m", name, is_nullable, (entries,), None)
    if kind in ("tuple", "dict", "object"):
        return _struct(schema, name, path, is_nullable)
    if kind in ("scalar", "array"):
        return _items(schema, name, path, is_nullable)
    return _refuse(path, str(schema))


def _int(schema, name, path, is_nullable):
    if schema.greatest is not None and schema.greatest >= 2**63:
        if schema.least is not None and schema.least < 0:
            return (DECIMAL, "d:38,0", name, is_nullable, (), 0)
        return (INT, "L", name, is_nullable, (), None)
    return (INT, "l", name, is_nullable, (), None)


def _extension(schema, name, path, is_nullable):
    if schema.name in EXTENSIONS:
        op, form = EXTENSIONS[schema.name]
        return (op, form, name, is_nullable, (), None)
    if schema.name == "datetime":
        inner = schema.children[0]
        has_zone = inner.kind == "tuple" and inner.children[2].kind != "none"
        if has_zone and any(child.kind == "none" for child in inner.children[2].children):
            return _refuse(path, "a mixture of datetimes with and without a zone")
        return (ZONED if has_zone else TIMESTAMP, "tsu:UTC" if has_zone else "tsu:", name,
                is_nullable, (), None)  # fmt: skip
    if schema.name == "Decimal":
        return (DECIMAL, "d:38,0", name, is_nullable, (), None)
    return _refuse(path, schema.name)


def _struct(schema, name, path, is_nullable):
    names = schema.names or tuple(f"f{i}" for i in range(len(schema.children)))
    children = tuple(
        _column(child, key, f"{path}[{key!r}]", child.count < schema.count)
        for key, child in zip(names, schema.children, strict=True)
    )
    return (STRUCT, "+s", name, is_nullable, children, None)


def _items(schema, name, path, is_nullable):
    from ladle import _numpy

    dtype, _ = _numpy.parse(schema.dtype)
    plan = _items_of(dtype, name, path, is_nullable)
    extents = schema.extents or ()
    if schema.kind == "array" and not extents:
        return _refuse(path, "an array without dimensions")
    return _runs(plan, extents, name, path, is_nullable)


def _runs(plan, extents, name, path, is_nullable):
    if extents and plan[0] == STRUCT:
        return _refuse(path, "an array of NumPy with fields")
    for extent in reversed(extents):
        op, form, _, _, children, detail = plan
        plan = (op, form, "item", plan[3] and op == ITEM, children, detail)
        plan = (RUN, f"+w:{extent}", "item", False, (plan,), extent)
    op, form, _, nullable, children, detail = plan
    return (op, form, name, nullable or is_nullable, children, detail)


def _items_of(dtype, name, path, is_nullable):
    """The plan of items of NumPy, in the byte order of this machine."""
    if dtype.subdtype:
        base, extents = dtype.subdtype
        return _runs(_items_of(base, name, path, False), extents, name, path, is_nullable)
    if dtype.names is not None:
        children = tuple(
            _items_of(dtype.fields[key][0], key, f"{path}[{key!r}]", False) for key in dtype.names
        )
        return (STRUCT, "+s", name, is_nullable, children, True)
    native = dtype.newbyteorder("=")
    if dtype.kind in "mM":
        return _time_items(native, name, path)
    if dtype.kind in "SU":
        op, form = (BINARY, "z") if dtype.kind == "S" else (TEXT, "u")
        return (op, form, name, is_nullable, (), native)
    if dtype.kind == "V":
        return (ITEM, f"w:{dtype.itemsize}", name, is_nullable, (), native)
    form = NUMBERS.get(dtype.str[1:])
    if form is None:
        return _refuse(path, f"the dtype {dtype}")
    return (BOOL if form == "b" else ITEM, form, name, is_nullable, (), native)


def _time_items(dtype, name, path):
    import numpy

    unit, units = numpy.datetime_data(dtype)
    if unit in ("W", "D", "h", "m") or units != 1:
        unit = "s"
    if unit not in TIME_UNITS:
        return _refuse(path, f"the dtype {dtype}")
    form = ("ts" if dtype.kind == "M" else "tD") + TIME_UNITS[unit] + (":" if dtype.kind == "M" else "")
    return (ITEM, form, name, True, (), numpy.dtype(f"{dtype.kind}8[{unit}]"))


def moment(value):
    """Microseconds of a datetime since 1970, or of a time of day; None where that has a zone."""
    if isinstance(value, datetime.datetime):
        epoch = EPOCH if value.tzinfo is None else EPOCH_UTC
        return (value - epoch) // MICROSECOND
    if value.tzinfo is not None:
        return None
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return seconds * 1_000_000 + value.microsecond


def zone_of(name):
    """The tzinfo for a time zone as Arrow names it: a name, or an offset like +02:00."""
    if name in ("UTC", "+00:00"):
        return datetime.UTC
    offset = re.fullmatch(r"([+-])(\d\d):(\d\d)", name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return datetime.timezone(datetime.timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    return zoneinfo.ZoneInfo(name)


def moment_in(microseconds, zone):
    """The datetime in a zone, so many microseconds after 1970 began in UTC."""
    return (EPOCH_UTC + datetime.timedelta(microseconds=microseconds)).astimezone(zone)


def decimal_of(data, scale):
    """The Decimal of a number as Arrow keeps it."""
    number = int.from_bytes(data, sys.byteorder, signed=True)
    digits = tuple(map(int, str(abs(number))))
    return decimal.Decimal((int(number < 0), digits, -scale))
