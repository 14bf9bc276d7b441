# SPDX-License-Identifier: BSD-2-Clause
"""Opaque: what stands for objects whose classes are not known."""

import copy
import pickle

import ladle
import pytest

from helpers import dumped, loaded
from unregistered import Point


def test_an_opaque_is_equal_and_hashed_by_name_and_state():
    one = ladle.Opaque("m.P", {"x": 1, "y": (2,)})
    assert one == ladle.Opaque("m.P", {"y": (2,), "x": 1})
    assert hash(one) == hash(ladle.Opaque("m.P", {"y": (2,), "x": 1}))
    assert one != ladle.Opaque("m.Q", one.state)
    assert one != ladle.Opaque("m.P", {"x": 1})
    assert one != ("m.P", one.state)
    assert hash(ladle.Opaque("m", (1, 2))) == hash(ladle.Opaque("m", (1, 2)))
    for state in ([], {"a": []}, {"a": ladle.Opaque("m", set())}):
        with pytest.raises(TypeError):
            hash(ladle.Opaque("m", state))


def test_an_opaque_shows_and_keeps_what_it_is():
    one = ladle.Opaque("m.P", {"x": 1})
    assert repr(one) == "ladle.Opaque('m.P', {'x': 1})"
    assert (one.type_name, one.state) == ("m.P", {"x": 1})
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.deepcopy(one) == one
    for change in (lambda: setattr(one, "state", 1), lambda: delattr(one, "type_name")):
        with pytest.raises(AttributeError):
            change()


@pytest.mark.parametrize("name", [5, None, b"m", Point], ids=repr)
def test_the_name_of_an_opaque_must_be_a_str(name):
    with pytest.raises(TypeError):
        ladle.Opaque(name, {})


def test_the_name_of_an_opaque_must_be_text():
    with pytest.raises(UnicodeEncodeError):
        ladle.Opaque("\ud800", {})


def test_an_opaque_that_was_not_initialised_is_an_error():
    for write in (lambda value: dumped([value]), ladle.dumps):
        with pytest.raises(ValueError, match="not initialised"):
            write(ladle.Opaque.__new__(ladle.Opaque))
        forged = ladle.Opaque("m", 1)
        object.__setattr__(forged, "type_name", 5)
        with pytest.raises(TypeError, match="no str"):
            write(forged)


def test_a_subclass_of_opaque_is_refused():
    class Kind(ladle.Opaque):
        pass

    with pytest.raises(TypeError):
        dumped([Kind("m", {})])


def test_an_opaque_key_that_cannot_be_hashed_says_what_to_do():
    class Key:
        def __init__(self, parts):
            self.parts = parts

        def __eq__(self, other):
            return self.parts == other.parts

        def __hash__(self):
            return 1

    ladle.register(Key, name="known")
    data = dumped([{Key([1]): 2}])
    assert loaded(data) == [{Key([1]): 2}]
    ladle.register(Key, name="known no more")
    with pytest.raises(ladle.UnsupportedError, match="pass types="):
        loaded(data)


def test_objects_that_only_their_class_tells_apart_say_what_to_do():
    class Anything:
        pass

    ladle.register(Anything, name="anything")
    records = [{Anything(), Anything()}, {Anything(): 1, Anything(): 2}]
    assert [len(record) for record in loaded(dumped(records))] == [2, 2]
    data = [dumped([record]) for record in records]
    ladle.register(Anything, name="anything no more")
    for file in data:
        with pytest.raises(ladle.UnsupportedError, match="pass types="):
            loaded(file)
