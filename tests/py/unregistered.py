# SPDX-License-Identifier: BSD-2-Clause
"""Classes that are not registered, unlike those of the module classes, and values of them."""

import collections
import enum
import typing
from dataclasses import dataclass

import ladle

from helpers import dumped, exactly, loaded


@dataclass
class Point:
    x: object
    y: object = 0


@dataclass(frozen=True, slots=True)
class Slots:
    a: object
    b: object = ()


class Pair(typing.NamedTuple):
    first: object
    second: object = None


Triple = collections.namedtuple("Triple", "a b c")


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Ordinary:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return type(other) is Ordinary and vars(self) == vars(other)

    def __hash__(self):
        return 1


TYPES = (Point, Slots, Pair, Triple, Color, Rights)
OBJECTS = [
    Point(1, "a"),
    Slots(1.5, (2,)),
    Pair("x", [None]),
    Triple(1, 2, 3),
    Color.BLUE,
    Rights.READ | Rights.WRITE,
    Rights(0),
    {Color.RED: [Point(Pair(1), {Slots(1): Point(2)})], Slots(Color.RED): 1},
]


def name_of(cls):
    return f"{cls.__module__}.{cls.__qualname__}"


def both_ways(value, **options):
    """The value through a file and through dumps: equal, and returned."""
    (back,) = loaded(dumped([value]), **options)
    assert exactly(ladle.loads(ladle.dumps(value), **options)) == exactly(back)
    return back
