# SPDX-License-Identifier: BSD-2-Clause
"""Objects in pickles whose classes are somebody's own: refused by name, kept, or rebuilt."""

import dataclasses
import enum
import io
import pickle
import subprocess
import sys
import typing

import ladle
import pytest

from pickles import PROTOCOLS, global_, records_of, records_until_error


@dataclasses.dataclass
class Point:
    x: int
    y: object = None

    def __post_init__(self):
        raise AssertionError("code of the class runs")


class Plain:
    def __init__(self):
        raise AssertionError("code of the class runs")

    def __setattr__(self, name, value):
        raise AssertionError("code of the class runs")

    def __setstate__(self, state):
        raise AssertionError("code of the class runs")


class Slots:
    __slots__ = ("a", "__dict__")


class Pair(typing.NamedTuple):
    left: int
    right: str


class Color(enum.Enum):
    RED = 1


class MyList(list):
    pass


def new(cls, **attributes):
    value = object.__new__(cls)
    for name, attribute in attributes.items():
        object.__setattr__(value, name, attribute)
    return value


CLASSES = (Point, Plain, Slots, Pair, Color)
OBJECTS = [
    (new(Point, x=1, y=[2]), {"x": 1, "y": [2]}),
    (new(Plain, a=1), {"a": 1}),
    (new(Slots, a=1, b=2), {"a": 1, "b": 2}),
    (Pair(1, "a"), (1, "a")),
    (Color.RED, {"name": "RED"} if sys.version_info < (3, 12) else (1,)),
]


@pytest.mark.parametrize("value, state", OBJECTS, ids=[cls.__name__ for cls in CLASSES])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_objects_of_classes(protocol, value, state):
    if protocol < 2 and type(value) is Slots:
        pytest.skip("pickle refuses it")
    data = pickle.dumps([value, value], protocol)
    name = f"{__name__}.{type(value).__name__}"
    with pytest.raises(ladle.UnsupportedError, match=f"needs {name}"):
        records_of(data)
    if protocol >= 2 or type(value) in (Point, Plain, Color):
        opaque = records_of(data, unknown="opaque")
        assert opaque == [ladle.Opaque(name, state)] * 2
    back = records_of(data, types=CLASSES)
    assert [type(one) for one in back] == [type(value)] * 2
    if isinstance(value, (tuple, enum.Enum)):
        assert back == [value, value]
    else:
        assert all(getattr(back[1], name) == value for name, value in state.items())


def test_an_opaque_holds_all_that_the_pickle_says():
    value = MyList([1, 2])
    value.name = "a"
    (opaque,) = records_of(pickle.dumps([value]), unknown="opaque")
    assert opaque.type_name == f"{__name__}.MyList"
    assert opaque.state == {"items": [1, 2], "state": {"name": "a"}}


def test_an_opaque_in_the_arguments_of_what_is_known():
    moment = global_("datetime", "datetime") + b"(C\n\x07\xde\x01\x02\3\4\5\0\0\6"
    data = b"]" + moment + global_("pytz", "_UTC") + b")RtRa."
    (opaque,) = records_of(data, unknown="opaque")
    assert opaque.type_name == "datetime.datetime"
    assert opaque.state[1] == ladle.Opaque("pytz._UTC", {})


def test_classes_in_arguments_of_what_is_not_known():
    data = global_("functools", "partial") + b"(" + global_("os", "system") + b"tR."
    (opaque,) = records_of(data, unknown="opaque")
    assert opaque == ladle.Opaque("functools.partial", (ladle.Opaque("pickle.global", "os.system"),))


def test_opaque_objects_can_be_stored():
    data = pickle.dumps([new(Point, x=1), Pair(1, "a"), MyList([1])])
    opaque = records_of(data, unknown="opaque")
    file = io.BytesIO()
    ladle.dump(opaque, file)
    file.seek(0)
    assert list(ladle.load(file)) == opaque


def test_an_object_that_contains_itself_is_refused_by_name():
    value = new(Plain)
    object.__setattr__(value, "me", value)
    _records, error = records_until_error(pickle.dumps(value), unknown="opaque")
    assert isinstance(error, ladle.Error) and "Plain" in str(error) or "contains itself" in str(error)


# ---- Rebuilt: in types=, or registered ----


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    x: int
    y: object


class Alone(typing.NamedTuple):
    only: tuple


class Named(Pair):
    pass


class Rights(enum.Flag):
    READ, WRITE, RUN = 1, 2, 4


class Odd(enum.Enum):
    LIST = [1]
    DICT = {}


class Outer:
    class Inner:
        class Most:
            pass


def named(attribute):
    value = Named(1, "a")
    value.more = attribute
    return value


REBUILT = [
    Frozen(1, [2]),
    Alone((5,)),
    Alone((5, 6)),
    named([7]),
    Rights.READ,
    Rights.READ | Rights.WRITE,
    Rights(0),
    Odd.LIST,
    new(Outer.Inner, a=1),
    new(Outer.Inner.Most, b=[1]),
]


def parts(value):
    names = getattr(value, "__slots__", ()) or getattr(value, "__dict__", ())
    return type(value), {name: getattr(value, name) for name in names}


@pytest.mark.parametrize("value", REBUILT, ids=repr)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_objects_come_as_pickle_load_gives_them(protocol, value):
    try:
        data = pickle.dumps([value], protocol)
        (expected,) = pickle.loads(data)
    except (TypeError, AttributeError, pickle.PicklingError):
        pytest.skip("pickle refuses it")
    (back,) = records_of(data, types=[type(value)])
    if isinstance(value, enum.Enum):
        assert back is expected
        return
    assert parts(back) == parts(expected) == parts(value)
    assert not isinstance(value, tuple) or back == value


def test_registered_classes_are_rebuilt_as_load_does():
    code = (
        "import dataclasses, io, pickle, ladle\n"
        "@dataclasses.dataclass\n"
        "class Point:\n"
        "    x: int\n"
        "class Set:\n"
        "    def __setstate__(self, state):\n"
        "        raise AssertionError\n"
        "    def __getstate__(self):\n"
        "        return {'a': 1}\n"
        "points, sets = pickle.dumps([Point(1)]), pickle.dumps([Set()])\n"
        "def read(data, **options):\n"
        "    return list(ladle.from_pickle(io.BytesIO(data), **options))\n"
        "def refuses(data):\n"
        "    try:\n"
        "        return not read(data)\n"
        "    except ladle.UnsupportedError as error:\n"
        "        return '__main__.' in str(error)\n"
        "assert refuses(points) and refuses(sets)\n"
        "ladle.register(Point, name='point')\n"
        "ladle.register(Set)\n"
        "assert read(points) == [Point(1)]\n"
        "assert read(points.replace(b'\\x8c\\x08__main__\\x94\\x8c\\x05Point',"
        " b'\\x8c\\x08__main__\\x94\\x8c\\x05Paint'), unknown='opaque') == "
        "[ladle.Opaque('__main__.Paint', {'x': 1})]\n"
        "assert refuses(sets)\n"
        "assert read(sets, unknown='opaque') == [ladle.Opaque('__main__.Set', {'a': 1})]\n"
        "assert read(sets, types=[Set])[0].a == 1\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_class_that_moved_is_registered_by_its_old_name():
    code = (
        "import io, ladle\n"
        "@ladle.register\n"
        "class New:\n"
        "    pass\n"
        "ladle.register(New, name='old.place.Old')\n"
        "data = b'\\x80\\x02cold.place\\nOld\\n)\\x81}X\\1\\0\\0\\0aK\\1sb.'\n"
        "(back,) = ladle.from_pickle(io.BytesIO(data))\n"
        "assert type(back) is New and vars(back) == {'a': 1}\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


class Reduced:
    def __reduce__(self):
        return Reduced, (1, 2)


def test_what_was_pickled_in_a_way_of_its_own_is_refused_by_name_or_kept():
    data = pickle.dumps([Reduced()])
    _, error = records_until_error(data, types=[Reduced])
    assert isinstance(error, ladle.UnsupportedError) and f"{__name__}.Reduced" in str(error)
    name = f"{__name__}.Reduced"
    assert records_of(data, types=[Reduced], unknown="opaque") == [ladle.Opaque(name, (1, 2))]


def test_a_member_that_the_class_lacks_is_refused():
    data = pickle.dumps([Color.RED]).replace(b"RED", b"TED").replace(b"K\x01\x85", b"K\x07\x85")
    _, error = records_until_error(data, types=[Color])
    assert isinstance(error, ladle.UnsupportedError), error
    for arguments in (b"I1\nI2\n\x86", b")", b"]]\x86"):
        _, error = records_until_error(global_("_operator", "or_") + arguments + b"R.")
        assert isinstance(error, ladle.UnsupportedError), error


@pytest.mark.parametrize("types", [[5], [MyList], [int]], ids=repr)
def test_types_that_cannot_be_rebuilt_are_refused(types):
    with pytest.raises(TypeError):
        records_of(b"N.", types=types)


def test_frames_of_pandas_are_refused_with_advice():
    for name in ("pandas.core.frame\nDataFrame", "pandas.core.series\nSeries"):
        data = b"\x80\x02c" + name.encode() + b"\n)\x81."
        _, error = records_until_error(data)
        assert isinstance(error, ladle.UnsupportedError)
        assert "pandas" in str(error) and "ladle.dump takes" in str(error)
        (opaque,) = records_of(data, unknown="opaque")
        assert opaque.type_name == name.replace("\n", ".")
