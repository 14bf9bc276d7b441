# SPDX-License-Identifier: BSD-2-Clause
"""What the extension has to know of a class to store its objects, and Opaque."""

import reprlib
import types

# How the objects of a class are stored and rebuilt: the numbers are those of classes.h.
FIELDS, TUPLE, MEMBER, FLAG, STATE = 1, 2, 3, 4, 5

HEAP_TYPE = 1 << 9  # a bit of __flags__: made by a class statement, most times


class Opaque:
    """An object of a class that was not to be rebuilt here: the name of the class and its state.

    type_name  a str, as a file has it: "module.Class" unless the class was registered otherwise
    state      a dict of the fields, or another value when the class is stored as one

    It is written as the object was, so that a program that knows the class gets the object back.
    Two are equal when names and states are. It can be hashed when its state can, or when that is a
    dict of values that can.
    """

    __slots__ = ("state", "type_name")

    def __init__(self, type_name, state):
        if type(type_name) is not str:
            raise TypeError(f"type_name is a {type(type_name).__name__}: it must be a str")
        type_name.encode()
        object.__setattr__(self, "type_name", type_name)
        object.__setattr__(self, "state", state)

    def __setattr__(self, name, value):
        raise AttributeError(f"{name}: an Opaque cannot be changed; make a new one")

    def __delattr__(self, name):
        raise AttributeError(f"{name}: an Opaque cannot be changed; make a new one")

    def __eq__(self, other):
        if type(other) is not Opaque:
            return NotImplemented
        return self.type_name == other.type_name and self.state == other.state

    def __hash__(self):
        state = self.state
        return hash((self.type_name, frozenset(state.items()) if type(state) is dict else state))

    @reprlib.recursive_repr("ladle.Opaque(...)")
    def __repr__(self):
        return f"ladle.Opaque({self.type_name!r}, {self.state!r})"

    def __reduce__(self):
        return Opaque, (self.type_name, self.state)


Opaque.__module__ = "ladle"


def describe(cls, is_given, name, to_state, from_state):
    """(kind, name, fields, whether all fields are needed, whether any may be missing), or None.

    is_given is true for a class that was handed to us, by register or types=; others are stored
    without being asked only when their fields are declared.
    """
    if name is None:
        name = f"{cls.__module__}.{cls.__qualname__}"
    if is_given and (to_state is not None and from_state is not None):
        return STATE, name, (), False, False
    if _is_enum(cls):
        return (FLAG, name, ("value",), True, False) if _is_flag(cls) else (
            MEMBER, name, ("name",), True, False
        )  # fmt: skip
    if (fields := _tuple_fields(cls)) is not None:
        return TUPLE, name, fields, True, False
    if not _is_plain(cls):
        if is_given:
            raise TypeError(
                f"{name} is or derives from a type of the interpreter or of an extension: "
                "to_state= and from_state= are needed to store its objects"
            )
        return None
    if (fields := getattr(cls, "__dataclass_fields__", None)) is not None:
        fields = [field for field in fields.values() if field._field_type.name == "_FIELD"]
        is_loose = not all(field.init for field in fields)
        return FIELDS, name, tuple(field.name for field in fields), True, is_loose
    return (FIELDS, name, _slots(cls), False, True) if is_given else None


def default_of(cls, field):
    """(whether it is a factory, the default of a field) that a file lacks, or None."""
    if (declared := getattr(cls, "__dataclass_fields__", {}).get(field)) is not None:
        import dataclasses

        if declared.default is not dataclasses.MISSING:
            return False, declared.default
        if declared.default_factory is not dataclasses.MISSING:
            return True, declared.default_factory
        return None
    defaults = getattr(cls, "_field_defaults", {})
    return (False, defaults[field]) if field in defaults else None


def _is_enum(cls):
    # Whoever has one has imported the module.
    import enum

    return issubclass(cls, enum.Enum) and "_member_map_" in vars(cls)


def _is_flag(cls):
    import enum

    return issubclass(cls, enum.Flag)


def _tuple_fields(cls):
    """The fields of a named tuple, or None."""
    fields = getattr(cls, "_fields", None)
    if not issubclass(cls, tuple) or type(fields) is not tuple or not hasattr(cls, "_make"):
        return None
    is_plain = all(base in (tuple, object) or _is_of_python(base) for base in cls.__mro__)
    return fields if is_plain and all(type(field) is str for field in fields) else None


def _is_of_python(base):
    """Whether a class statement made it, and not an extension."""
    is_extension = type(vars(base).get("__new__")) is types.BuiltinFunctionType
    return base.__flags__ & HEAP_TYPE and not is_extension


def _is_plain(cls):
    """Whether the state of its objects is their attributes: no base keeps any out of sight."""
    return cls is not object and all(base is object or _is_of_python(base) for base in cls.__mro__)


def _slots(cls):
    """Names of the attributes that have a place of their own, as the class looks them up."""
    slots = []
    for base in reversed(cls.__mro__):
        for name, member in vars(base).items():
            if type(member) is types.MemberDescriptorType and name not in slots:
                slots.append(name)
    return tuple(slots)
