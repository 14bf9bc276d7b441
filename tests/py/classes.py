# SPDX-License-Identifier: BSD-2-Clause
"""Classes of every kind that records may hold objects of. They are registered, and the independent
reader is told how to rebuild them."""

import collections
import enum
import typing
from dataclasses import InitVar, dataclass, field

import ladle

import reference_value


@dataclass
class Point:
    x: object
    y: object = 0


@dataclass(frozen=True)
class Frozen:
    name: object
    tags: object = ()


@dataclass(frozen=True, slots=True)
class Slots:
    a: object
    b: object = field(default_factory=list)


@dataclass(kw_only=True)
class Keywords:
    one: object
    two: object = None
    scale: InitVar[int] = 2
    three: object = field(init=False, default=3)

    def __post_init__(self, scale):
        self.scaled = scale


class Derived(Point):
    """A dataclass by its base, with attributes of its own."""


class Pair(typing.NamedTuple):
    first: object
    second: object = None


Triple = collections.namedtuple("Triple", "a b c")


class Named(Triple):
    """Objects have a dict."""


class Color(enum.Enum):
    RED = 1
    GREEN = (2, "two")
    BLUE = frozenset()
    CYAN = 1  # another name of RED


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 10


class Word(enum.StrEnum):
    YES = enum.auto()
    NO = enum.auto()


class Rights(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


class Bits(enum.IntFlag):
    A = 1
    B = 8


class Plain:
    """Registered, and stored as its attributes."""

    __slots__ = ("__dict__", "kept")

    def __init__(self, **attributes):
        for name, value in attributes.items():
            setattr(self, name, value)

    def attributes(self):
        kept = {"kept": self.kept} if hasattr(self, "kept") else {}
        return kept | vars(self)

    def __eq__(self, other):
        return type(other) is Plain and self.attributes() == other.attributes()

    def __hash__(self):
        return 0


class Stack(list):
    """Registered, and stored as a list."""


class Meters(float):
    """Registered, and stored as a dict of fields."""


def rebuilt(cls):
    def rebuild(fields):
        result = object.__new__(cls)
        for name, value in fields.items():
            object.__setattr__(result, name, value)
        return result

    return rebuild


def rebuilt_tuple(cls):
    def rebuild(fields):
        result = cls(*[fields.pop(name) for name in cls._fields])
        for name, value in fields.items():
            setattr(result, name, value)
        return result

    return rebuild


DATACLASSES = [Point, Frozen, Slots, Keywords, Derived]
TUPLES = [Pair, Triple, Named]
ENUMS = [Color, Level, Word]
FLAGS = [Rights, Bits]
REBUILD = {
    **{cls: rebuilt(cls) for cls in [*DATACLASSES, Plain]},
    **{cls: rebuilt_tuple(cls) for cls in TUPLES},
    **{cls: lambda fields, cls=cls: cls[fields["name"]] for cls in ENUMS},
    **{cls: lambda fields, cls=cls: cls(fields["value"]) for cls in FLAGS},
}

for known, rebuild in REBUILD.items():
    ladle.register(known)
    reference_value.CLASSES[f"{known.__module__}.{known.__qualname__}"] = rebuild
ladle.register(Stack, to_state=list, from_state=Stack)
reference_value.CLASSES["classes.Stack"] = Stack
ladle.register(
    Meters,
    name="metres",
    to_state=lambda value: {"of": float(value)},
    from_state=lambda state: Meters(state["of"]),
)
reference_value.CLASSES["metres"] = lambda state: Meters(state["of"])
