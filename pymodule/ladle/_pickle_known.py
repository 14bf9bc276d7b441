# SPDX-License-Identifier: BSD-2-Clause
"""What from_pickle knows: the functions that make values of what a pickle says about them.

The machine in C gives each of them an object with the module and name that the pickle has, `args`,
`kwargs`, `items` and `pairs` (lists of what was appended and set, or None) and `state`. In these
are values that are finished, and names of classes (`is_name`). A function makes the value of
nothing else, and raises what it likes when they do not fit: the machine says where that was.

Nothing here is looked up by a name that a pickle has, but in the tables below.
"""

import collections
import functools
import re

from ladle._errors import UnsupportedError
from ladle._pickle_classes import (
    builders_of,
    known_or_opaque,
    make_flag,
    make_member,
    opaque,
    reconstruct_object,
)

NO_STREAM, ITEMS, PAIRS = 0, 1, 2  # as pickle_special.h has them
INT_BITS_MAX = 8 * 2048  # of what is divided, as extension.c has it

# How names were spelled, by module: "" is the rest of a module.
RENAMED_MODULES = {
    "__builtin__": "builtins",
    "copy_reg": "copyreg",
    "pathlib._local": "pathlib",
    "pathlib._abc": "pathlib",
    "numpy.core.multiarray": "numpy",
    "numpy._core.multiarray": "numpy",
    "numpy.core._multiarray_umath": "numpy",
    "numpy._core._multiarray_umath": "numpy",
    "numpy.core.numeric": "numpy",
    "numpy._core.numeric": "numpy",
    "_collections": "collections",
    "_datetime": "datetime",
    "_decimal": "decimal",
    "_operator": "operator",
}
RENAMED = {
    ("builtins", "xrange"): "range",
    ("builtins", "unicode"): "str",
    ("builtins", "long"): "int",
}


def spread(value):
    """An iterator over the records that the value of a pickle holds."""
    if isinstance(value, dict):
        return iter(value.items())
    if type(value) in (list, tuple, set, frozenset, collections.deque):
        return iter(value)
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 0):
        return iter(value)
    return iter((value,))


def finder(keeps_unknown, types):
    """A function that gets a module and a name out of a pickle, and gives what is known of it:
    (module, name, function that makes the value, stream), or None."""
    builders = builders_of(types, keeps_unknown)
    outer_names = {name[:at] for name in builders for at, c in enumerate(name) if c == "."}

    def find(module, name, is_inside):
        module = RENAMED_MODULES.get(module, module)
        name = RENAMED.get((module, name), name)
        if (known := KNOWN.get((module, name))) is not None:
            build, stream = known
            if keeps_unknown and build not in NAMES_ALONE and callable(build):
                build = functools.partial(known_or_opaque, build)
            return module, name, build, stream
        full_name = f"{module}.{name}"
        if (build := builders.get(full_name)) is not None:
            return module, name, build, NO_STREAM
        if full_name in outer_names:
            return module, name, _name_alone, NO_STREAM
        if is_inside:
            return None
        if keeps_unknown:
            return module, name, opaque, NO_STREAM
        if module.partition(".")[0] == "pandas":
            raise UnsupportedError(
                f"it needs {full_name:.50}: load it by pandas, whose frames ladle.dump takes"
            )
        return None

    return find


# ---- What all functions share ----


def _expect(made, condition, reason="what the pickle says of it does not fit"):
    if not condition:
        raise ValueError(reason)


def _are_plain(args):
    return not any(getattr(arg, "is_name", False) for arg in args)


def _arguments(made):
    """The arguments of something that has nothing else."""
    rest = (made.kwargs, made.items, made.pairs, made.state)
    _expect(made, not any(rest) and _are_plain(made.args))
    return made.args


def _bytes(data):
    """bytes, which Python 2 had as str."""
    if type(data) is str:
        return data.encode("latin-1")
    if type(data) not in (bytes, bytearray):
        raise TypeError(f"{type(data).__name__} in the place of bytes")
    return bytes(data)


def _text(data):
    return data.decode("ascii") if type(data) is bytes else data


def _called(function):
    """A maker that calls a function with the arguments, all of exact types that it lists."""

    def build(made):
        return function(*_arguments(made))

    return build


def _of_types(args, *types):
    if len(args) > len(types) or not all(type(arg) in kind for arg, kind in zip(args, types)):
        raise TypeError("arguments of other types than expected")
    return args


INT, TEXT, NUMBER = (int,), (str,), (int, float)


def _name_alone(made):
    raise UnsupportedError(f"it would call {made.module}.{made.name}")


# ---- builtins, copyreg, _codecs ----


def _items_of(made):
    args = _arguments(made)
    _of_types(args, (list, tuple, set, frozenset))
    return args[0] if args else ()


def _make_set(made):
    return set(_items_of(made))


def _make_frozenset(made):
    return frozenset(_items_of(made))


@_called
def _make_bytes(*args):
    return bytes(_of_types(args, (bytes, list))[0]) if args else b""


@_called
def _make_bytearray(*args):
    _of_types(args, (bytes, str), TEXT)
    return bytearray(_bytes(args[0])) if args else bytearray()


@_called
def _encode(*args):
    text, encoding = _of_types(args, TEXT, (str, bytes))
    if _text(encoding) not in ("latin1", "latin-1"):
        raise ValueError("another encoding than latin1")
    return text.encode("latin-1")


@_called
def _make_complex(*args):
    return complex(*_of_types(args, NUMBER, NUMBER))


@_called
def _make_range(*args):
    return range(*_divided_soon(_of_types(args, INT, INT, INT)))


def _divided_soon(args):
    """Ints that are divided at once: the time for it grows with the square of their length."""
    if any(type(arg) is int and arg.bit_length() > INT_BITS_MAX for arg in args):
        raise UnsupportedError(f"a range or Fraction of ints of more than {INT_BITS_MAX} bits")
    return args


@_called
def _make_slice(*args):
    return slice(*args)


# ---- collections, array ----


def _make_ordered_dict(made):
    _expect(made, not made.kwargs and not made.items and not made.state)
    args = _of_types(made.args, (list, dict))
    return _fill(collections.OrderedDict(*args), made)


def _fill(mapping, made):
    for key, value in made.pairs or ():
        mapping[key] = value
    return mapping


def _make_counter(made):
    _expect(made, not made.kwargs and not made.items and not made.state)
    counter = collections.Counter()
    dict.update(counter, *_of_types(made.args, (dict,)))
    return _fill(counter, made)


FACTORIES = {
    cls.__name__: cls
    for cls in (int, float, complex, str, bytes, bytearray, bool, list, tuple, dict, set, frozenset)
}


def _make_default_dict(made):
    _expect(made, not made.kwargs and not made.items and not made.state and len(made.args) <= 2)
    factory, content = [*made.args, None, None][:2]
    if factory is not None:
        if not getattr(factory, "is_name", False) or factory.module != "builtins":
            raise TypeError("a factory that is no type of builtins")
        factory = FACTORIES[factory.name]
    return _fill(collections.defaultdict(factory, content or {}), made)


def _make_deque(made):
    _expect(made, not made.kwargs and not made.pairs and not made.state)
    args = _of_types(made.args, (list, tuple), (int, type(None)))
    deque = collections.deque(*args)
    deque.extend(made.items or ())
    return deque


def _restore_array(made):
    import array

    _expect(made, len(made.args) == 4 and not made.state)
    cls, *rest = made.args
    _expect(made, getattr(cls, "is_name", False) and (cls.module, cls.name) == ("array", "array"))
    typecode, code, data = _of_types(rest, TEXT, INT, (bytes,))
    return array._array_reconstructor(array.array, typecode, code, data)


def _make_array(made):
    import array

    _expect(made, not made.kwargs and not made.items and not made.pairs and not made.state)
    typecode, *content = made.args
    return array.array(_text(typecode), *_of_types(content, (list, bytes, str)))


# ---- Numbers, UUIDs, paths, addresses ----

DECIMAL_FRACTION = re.compile(r"-?[0-9]{1,4000}(?:/[0-9]{1,4000})?")


@_called
def _make_decimal(*args):
    import decimal

    (text,) = _of_types(args, TEXT)
    # The constructor knows no context, and so no limits of precision.
    return decimal.Decimal(text)


@_called
def _make_fraction(*args):
    import fractions

    _of_types(args, (int, str), INT)
    if args and type(args[0]) is str and not DECIMAL_FRACTION.fullmatch(args[0]):
        raise ValueError("no fraction of decimal digits")
    return fractions.Fraction(*_divided_soon(args))


def _make_uuid(made):
    import uuid

    state = made.state
    _expect(made, made.is_new and not made.args and type(state) is dict)
    number, is_safe = state.get("int"), state.get("is_safe")
    _of_types((number, is_safe), INT, (int, type(None)))
    if is_safe is None:
        return uuid.UUID(int=number)
    return uuid.UUID(int=number, is_safe=uuid.SafeUUID(is_safe))


def _path(name):
    @_called
    def build(*parts):
        import pathlib

        _of_types(parts, *(TEXT for part in parts))
        try:
            return getattr(pathlib, name)(*parts)
        except NotImplementedError:
            raise UnsupportedError(f"a {name} cannot be made on this system") from None

    return build


def _address(name):
    @_called
    def build(*args):
        import ipaddress

        (address,) = _of_types(args, (int, str))
        return getattr(ipaddress, name)(address)

    return build


# ---- datetime, zoneinfo ----


def _make_date(made):
    import datetime

    args = _arguments(made)
    if len(args) != 1:
        return datetime.date(*_of_types(args, INT, INT, INT))
    high, low, month, day = _bytes(args[0])
    return datetime.date(256 * high + low, month, day)


def _make_datetime(made):
    import datetime

    args = _arguments(made)
    if args and type(args[0]) is int:
        numbers = _of_types(args[:7], *(INT for arg in args[:7]))
        return datetime.datetime(*numbers, *args[7:8])
    data, *zone = args
    high, low, month, day, *clock = _bytes(data)
    fold, month = divmod(month, 128)
    return datetime.datetime(256 * high + low, month, day, *_clock(clock), *zone, fold=fold)


def _make_time(made):
    import datetime

    args = _arguments(made)
    if args and type(args[0]) is int:
        return datetime.time(*_of_types(args[:4], INT, INT, INT, INT), *args[4:5])
    data, *zone = args
    hour, *rest = _bytes(data)
    fold, hour = divmod(hour, 128)
    return datetime.time(*_clock([hour, *rest]), *zone, fold=fold)


def _clock(numbers):
    hour, minute, second, high, middle, low = numbers
    return hour, minute, second, 65536 * high + 256 * middle + low


@_called
def _make_timedelta(*args):
    import datetime

    return datetime.timedelta(*_of_types(args, INT, INT, INT))


@_called
def _make_timezone(*args):
    import datetime

    return datetime.timezone(*_of_types(args, (datetime.timedelta,), TEXT))


ZONE_KEY = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9_+.-]+(?:/[A-Za-z0-9_+.-]+)*", re.ASCII)


@_called
def _make_zone(*args):
    import zoneinfo

    _of_types(args, TEXT, (int, bool))
    key, from_cache = [*args, True][:2]
    if not ZONE_KEY.fullmatch(key) or len(key) > 255:
        raise ValueError("no key of a time zone")
    try:
        return zoneinfo.ZoneInfo(key) if from_cache else zoneinfo.ZoneInfo.no_cache(key)
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        raise UnsupportedError(
            f"the time zone {key} is not known here (is the package tzdata missing?)"
        ) from None


def _from_numpy(name):
    """A maker of _pickle_numpy, which imports NumPy."""

    def build(made):
        try:
            from ladle import _pickle_numpy
        except ImportError:
            raise UnsupportedError("NumPy, which the pickle needs, is not installed") from None
        return getattr(_pickle_numpy, name)(made)

    return build


# Names that stand in tuples of arguments and are no values themselves.
NAMES_ALONE = (_name_alone, reconstruct_object, make_member)

KNOWN = {
    ("builtins", "set"): (_make_set, ITEMS),
    ("builtins", "frozenset"): (_make_frozenset, ITEMS),
    ("builtins", "bytes"): (_make_bytes, NO_STREAM),
    ("builtins", "bytearray"): (_make_bytearray, NO_STREAM),
    ("builtins", "complex"): (_make_complex, NO_STREAM),
    ("builtins", "range"): (_make_range, NO_STREAM),
    ("builtins", "slice"): (_make_slice, NO_STREAM),
    ("builtins", "Ellipsis"): (Ellipsis, NO_STREAM),
    ("builtins", "getattr"): (make_member, NO_STREAM),
    ("builtins", "object"): (_name_alone, NO_STREAM),
    ("operator", "or_"): (make_flag, NO_STREAM),
    ("copyreg", "__newobj__"): (_name_alone, NO_STREAM),
    ("copyreg", "_reconstructor"): (reconstruct_object, NO_STREAM),
    ("_codecs", "encode"): (_encode, NO_STREAM),
    ("collections", "OrderedDict"): (_make_ordered_dict, PAIRS),
    ("collections", "Counter"): (_make_counter, PAIRS),
    ("collections", "defaultdict"): (_make_default_dict, PAIRS),
    ("collections", "deque"): (_make_deque, ITEMS),
    ("array", "_array_reconstructor"): (_restore_array, NO_STREAM),
    ("array", "array"): (_make_array, NO_STREAM),
    ("decimal", "Decimal"): (_make_decimal, NO_STREAM),
    ("fractions", "Fraction"): (_make_fraction, NO_STREAM),
    ("uuid", "UUID"): (_make_uuid, NO_STREAM),
    ("datetime", "date"): (_make_date, NO_STREAM),
    ("datetime", "datetime"): (_make_datetime, NO_STREAM),
    ("datetime", "time"): (_make_time, NO_STREAM),
    ("datetime", "timedelta"): (_make_timedelta, NO_STREAM),
    ("datetime", "timezone"): (_make_timezone, NO_STREAM),
    ("zoneinfo", "ZoneInfo"): (_name_alone, NO_STREAM),
    ("zoneinfo", "ZoneInfo._unpickle"): (_make_zone, NO_STREAM),
    ("numpy", "ndarray"): (_name_alone, NO_STREAM),
    ("numpy", "dtype"): (_from_numpy("make_dtype"), NO_STREAM),
    ("numpy", "_reconstruct"): (_from_numpy("make_array"), NO_STREAM),
    ("numpy", "_frombuffer"): (_from_numpy("make_array_of_buffer"), NO_STREAM),
    ("numpy", "scalar"): (_from_numpy("make_scalar"), NO_STREAM),
}
KNOWN.update(
    {
        ("builtins", name): (_name_alone, NO_STREAM)
        for name in FACTORIES
        if ("builtins", name) not in KNOWN
    }
)
for _name in ("PurePosixPath", "PureWindowsPath", "PurePath", "PosixPath", "WindowsPath", "Path"):
    KNOWN["pathlib", _name] = (_path(_name), NO_STREAM)
for _name in ("Address", "Network", "Interface"):
    for _version in ("IPv4", "IPv6"):
        KNOWN["ipaddress", _version + _name] = (_address(_version + _name), NO_STREAM)
