# SPDX-License-Identifier: BSD-2-Clause
"""Which Arrow type each column has, from the merged shape of the records."""

import decimal
from typing import Any, NamedTuple

from ladle._schema import fits_float

# What goes into a column, as in pymodule/arrow_column.h.
(NULL, BOOL, INT, DOUBLE, TEXT, BINARY, DATE, TIMESTAMP, ZONED, TIME, DURATION, DECIMAL, UUID, LIST,
 STRUCT, MAP, ENTRIES, ITEM, RUN) = range(19)  # fmt: skip

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
    "Decimal": (DECIMAL, "d:38,0"),
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

# Steps of a path that are no names.
ITEMS, KEYS = object(), object()


class Plan(NamedTuple):
    """A column. Its detail is, for

    INT      the least and the greatest value
    DECIMAL  digits behind the point; None as long as the values were not looked at
    ZONED    the zone that all share, or UTC; None as long as the values were not looked at
    RUN      how many items; ITEM and others of NumPy: the dtype; STRUCT of NumPy: True
    """

    op: int
    form: str
    name: str
    is_nullable: bool
    children: tuple["Plan", ...] = ()
    detail: Any = None
    instead: Any = None  # the plan to follow if this one, which is tried, does not take all values


class Refused(TypeError):
    """The values at a path have no Arrow type; is_culprit tells which of them do not."""

    def __init__(self, path, what, is_culprit=None):
        super().__init__(path, what)
        self.path, self.what, self.is_culprit = path, what, is_culprit

    def __str__(self):
        where = "".join(map(_shown, self.path))
        return (
            f"{where}{': ' if where else ''}{self.what} has no Arrow type; "
            "records that have it cannot be a table"
        )


class Mixed(Refused):
    """The values at a path are of kinds that share no column."""


def _shown(step):
    return "[...]" if step is ITEMS else "<key>" if step is KEYS else f"[{step!r}]"


def plan_of(schema):
    """The plan for records of a schema, and whether they are the values of its only column."""
    is_rows = schema.kind == "scalar" and schema.dtype.startswith("[")
    is_wrapped = not is_rows and schema.kind not in ("dict", "tuple", "object")
    column = _column(schema, "value" if is_wrapped else "", ())
    return Plan(STRUCT, "+s", "", False, (column,)) if is_wrapped else column, is_wrapped


def is_open(plan):
    """Whether its values have to be looked at."""
    is_unknown = plan.op in (DECIMAL, ZONED) and plan.detail is None
    return is_unknown or plan.instead is not None or any(map(is_open, plan.children))


def closed(plan, measures, is_wrapped):
    """The plan with what was measured of its open columns, in order."""
    if is_wrapped:
        return plan._replace(children=(_closed(plan.children[0], measures, ()),))
    return _closed(plan, measures, ())


def _closed(plan, measures, path):
    if plan.instead is not None:
        return plan._replace(instead=None) if next(measures) else plan.instead
    if plan.op == ZONED and plan.detail is None:
        zone = next(measures) or "UTC"
        return plan._replace(form=f"tsu:{zone}", detail=zone)
    if plan.op == DECIMAL and plan.detail is None:
        before, behind = next(measures)
        return _with_digits(plan, before, max(behind, 0), path)
    return plan._replace(
        children=tuple(
            _closed(child, measures, (*path, *_steps(plan.op, place, child.name)))
            for place, child in enumerate(plan.children)
        )
    )


def _steps(op, place, name):
    """The way from the values of a column to those of a child."""
    if op == ENTRIES:
        return (ITEMS if place else KEYS,)
    return (name,) if op == STRUCT else () if op == MAP else (ITEMS,)


def _with_digits(plan, before, behind, path):
    if before + behind > DIGITS_MAX:
        raise Refused(path, f"a Decimal with which there are more than {DIGITS_MAX} digits in all", _beyond_digits())
    return plan._replace(form=f"d:{max(before + behind, 1)},{behind}", detail=behind)


def _beyond_digits():
    """A test that is true of the first value with which all before it have too many digits."""
    most_before = most_behind = 0

    def is_culprit(value):
        nonlocal most_before, most_behind
        if value is not None:
            number = decimal.Decimal(value)
            exponent = number.as_tuple().exponent
            most_behind = max(most_behind, -exponent)
            most_before = max(most_before, number.adjusted() + 1 if number else exponent)
        return most_before + most_behind > DIGITS_MAX

    return is_culprit


def _column(schema, name, path, is_nullable=False):
    alternatives = [schema]
    if schema.kind == "union":
        alternatives = [child for child in schema.children if child.kind not in ("none", "empty")]
        is_nullable |= any(child.kind == "none" for child in schema.children)
    if not alternatives:
        return Plan(NULL, "n", name, True)
    if len(alternatives) > 1:
        return _merged(alternatives, name, path, is_nullable)
    return _single(alternatives[0], name, path, is_nullable)


def _merged(schemas, name, path, is_nullable):
    """Kinds that go up into one: bool is none of them."""
    kinds = {schema.kind for schema in schemas}
    if kinds <= {"int", "bigint"}:
        return _decimal_of_ints(schemas, name, path, is_nullable)
    if kinds <= {"int", "float"}:
        if not all(map(fits_float, schemas)):
            raise Refused(path, "an int beyond 2**53 among floats", _is_beyond_floats)
        return Plan(DOUBLE, "g", name, is_nullable)
    if kinds <= {"str", "surrogate str"}:
        return Plan(TEXT, "u", name, is_nullable)
    if kinds <= {"bytes", "bytearray"}:
        return Plan(BINARY, "z", name, is_nullable)
    if kinds <= {"list", "tuples", "set", "frozenset"}:
        plans = {_single(schema, name, path, is_nullable) for schema in schemas}
        filled = [plan for plan in plans if plan.children[0].op != NULL] or list(plans)
        if len(filled) == 1:
            return filled[0]
    names = {schema.name for schema in schemas if schema.kind == "extension"}
    if kinds == {"extension"} and names == {"datetime"}:
        return _datetime(schemas, name, path, is_nullable)
    if kinds == {"extension"} and names == {"time"}:
        return _single(schemas[0], name, path, is_nullable)
    raise Mixed(path, f"a mixture of {' and '.join(map(str, schemas))}")


def _decimal_of_ints(schemas, name, path, is_nullable):
    if max(schema.longest for schema in schemas) > 15:
        raise Refused(path, "an int of more than 38 digits", _is_long)
    return Plan(DECIMAL, "d:38,0", name, is_nullable, (), 0)


def _is_beyond_floats(number):
    return type(number) is int and abs(number) > 2**53


def _is_long(number):
    return number is not None and number.bit_length() > 119


def _single(schema, name, path, is_nullable):
    kind = schema.kind
    if kind in LEAVES:
        op, form = LEAVES[kind]
        return Plan(op, form, name, is_nullable or op == NULL)
    if kind == "int":
        return _int(schema, name, path, is_nullable)
    if kind == "bigint":
        return _decimal_of_ints([schema], name, path, is_nullable)
    if kind == "extension":
        return _extension(schema, name, path, is_nullable)
    if kind in ("list", "tuples", "set", "frozenset"):
        item = _column(schema.children[0], "item", (*path, ITEMS))
        return Plan(LIST, "+l", name, is_nullable, (item,))
    if kind == "map":
        key = _column(schema.children[0], "key", (*path, KEYS))
        value = _column(schema.children[1], "value", (*path, ITEMS))
        if key.is_nullable:
            raise Refused((*path, KEYS), "a key of None", lambda key: key is None)
        entries = Plan(ENTRIES, "+s", "entries", False, (key, value))
        return Plan(MAP, "+m", name, is_nullable, (entries,))
    if kind in ("tuple", "dict", "object"):
        return _struct(schema, name, path, is_nullable)
    if kind in ("scalar", "array"):
        return _items(schema, name, path, is_nullable)
    raise Refused(path, str(schema))


def _int(schema, name, path, is_nullable):
    least, greatest = schema.least or 0, schema.greatest or 0
    if greatest >= 2**63 and least < 0:
        return Plan(DECIMAL, "d:38,0", name, is_nullable, (), 0)
    return Plan(INT, "L" if greatest >= 2**63 else "l", name, is_nullable, (), (least, greatest))


def _extension(schema, name, path, is_nullable):
    if schema.name in EXTENSIONS:
        return Plan(*EXTENSIONS[schema.name], name, is_nullable)
    if schema.name == "datetime":
        return _datetime([schema], name, path, is_nullable)
    raise Refused(path, schema.name)


def _zones(schema):
    """The kinds of the zones of datetimes, "none" for those without."""
    inner = schema.children[0]
    if inner.kind != "tuple":
        return {"none"}
    zone = inner.children[2]
    return {child.kind for child in zone.children} if zone.kind == "union" else {zone.kind}


def _datetime(schemas, name, path, is_nullable):
    kinds = set().union(*map(_zones, schemas))
    if kinds == {"none"}:
        return Plan(TIMESTAMP, "tsu:", name, is_nullable)
    if "none" in kinds:
        raise Mixed(path, "a mixture of datetimes with and without a zone")
    return Plan(ZONED, "tsu:UTC", name, is_nullable)


def _struct(schema, name, path, is_nullable):
    names = schema.names or tuple(f"f{i}" for i in range(len(schema.children)))
    for key in names:
        if "\0" in key:
            raise Refused((*path, key), "a name with a null character")
    children = tuple(
        _column(child, key, (*path, key), child.count < schema.count)
        for key, child in zip(names, schema.children, strict=True)
    )
    return Plan(STRUCT, "+s", name, is_nullable, children)


def _items(schema, name, path, is_nullable):
    from ladle import _numpy

    dtype, _ = _numpy.parse(schema.dtype)
    plan = _items_of(dtype, name, path, is_nullable)
    extents = schema.extents or ()
    if schema.kind == "array" and not extents:
        raise Refused(path, "an array without dimensions")
    return _runs(plan, extents, name, path, is_nullable)


def _runs(plan, extents, name, path, is_nullable):
    if extents and plan.op == STRUCT:
        raise Refused(path, "an array of NumPy with fields")
    for extent in reversed(extents):
        item = plan._replace(name="item", is_nullable=plan.is_nullable and plan.op == ITEM)
        plan = Plan(RUN, f"+w:{extent}", "item", False, (item,), extent)
    return plan._replace(name=name, is_nullable=plan.is_nullable or is_nullable)


def _items_of(dtype, name, path, is_nullable):
    """The plan of items of NumPy, in the byte order of this machine."""
    if dtype.subdtype:
        base, extents = dtype.subdtype
        return _runs(_items_of(base, name, path, False), extents, name, path, is_nullable)
    if dtype.names is not None:
        children = tuple(_items_of(dtype.fields[key][0], key, (*path, key), False) for key in dtype.names)
        return Plan(STRUCT, "+s", name, is_nullable, children, True)
    native = dtype.newbyteorder("=")
    if dtype.kind in "mM":
        return _time_items(native, name, path)
    if dtype.kind in "SU":
        op, form = (BINARY, "z") if dtype.kind == "S" else (TEXT, "u")
        return Plan(op, form, name, is_nullable, (), native)
    if dtype.kind == "V":
        return Plan(ITEM, f"w:{dtype.itemsize}", name, is_nullable, (), native)
    form = NUMBERS.get(dtype.str[1:])
    if form is None:
        raise Refused(path, f"the dtype {dtype}")
    return Plan(BOOL if form == "b" else ITEM, form, name, is_nullable, (), native)


def _time_items(dtype, name, path):
    import numpy

    unit, units = numpy.datetime_data(dtype)
    if unit in ("W", "D", "h", "m") or units != 1:
        unit = "s"
    if unit not in TIME_UNITS:
        raise Refused(path, f"the dtype {dtype}")
    form = ("ts" if dtype.kind == "M" else "tD") + TIME_UNITS[unit] + (":" if dtype.kind == "M" else "")
    return Plan(ITEM, form, name, True, (), numpy.dtype(f"{dtype.kind}8[{unit}]"))
