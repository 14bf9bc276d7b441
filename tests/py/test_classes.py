# SPDX-License-Identifier: BSD-2-Clause
"""Objects of classes: how they are stored, where they are rebuilt, and what they are elsewhere."""

import abc
import collections
import enum
import functools
import io
import subprocess
import sys
import typing
from dataclasses import dataclass, field, make_dataclass

import ladle
import pytest

import classes
import reference
from helpers import class_of, dumped, exactly, loaded
from unregistered import (
    OBJECTS,
    TYPES,
    Color,
    Ordinary,
    Pair,
    Point,
    Rights,
    Slots,
    Triple,
    both_ways,
    name_of,
)


class AllEqual(type):
    def __eq__(cls, other):
        return isinstance(other, AllEqual)

    def __hash__(cls):
        return 5


class Unhashable(type):
    def __eq__(cls, other):
        raise ZeroDivisionError

    __hash__ = None


@pytest.mark.parametrize("meta", [AllEqual, Unhashable])
def test_classes_are_told_apart_whatever_their_metaclass_says(meta):
    def new(module):
        names = {"__annotations__": {"x": int}, "__module__": module, "__doc__": module}
        return dataclass(meta("Same", (), names))

    kinds = [new("one"), new("two"), new("three")]
    back = loaded(dumped([kind(5) for kind in kinds] * 2), types=kinds)
    assert [type(value).__module__ for value in back] == ["one", "two", "three"] * 2
    names = [value.type_name for value in loaded(dumped([kind(5) for kind in kinds]))]
    assert names == ["one.Same", "two.Same", "three.Same"]


@pytest.mark.parametrize("value", OBJECTS, ids=repr)
def test_objects_come_back_where_types_names_their_classes(value):
    assert exactly(both_ways(value, types=TYPES)) == exactly(value)


@pytest.mark.parametrize("many", [1, 50])
def test_objects_of_many_classes_come_back_together(many):
    records = [*OBJECTS, *classes.Color, 5, None] * many
    assert exactly(loaded(dumped(records), types=TYPES)) == exactly(records)
    assert exactly(loaded(dumped([records]), types=TYPES)) == exactly([records])


@pytest.mark.parametrize(
    ("value", "name", "state"),
    [
        (Point(1, [2]), name_of(Point), {"x": 1, "y": [2]}),
        (Slots(1), name_of(Slots), {"a": 1, "b": ()}),
        (Pair(1), name_of(Pair), {"first": 1, "second": None}),
        (Triple(1, 2, 3), name_of(Triple), {"a": 1, "b": 2, "c": 3}),
        (Color.RED, name_of(Color), {"name": "RED"}),
        (Rights.READ, name_of(Rights), {"value": 1}),
    ],
    ids=repr,
)
def test_elsewhere_they_are_opaque(value, name, state):
    back = both_ways(value)
    assert type(back) is ladle.Opaque
    assert back == ladle.Opaque(name, state)
    assert list(back.state) == list(state)
    (independent,) = reference.read(dumped([value]))
    assert independent == (name, state)


def test_what_is_opaque_is_written_as_it_was():
    records = OBJECTS * 3
    data = dumped(records, uuid=bytes(16))
    opaque = loaded(data)
    assert exactly(opaque) != exactly(records)
    assert dumped(opaque, uuid=bytes(16)) == data
    assert exactly(loaded(dumped(opaque), types=TYPES)) == exactly(records)
    assert ladle.dumps(ladle.loads(ladle.dumps(records))) == ladle.dumps(records)


COPY = """
import sys
import ladle

def names(value):
    if type(value) is ladle.Opaque:
        yield value.type_name
        value = value.state
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from names(item)

source, copied, rewritten = sys.argv[1:]
ladle.dump(ladle.load(source), copied)
records = list(ladle.load(source))
assert {"classes.Point", "classes.Color", "classes.Frozen"} <= set(names(records))
ladle.dump(records, rewritten)
assert list(ladle.load(copied)) == list(ladle.load(rewritten)) == records
assert "classes" not in sys.modules
"""


def test_a_process_that_knows_no_class_reads_copies_and_rewrites_a_file(path, tmp_path):
    records = [
        classes.Point(1, classes.Stack([1, classes.Meters(2)])),
        classes.Plain(a=1, kept=classes.Color.RED),
        {classes.Frozen("key"): classes.Bits(9)},
        *OBJECTS,
    ]
    ladle.dump(records, path)
    made = [tmp_path / "copied.ladle", tmp_path / "rewritten.ladle"]
    subprocess.run([sys.executable, "-c", COPY, path, *made], check=True)
    for file in made:
        assert exactly(list(ladle.load(file, types=TYPES))) == exactly(records)


def test_metadata_may_hold_objects():
    data = dumped([], metadata={"at": Point(1)})
    opaque = ladle.Opaque(name_of(Point), {"x": 1, "y": 0})
    assert ladle.load(io.BytesIO(data)).metadata == {"at": opaque}
    records = ladle.load(io.BytesIO(data), types=[Point])
    records.close()
    assert records.metadata == {"at": Point(1)}


def test_a_reader_takes_types(path):
    ladle.dump(OBJECTS, path)
    with ladle.open(path, types=TYPES) as reader:
        assert list(reader) == OBJECTS


# ---- Rebuilding ----


@dataclass
class Watched:
    x: int
    made: typing.ClassVar[list] = []

    def __new__(cls, *args):
        cls.made.append("__new__")
        return super().__new__(cls)

    def __post_init__(self):
        self.made.append("__post_init__")

    def __setattr__(self, name, value):
        self.made.append("__setattr__")
        object.__setattr__(self, name, value)


def test_no_code_of_a_class_runs_when_an_object_is_rebuilt():
    value = Watched(5)
    Watched.made.clear()
    assert both_ways(value, types=[Watched]) == value
    assert Watched.made == []


def test_attributes_beside_the_fields_are_kept():
    point = Point(1)
    point.z = [point.x]
    back = both_ways(point, types=TYPES)
    assert vars(back) == {"x": 1, "y": 0, "z": [1]}
    assert exactly(loaded(dumped([Point(0), point, Point(2)]), types=TYPES)[1]) == exactly(point)


class Loose(Point):
    """Sets what it likes, and fields or not."""

    def __init__(self, names):
        for name in names:
            setattr(self, name, name * 2)


def test_attributes_are_found_however_python_keeps_them():
    points = [Point(1) for _ in range(6)]
    points[0].z = 2
    points[1].__dict__["w"] = 3
    vars(points[2])
    points[3].q = 4
    del points[3].q
    points[4].z = 5
    del points[4].y  # the class has a default: as many attributes as fields, but others
    expected = [vars(point) | {"y": 0} for point in points]
    assert [vars(point) for point in loaded(dumped(points), types=TYPES)] == expected
    assert [vars(ladle.loads(ladle.dumps(p), types=TYPES)) for p in points] == expected


def test_attributes_in_any_number_and_order_come_back():
    sets = [[f"a{i}" for i in range(n)] + ["x"] for n in range(60)]
    sets += [["y", "x"], ["x", "y"], ["x", "a1"], ["b", "x"], ["x", "y", "c"]]
    for _ in range(2):
        values = [Loose(names) for names in sets]
        back = loaded(dumped(values), types=[Loose])
        assert [vars(value) for value in back] == [{"y": 0} | vars(value) for value in values]
        assert [set(vars(value)) for value in values] == [set(names) for names in sets]
        sets.reverse()


def test_what_typing_puts_into_objects_is_no_attribute():
    kind = typing.TypeVar("kind")

    @dataclass
    class Box(typing.Generic[kind]):
        content: kind

    value = Box[int](5)
    assert hasattr(value, "__orig_class__")
    back = both_ways(value, types=[Box])
    assert back == value
    assert vars(back) == {"content": 5}


class Cached(Point):
    @functools.cached_property
    def double(self):
        return self.x * 2


def test_cached_properties_are_attributes():
    value = Cached(4)
    assert "double" not in vars(both_ways(value, types=[Cached]))
    assert value.double == 8
    assert vars(both_ways(value, types=[Cached]))["double"] == 8


class Guarded:
    """A property in the place of a field."""

    def __init__(self):
        self.calls = []

    @property
    def x(self):
        return "hidden"

    @x.setter
    def x(self, value):
        raise AssertionError("a setter ran")


def test_no_descriptor_of_a_class_is_asked():
    opaque = ladle.Opaque(name_of(Guarded), {"x": 1, "__class__": 2, "__dict__": 3, "ok": 4})
    back = both_ways(opaque, types=[Guarded])
    assert type(back) is Guarded
    assert vars(back) == opaque.state


def test_a_field_that_was_never_set_is_an_error():
    @dataclass
    class Half:
        a: int
        b: int = field(init=False)

    with pytest.raises(TypeError, match=r"record 0: \['k'\]: .*Half cannot be stored: .*field 'b'"):
        dumped([{"k": Half(1)}])
    with pytest.raises(TypeError, match="field 'b'"):
        ladle.dumps(Half(1))


@pytest.mark.parametrize("items", [(), (1,), (1, 2, 3)])
def test_a_named_tuple_of_another_length_is_refused(items):
    value = tuple.__new__(Pair, items)
    for write in (lambda: dumped([value]), lambda: ladle.dumps(value)):
        with pytest.raises(TypeError, match=f"it has {len(items)} items in the place of 2 fields"):
            write()


def test_a_field_that_only_the_class_has_comes_back():
    @dataclass
    class Shared:
        a: int
        b: int = field(init=False, default=7)

    value = Shared(1)
    value.c = 3
    assert vars(both_ways(value, types=[Shared])) == {"a": 1, "b": 7, "c": 3}


def test_an_ordinary_class_is_stored_when_it_is_registered_or_given():
    with pytest.raises(TypeError, match="Ordinary cannot be stored; .*register"):
        dumped([Ordinary(1)])
    opaque = ladle.Opaque(name_of(Ordinary), {"value": [1]})
    assert both_ways(opaque, types=[Ordinary]) == Ordinary([1])


# ---- Versions of a class ----


def versions():
    old = class_of("shop", "Item", [("a", int), ("gone", str)])
    fields = [("a", int), ("new", list, field(default_factory=list)), ("n", int, field(default=5))]
    new = class_of("shop", "Item", fields)
    slots = class_of("shop", "Item", fields, slots=True)
    return old, new, slots


def test_fields_that_were_added_get_their_defaults():
    old, new, slots = versions()
    for version in (new, slots):
        first, second = loaded(dumped([old(1, "x"), old(2, "y")]), types=[version])
        assert (first, second) == (version(1), version(2))
        assert type(first) is version
        assert first.new is not second.new
        assert ladle.loads(ladle.dumps(old(1, "x")), types=[version]) == first


def test_fields_that_are_gone_stay_attributes_where_there_is_a_place():
    old, new, slots = versions()
    (back,) = loaded(dumped([old(1, "x")]), types=[new])
    assert back.gone == "x"
    assert loaded(dumped([back]), types=[old]) == [old(1, "x")]
    (back,) = loaded(dumped([old(1, "x")]), types=[slots])
    assert not hasattr(back, "gone")


@pytest.mark.parametrize("slots", [False, True])
def test_a_field_without_a_default_that_a_file_lacks_is_an_error_that_names_it(slots):
    old, *new = versions()
    data = dumped([new[slots](1), 5])
    alone = ladle.dumps(new[slots](1))
    for read in (lambda: loaded(data, types=[old]), lambda: ladle.loads(alone, types=[old])):
        with pytest.raises(ladle.UnsupportedError) as caught:
            read()
        assert "shop.Item lacks the fields ['gone']" in str(caught.value)
    assert loaded(data)[1] == 5


def test_versions_of_a_named_tuple():
    old = collections.namedtuple("Row", "a b", module="shop")
    new = collections.namedtuple("Row", "b c a", module="shop", defaults=[1, 2])
    back = both_ways(old(10, 20), types=[new])
    assert back == new(20, 1, 10)
    assert type(back) is new
    assert both_ways(new(1, 2, 3), types=[old]) == old(3, 1)
    shrunk = collections.namedtuple("Row", "a", module="shop")
    with pytest.raises(ladle.UnsupportedError, match=r"\['b'\]"):
        both_ways(shrunk(1), types=[old])


def test_a_member_that_an_enumeration_lacks_is_an_error_that_names_it():
    other = enum.Enum("Color", "GREEN", module=Color.__module__, qualname="Color")
    with pytest.raises(ladle.UnsupportedError, match="has no member 'GREEN' here"):
        both_ways(other.GREEN, types=[Color])
    more = enum.Flag("Rights", "READ WRITE RUN", module=Rights.__module__, qualname="Rights")
    with pytest.raises(ladle.UnsupportedError, match="has no member 4 here"):
        both_ways(more.RUN, types=[Rights])


STRANGE = {
    "an enumeration of no name": ladle.Opaque(name_of(Color), {"value": 1}),
    "an enumeration by value": ladle.Opaque(name_of(Color), {"name": 1}),
    "an enumeration of two fields": ladle.Opaque(name_of(Color), {"name": "RED", "value": 1}),
    "a method of an enumeration": ladle.Opaque(name_of(Color), {"name": "mro"}),
    "a flag by name": ladle.Opaque(name_of(Rights), {"value": "READ"}),
    "a flag by a bool": ladle.Opaque(name_of(Rights), {"value": True}),
    "a dataclass that is a list": ladle.Opaque(name_of(Point), [1]),
    "a dataclass that is a dict of ints": ladle.Opaque(name_of(Point), {1: 2}),
    "a named tuple without fields": ladle.Opaque(name_of(Pair), {}),
    "a named tuple that is a tuple": ladle.Opaque(name_of(Pair), (1, 2)),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_state_that_does_not_fit_the_class_is_an_error(name):
    for read in (
        lambda: loaded(dumped([STRANGE[name]]), types=TYPES),
        lambda: ladle.loads(ladle.dumps(STRANGE[name]), types=TYPES),
    ):
        with pytest.raises(ladle.UnsupportedError):
            read()
    assert both_ways(STRANGE[name]) == STRANGE[name]


def test_an_abstract_class_is_not_made():
    class Shape(abc.ABC):
        @abc.abstractmethod
        def area(self): ...

    with pytest.raises(ladle.UnsupportedError, match="abstract"):
        both_ways(ladle.Opaque(name_of(Shape), {"a": 1}), types=[Shape])


# ---- Refusals and limits ----


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Point(len), "record 1: .x: builtin_function_or_method"),
        ({"a": [Slots(1, (len,))]}, "record 1: ['a'][0].b[0]: builtin_function_or_method"),
        (Pair(1, {"k": Point(0, object())}), "record 1: .second['k'].y: object"),
        (ladle.Opaque("m", {"field": len}), "record 1: .field: builtin_function_or_method"),
        (ladle.Opaque("m", [len]), "record 1: [0]: builtin_function_or_method"),
    ],
    ids=repr,
)
def test_a_refusal_names_the_fields_on_the_way(value, message):
    with pytest.raises(TypeError) as caught:
        dumped([Point(1), value])
    assert message in str(caught.value)
    with pytest.raises(TypeError) as caught:
        ladle.dumps(value)
    assert message.removeprefix("record 1: ") in str(caught.value)


def test_default_is_asked_for_values_in_objects():
    def default(value):
        return Point(str(value)) if isinstance(value, bytes | Ordinary) else "gone"

    back = loaded(dumped([Point(object(), [len])], default=default), types=TYPES)
    assert back == [Point("gone", ["gone"])]


def test_a_failed_record_leaves_no_trace_of_its_objects():
    good = [Point(i, Pair(Color.RED, [Slots(i)])) for i in range(200)]
    bad = [
        Point(1, Pair(Color.RED, [Slots(1), Slots(2, len)])),
        Point(1, Pair(len)),
        Point(len),
        {"other": Point(2, Triple(1, 2, len))},
        ladle.Opaque("other", {"a": [Rights.READ, len]}),
    ]
    file = io.BytesIO()
    with ladle.open(file, "w", uuid=bytes(16)) as writer:
        for i, record in enumerate(good):
            with pytest.raises(TypeError):
                writer.append(bad[i % len(bad)])
            writer.append(record)
    assert len(file.getvalue()) == len(dumped(good, uuid=bytes(16)))
    assert exactly(loaded(file.getvalue(), types=TYPES)) == exactly(good)


def test_a_cycle_through_objects_is_a_limit_error():
    point = Point(1)
    point.y = [point]
    for call in (lambda: dumped([point]), lambda: ladle.dumps(point)):
        with pytest.raises(ladle.LimitError) as caught:
            call()
        assert caught.value.limit == "max_depth"


def test_a_state_that_is_its_object_is_a_limit_error():
    cls = make_dataclass("Self", ["x"])
    ladle.register(cls, to_state=lambda value: value, from_state=lambda state: state)
    for call in (lambda: dumped([cls(1)]), lambda: ladle.dumps(cls(1))):
        with pytest.raises(ladle.LimitError):
            call()


def test_objects_are_levels_and_their_fields_items():
    value = Point(Point(Point(1)))
    data, alone = dumped([value]), ladle.dumps(value)
    for name, exact in (("max_depth", 3), ("max_items", 6)):
        inside, outside = ladle.Limits(**{name: exact}), ladle.Limits(**{name: exact - 1})
        assert loaded(data, limits=inside, types=TYPES) == [value]
        assert loaded(dumped([value], limits=inside), types=TYPES) == [value]
        assert ladle.loads(ladle.dumps(value, limits=inside), limits=inside, types=TYPES) == value
        for call in (
            lambda limits: loaded(data, limits=limits),
            lambda limits: dumped([value], limits=limits),
            lambda limits: ladle.loads(alone, limits=limits),
            lambda limits: ladle.dumps(value, limits=limits),
        ):
            with pytest.raises(ladle.LimitError) as caught:
                call(outside)
            assert (caught.value.limit, caught.value.needed) == (name, exact)


def test_a_class_whose_fields_vary_comes_back():
    records = [classes.Plain(**{f"a{i % n}": i for i in range(n)}) for n in range(1, 60)]
    assert exactly(loaded(dumped(records))) == exactly(records)
    assert exactly(reference.read(dumped(records))) == exactly(records)
    many = [ladle.Opaque(f"class {i % 40}", {"x": i}) for i in range(400)]
    assert exactly(loaded(dumped(many))) == exactly(many)
    assert exactly(reference.read(dumped(many))) == exactly(many)
