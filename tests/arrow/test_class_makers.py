# SPDX-License-Identifier: BSD-2-Clause
"""Classes of attrs, pydantic and msgspec: one call of register each, as the example shows."""

import io
import pathlib
import subprocess
import sys

import attrs
import ladle
import msgspec
import pydantic
import pytest

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "23_other_classes.py"


@attrs.define
class Point:
    x: int
    y: object = None


@attrs.frozen(slots=False)
class Frozen:
    x: int
    y: object = None


class Inner(pydantic.BaseModel):
    number: float = 0.5


class User(pydantic.BaseModel):
    name: str
    tags: list[str] = []
    inner: Inner | None = None


class Event(msgspec.Struct, frozen=True):
    kind: str
    at: float = 0.0
    parts: tuple = ()


def register_all():
    ladle.register(Point)
    ladle.register(Frozen)
    ladle.register(User, to_state=User.model_dump, from_state=User.model_validate)
    ladle.register(
        Event, to_state=msgspec.structs.asdict, from_state=lambda state: Event(**state)
    )


RECORDS = [
    Point(1, [Frozen(2, Point(3))]),
    Frozen(1),
    User(name="ada"),
    User(name="bob", tags=["a", "b"], inner=Inner(number=2.5)),
    Event("start", 1.5, (1, "a")),
]


def loaded(data):
    return list(ladle.load(io.BytesIO(data)))


def dumped(records):
    file = io.BytesIO()
    ladle.dump(records, file)
    return file.getvalue()


def test_objects_come_back_and_go_through_programs_that_do_not_know_them():
    for record in RECORDS:
        if not isinstance(record, (Point, Frozen)):
            with pytest.raises(TypeError, match="register"):
                dumped([record])
    register_all()
    back = loaded(dumped(RECORDS * 100))
    assert back == RECORDS * 100
    assert list(map(type, back)) == list(map(type, RECORDS * 100))
    assert [ladle.loads(ladle.dumps(record)) for record in RECORDS] == RECORDS
    copier = (
        "import io, sys, ladle\n"
        "records = list(ladle.load(sys.stdin.buffer))\n"
        "assert {type(record) for record in records} == {ladle.Opaque}\n"
        "ladle.dump(records, sys.stdout.buffer)\n"
    )
    copy = subprocess.run(
        [sys.executable, "-c", copier], input=dumped(RECORDS), stdout=subprocess.PIPE, check=True
    )
    assert loaded(copy.stdout) == RECORDS


def test_a_state_that_the_model_refuses_is_the_error_of_the_model():
    register_all()
    name = f"{__name__}.User"
    with pytest.raises(pydantic.ValidationError):
        loaded(dumped([ladle.Opaque(name, {"name": 5})]))
    assert loaded(dumped([ladle.Opaque(name, {"name": "eve"})])) == [User(name="eve")]


def test_the_example_shows_all_three():
    shown = subprocess.run([sys.executable, EXAMPLE], stdout=subprocess.PIPE, text=True, check=True)
    assert [line.split(":")[0] for line in shown.stdout.splitlines()] == ["attrs", "pydantic", "msgspec"]
    assert "not installed" not in shown.stdout
