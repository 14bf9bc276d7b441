# SPDX-License-Identifier: BSD-2-Clause
"""Objects in pickles whose classes are somebody's own: they are rebuilt without running code of the
class, or kept as a ladle.Opaque. What the functions get is described in _pickle_known."""

import functools
import types

from ladle._classes import FIELDS, FLAG, MEMBER, TUPLE, Opaque, describe
from ladle._core import _registered
from ladle._errors import UnsupportedError


def builders_of(given, keeps_unknown):
    """The functions that rebuild objects, by the names of their classes: of those that were
    registered, also under the names that pickles have, and of those in types=, which come first."""
    builders = {}
    for name, cls in _registered().items():
        described = describe(cls, True, None, None, None) if _is_rebuildable(cls) else None
        if described is not None:
            for key in (_name_of(cls), name):
                builders[key] = _builder(cls, described, keeps_unknown)
    for cls in given:
        if not isinstance(cls, type):
            raise TypeError(f"types holds a {type(cls).__name__}: it must hold classes")
        builders[_name_of(cls)] = _builder(cls, describe(cls, True, None, None, None), keeps_unknown)
    return builders


def _name_of(cls):
    return f"{cls.__module__}.{cls.__qualname__}"


def _is_rebuildable(cls):
    """Whether the state of its objects in a pickle is their attributes or items."""
    try:
        describe(cls, True, None, None, None)
    except TypeError:
        return False
    set_state = getattr(cls, "__setstate__", None)
    return set_state is None or getattr(set_state, "__module__", None) == "dataclasses"


def _builder(cls, described, keeps_unknown):
    build = {FIELDS: _build_object, TUPLE: _build_tuple, MEMBER: _build_member, FLAG: _build_member}
    return functools.partial(_rebuild, build[described[0]], cls, keeps_unknown)


def _class_of(name):
    """The class that a name in a pickle stands for, if its objects are rebuilt."""
    return name.build.args[1] if getattr(name.build, "func", None) is _rebuild else None


# ---- Rebuilding ----


def _rebuild(build, cls, keeps_unknown, made):
    """An object of a class without running code of it."""
    try:
        return build(cls, made)
    except UnsupportedError:
        if not keeps_unknown:
            raise
    return opaque(made)


def _expect(made, condition):
    if not condition:
        raise UnsupportedError(
            f"a {made.module}.{made.name} that was pickled in a way of its own, by a __reduce__ or "
            "__getstate__"
        )


def _are_values(args):
    return not any(getattr(arg, "is_name", False) for arg in args)


def _build_object(cls, made):
    _expect(made, made.is_new and not made.args and not made.kwargs)
    _expect(made, made.items is None and made.pairs is None)
    value = object.__new__(cls)
    _set_state(cls, value, made)
    return value


def _build_tuple(cls, made):
    _expect(made, made.items is None and made.pairs is None and not made.kwargs)
    fields = made.args[0] if type(made) is _Made and len(made.args) == 1 else made.args
    _expect(made, type(fields) is tuple and _are_values(fields) and len(fields) == len(cls._fields))
    value = tuple.__new__(cls, fields)
    _set_state(cls, value, made)
    return value


def _build_member(cls, made):
    _expect(made, made.state is None and made.items is None and made.pairs is None)
    _expect(made, len(made.args) == 1 and not made.kwargs and _are_values(made.args))
    return _member(cls, made, made.args[0])


def _member(cls, made, number):
    """The member with a value; of flags also what several of them make."""
    import enum

    try:
        member = cls._value2member_map_.get(number)
    except TypeError:  # it cannot be hashed
        member = next((m for m in cls._member_map_.values() if m._value_ == number), None)
    if member is None and issubclass(cls, enum.Flag) and type(number) is int:
        try:
            member = cls(number)
        except ValueError:
            pass
    if member is None or member._value_ != number:
        raise UnsupportedError(f"the class {made.module}.{made.name} has no member {number!r:.40} here")
    return member


def make_member(made):
    """getattr(class, name), as an enumeration writes its members: nothing is looked up."""
    owner, name = made.args
    members = getattr(_class_of(owner), "_member_map_", {})
    if name in members:
        return members[name]
    if owner.build is not opaque:
        raise UnsupportedError(f"it would look up {owner.module}.{owner.name}.{name}")
    return new_opaque(f"{owner.module}.{owner.name}", {"name": name})


def make_flag(made):
    """operator.or_(flag, flag), as Python 3.11 writes what has several members."""
    import enum

    flags = made.args
    cls = type(flags[0]) if len(flags) == 2 else None
    are_flags = cls is not None and issubclass(cls, enum.Flag) and type(flags[1]) is cls
    if not are_flags or made.state is not None or made.items or made.pairs or made.kwargs:
        raise UnsupportedError(f"it would call {made.module}.{made.name}")
    return _member(cls, made, flags[0]._value_ | flags[1]._value_)


def reconstruct_object(made):
    """copyreg._reconstructor(class, base, state of the base), as protocols 0 and 1 write it."""
    if len(made.args) != 3 or _are_values(made.args[:1]) or _are_values(made.args[1:2]):
        raise ValueError("what the pickle says of it does not fit")
    cls, base, base_state = made.args
    is_object = (base.module, base.name) == ("builtins", "object")
    args = () if is_object and base_state is None else (base_state,)
    return cls.build(_Made(cls, args, made))


class _Made:
    """A new object, as the machine would describe it; what its base has is its only argument."""

    is_name, is_new, kwargs = False, True, None

    def __init__(self, cls, args, made):
        self.module, self.name, self.args = cls.module, cls.name, args
        self.items, self.pairs, self.state = made.items, made.pairs, made.state


def _set_state(cls, value, made):
    state = _attributes(made.state)
    fields = getattr(cls, "__dataclass_fields__", {})
    if type(state) is list and len(state) == len(fields):
        state = dict(zip(fields, state))  # of a frozen dataclass with slots
    if state is None:
        return
    _expect(made, type(state) is dict and all(type(key) is str for key in state))
    slots = {
        name: member
        for base in cls.__mro__
        for name, member in vars(base).items()
        if type(member) is types.MemberDescriptorType
    }
    for name, attribute in state.items():
        if name in slots:
            slots[name].__set__(value, attribute)
        else:
            _expect(made, hasattr(value, "__dict__"))
            value.__dict__[name] = attribute


def _attributes(state):
    """The attributes of an object with __slots__, which a pickle has as (dict or None, dict)."""
    if type(state) is tuple and len(state) == 2 and type(state[1]) is dict:
        if state[0] is None or type(state[0]) is dict:
            return {**(state[0] or {}), **state[1]}
    return state


# ---- What is not rebuilt ----


def opaque(made):
    """An Opaque of all that the pickle says about an object."""
    return new_opaque(f"{made.module}.{made.name}", _whole_state(made))


def new_opaque(name, state):
    """An Opaque in whose state no class is left."""
    return Opaque(name, _without_names(state))


def _whole_state(made):
    parts = {
        "args": made.args or None,
        "kwargs": made.kwargs or None,
        "items": made.items,
        "pairs": made.pairs,
        "state": _attributes(made.state),
    }
    parts = {part: value for part, value in parts.items() if value is not None}
    if parts.keys() <= {"state"}:
        return parts.get("state", {})
    if parts.keys() == {"args"}:
        return made.args
    return parts


def _without_names(value):
    """The value with an Opaque in the place of each class: those are in tuples only."""
    if type(value) is tuple:
        return tuple(map(_without_names, value))
    if type(value) is dict:
        return {key: _without_names(item) for key, item in value.items()}
    if getattr(value, "is_name", False):
        return new_opaque("pickle.global", f"{value.module}.{value.name}")
    return value


def known_or_opaque(build, made):
    """For a known class among whose arguments there is one that is not known."""
    for arg in made.args:
        if type(arg) is Opaque or getattr(arg, "build", None) is opaque:
            return opaque(made)
    return build(made)
