# SPDX-License-Identifier: BSD-2-Clause
"""Objects of your own classes: stored by name with their fields, rebuilt where you say so."""

import enum
import pathlib
import tempfile
from dataclasses import dataclass, field

import ladle


class Color(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class Car:
    name: str
    color: Color
    seats: int = 4


class Route:
    """No dataclass: it has to be registered before it can be written."""

    def __init__(self, *stops):
        self.stops = stops


with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "cars.ladle")
    ladle.dump([Car("beetle", Color.RED), Car("bus", Color.BLUE, seats=9)], path)

    # Nothing is rebuilt unasked: a file cannot name code to run. What it holds can be seen, and
    # written again without loss.
    opaque = next(ladle.load(path))
    print(opaque)
    assert opaque.type_name == "__main__.Car" and opaque.state["name"] == "beetle"

    # types= names the classes that may be rebuilt, for this file.
    cars = ladle.load(path, types=[Car, Color]).tolist()
    assert cars[1] == Car("bus", Color.BLUE, 9)

    # register does so for all files, and lets other classes be written, as their attributes.
    ladle.register(Color)
    ladle.register(Route)
    ladle.dump([Route("home", "work")], path)
    assert next(ladle.load(path)).stops == ("home", "work")

    # Classes change. Fields that a file lacks get their defaults, or an error names them; fields
    # that are gone stay attributes of the object.
    ladle.dump(cars, path)

    @dataclass
    class NewCar:
        name: str
        color: Color
        doors: int = 5
        owners: list = field(default_factory=list)

    ladle.register(NewCar, name="__main__.Car")
    car = next(ladle.load(path))
    print(car)
    assert car == NewCar("beetle", Color.RED, 5, []) and car.seats == 4
