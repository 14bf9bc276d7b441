# SPDX-License-Identifier: BSD-2-Clause
"""register and types=: which classes may be stored and rebuilt, under which names, and how."""

import collections
import gc
import io
import weakref
from dataclasses import dataclass, make_dataclass

import ladle
import pytest

import classes
import reference
from helpers import class_of, dumped, exactly, loaded
from unregistered import Ordinary, Point, both_ways, name_of


def test_register_returns_the_class_and_takes_functions():
    @ladle.register
    class Money:
        def __init__(self, cents):
            self.cents = cents

        def __eq__(self, other):
            return self.cents == other.cents

    assert isinstance(Money, type)
    assert both_ways(Money(5)) == Money(5)
    ladle.register(Money, name="money", to_state=lambda m: m.cents, from_state=Money)
    assert both_ways(Money(7)) == Money(7)
    assert reference.read(dumped([Money(7)])) == [("money", 7)]
    assert both_ways(ladle.Opaque(name_of(Money), {"cents": 5})) == ladle.Opaque(
        name_of(Money), {"cents": 5}
    )


@pytest.mark.parametrize(
    "state", [{}, {"a": 1}, {"": 1}, {1: 2}, {"\ud800": 1}, [], None, "text", {"a": 1, "": 2}]
    + [{f"k{i}": i for i in range(1025)}], ids=lambda state: str(state)[:20]
)  # fmt: skip
def test_any_state_comes_back(state):
    class Holder:
        pass

    def make(state):
        holder = Holder()
        holder.state = state
        return holder

    ladle.register(Holder, name=f"holder {id(Holder)}", to_state=lambda h: h.state, from_state=make)
    assert exactly(both_ways(make(state)).state) == exactly(state)
    assert exactly(both_ways([make(state), make(5)])[0].state) == exactly(state)
    opaque = ladle.Opaque("unknown", state)
    assert exactly(both_ways(opaque)) == exactly(opaque)
    assert exactly(reference.read(dumped([opaque]))) == exactly([opaque])


def test_an_attribute_whose_name_is_no_str_is_refused_unless_from_state_takes_it():
    class Holder:
        pass

    def make(state):
        holder = Holder()
        vars(holder).update(state)
        return holder

    holder = make({"a": 0, 5: 1})
    ladle.register(Holder)
    with pytest.raises(TypeError, match=r"record 0: \[0\]: .*Holder .*the name of its attribute 5 "):
        dumped([[holder]])
    ladle.register(Holder, from_state=make)
    assert vars(both_ways(holder)) == vars(holder)


def test_exceptions_of_the_functions_pass_through():
    class Bad:
        pass

    error = KeyError("mine")

    def fail(value):
        raise error

    ladle.register(Bad, to_state=fail, from_state=fail)
    for call in (
        lambda: dumped([Bad()]),
        lambda: ladle.dumps([Bad()]),
        lambda: loaded(dumped([ladle.Opaque(name_of(Bad), 1)])),
        lambda: ladle.loads(ladle.dumps(ladle.Opaque(name_of(Bad), 1))),
    ):
        with pytest.raises(KeyError) as caught:
            call()
        assert caught.value is error


def test_to_state_without_from_state_must_return_attributes():
    class Trimmed:
        def __init__(self):
            self.kept, self.dropped = 1, len

    ladle.register(Trimmed, to_state=lambda value: {"kept": value.kept})
    back = both_ways(Trimmed())
    assert vars(back) == {"kept": 1}
    ladle.register(Trimmed, to_state=lambda value: [value.kept])
    with pytest.raises(TypeError, match="without from_state it must return a dict"):
        dumped([Trimmed()])


def test_two_classes_with_one_name_are_refused():
    def make():
        class Twin:
            pass

        return Twin

    first, second = make(), make()
    assert ladle.register(first) is first
    assert ladle.register(first) is first
    with pytest.raises(ValueError, match="has the name"):
        ladle.register(second)
    ladle.register(second, name="other twin")
    third, fourth = (class_of("m", "T", ["x"]) for _ in "ab")
    with pytest.raises(ValueError, match="two classes with the name m.T"):
        loaded(dumped([]), types=[third, fourth])
    assert loaded(dumped([third(1)]), types=[third, third]) == [third(1)]


def test_types_come_before_what_is_registered():
    registered, other = (class_of("m", "U", ["x"]) for _ in "ab")
    ladle.register(registered)
    data = dumped([registered(1)])
    assert type(loaded(data)[0]) is registered
    assert type(loaded(data, types=[other])[0]) is other


def test_a_registered_name_is_the_one_that_types_means():
    cls = class_of("m", "V", ["x"])
    ladle.register(cls, name="vee")
    assert reference.read(dumped([cls(1)])) == [("vee", {"x": 1})]
    assert loaded(dumped([cls(1)]), types=[cls]) == [cls(1)]


@pytest.mark.parametrize(
    "cls", [int, dict, type(None), collections.OrderedDict, ladle.Opaque], ids=repr
)
def test_what_is_stored_as_it_is_cannot_be_registered(cls):
    with pytest.raises(TypeError, match="as it is"):
        ladle.register(cls)
    with pytest.raises(TypeError):
        ladle.register(cls, to_state=str, from_state=cls)


class ListKind(list):
    pass


@dataclass
class ErrorKind(Exception):
    code: int


@dataclass
class DictKind(dict):
    code: int


class PointKind(Ordinary):
    pass


@pytest.mark.parametrize(
    "value", [ListKind([1]), ErrorKind(1), DictKind(1), PointKind(1)], ids=repr
)
def test_what_derives_from_another_type_is_refused_unless_registered(value):
    with pytest.raises(TypeError):
        dumped([value])
    with pytest.raises(TypeError):
        ladle.dumps({"a": value})


@pytest.mark.parametrize("cls", [ListKind, ErrorKind, DictKind, memoryview, object], ids=repr)
def test_a_class_with_a_state_out_of_sight_needs_functions(cls):
    with pytest.raises(TypeError, match="to_state= and from_state= are needed"):
        ladle.register(cls)
    with pytest.raises(TypeError, match="to_state= and from_state= are needed"):
        ladle.register(cls, to_state=list)
    with pytest.raises(TypeError, match="to_state= and from_state= are needed"):
        loaded(dumped([]), types=[cls])


def test_a_subclass_of_a_registered_class_is_another_class():
    class Sub(classes.Plain):
        pass

    with pytest.raises(TypeError, match="Sub cannot be stored"):
        dumped([Sub()])


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((), {}),
        ((5,), {}),
        ((Point, "name"), {}),
        ((Point,), {"name": 5}),
        ((Point,), {"to_state": 5}),
        ((Point,), {"from_state": 5}),
        ((Point,), {"state": str}),
    ],
)
def test_wrong_arguments_of_register_are_refused(arguments, options):
    with pytest.raises(TypeError):
        ladle.register(*arguments, **options)


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(UnicodeEncodeError):
        ladle.register(Point, name="\ud800")
    assert type(both_ways(Point(1))) is ladle.Opaque


@pytest.mark.parametrize("types", [5, [5], "ab", Point], ids=repr)
def test_wrong_types_are_refused(types):
    with pytest.raises(TypeError):
        loaded(dumped([]), types=types)
    with pytest.raises(TypeError):
        ladle.loads(ladle.dumps(1), types=types)


def test_classes_that_were_written_or_read_are_not_kept():
    def use():
        cls = make_dataclass("Passing", ["x"])
        data = dumped([cls(1)] * 3)
        assert loaded(data, types=[cls]) == [cls(1)] * 3
        ladle.loads(ladle.dumps(cls(1)), types=[cls])
        return weakref.ref(cls)

    passed = [use() for _ in range(20)]
    gc.collect()
    assert [reference() for reference in passed] == [None] * 20


@pytest.mark.parametrize(
    "write",
    [
        lambda value, default: loaded(dumped([value], default=default)),
        lambda value, default: [ladle.loads(ladle.dumps(value, default=default))],
    ],
    ids=["file", "alone"],
)
def test_a_class_may_be_registered_anew_while_its_object_is_written(write):
    cls = class_of("m", "X", ["x", "y"])
    names = []

    def default(value):
        names.append(f"{id(cls)} {len(names)}")
        ladle.register(cls, name=names[-1])
        return [cls(1, 2)]

    (back,) = write(cls(object(), cls(object(), object())), default)
    assert len(names) == 3
    assert back.type_name == "m.X"
    assert back.state["x"][0].type_name == names[0]
    assert back.state["y"].type_name == names[0]
    assert back.state["y"].state["x"][0].state == {"x": 1, "y": 2}


def test_a_class_may_be_registered_anew_while_a_file_is_written():
    cls = class_of("m", "W", ["x"])
    file = io.BytesIO()
    with ladle.open(file, "w") as writer:
        writer.append(cls(1))
        ladle.register(cls, name="second")
        writer.append(cls(2))
    assert reference.read(file.getvalue()) == [("m.W", {"x": 1}), ("second", {"x": 2})]
