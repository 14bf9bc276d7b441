# SPDX-License-Identifier: BSD-2-Clause
"""Classes of attrs, pydantic and msgspec: one call of register each, for those installed."""

import importlib.util
import io

import ladle


def through_a_file(record):
    file = io.BytesIO()
    ladle.dump([record], file)
    file.seek(0)
    (back,) = ladle.load(file)
    assert type(back) is type(record) and back == record
    return back


def with_attrs():
    import attrs

    @attrs.define
    class Point:
        x: int
        y: int = 0

    ladle.register(Point)  # its attributes are all there is to it; __init__ is not called
    return through_a_file(Point(1))


def with_pydantic():
    import pydantic

    class User(pydantic.BaseModel):
        name: str
        tags: list[str] = []

    # model_validate checks what a file says; model_dump makes dicts of models in models.
    ladle.register(User, to_state=User.model_dump, from_state=User.model_validate)
    return through_a_file(User(name="ada", tags=["x"]))


def with_msgspec():
    import msgspec

    class Event(msgspec.Struct):
        kind: str
        at: float = 0.0

    ladle.register(
        Event, to_state=msgspec.structs.asdict, from_state=lambda state: Event(**state)
    )
    return through_a_file(Event("start", 1.5))


SHOWS = {"attrs": with_attrs, "pydantic": with_pydantic, "msgspec": with_msgspec}
for package, show in SHOWS.items():
    if importlib.util.find_spec(package):
        print(f"{package}: {show()}")
    else:
        print(f"{package}: not installed")
