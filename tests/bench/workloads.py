# SPDX-License-Identifier: BSD-2-Clause
"""The records that are written and read: the same for everybody and each time."""

import gc
import marshal
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

LETTERS = string.ascii_letters + string.digits
LEVELS = ("debug", "info", "info", "info", "warning", "error")
PATHS = tuple(f"/{noun}/{verb}" for noun in ("api", "user", "cart") for verb in ("show", "edit"))
TAGS = ("beta", "cached", "mobile", "retried", "slow")
WORDS = ("cache", "closed", "for", "job", "lost", "miss", "queue", "reset", "retry", "the", "timed")


def text(source: random.Random, length: int) -> str:
    return "".join(source.choices(LETTERS, k=length))


def rows(count: int, source: random.Random) -> Iterator[tuple]:
    for _ in range(count):
        yield source.random(), text(source, 20), source.getrandbits(64)


def dicts(count: int, source: random.Random) -> Iterator[dict]:
    for number in range(count):
        yield {
            "id": number,
            "name": text(source, 10),
            "score": source.random(),
            "tags": [text(source, 7), text(source, 7)],
        }


def floats(count: int, source: random.Random) -> Iterator[tuple]:
    for _ in range(count):
        yield tuple(source.random() for _ in range(16))


def log_records(count: int, source: random.Random) -> Iterator[dict]:
    start = datetime(2026, 1, 1)
    for number in range(count):
        moment = start + timedelta(milliseconds=13 * number + source.randrange(13))
        record = {
            "ts": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z",
            "level": source.choice(LEVELS),
            "msg": " ".join(source.choices(WORDS, k=4)),
            "request": {"id": source.getrandbits(32), "path": source.choice(PATHS)},
            "user": source.randrange(100_000) if source.random() < 0.7 else None,
            "tags": source.choices(TAGS, k=source.randrange(4)),
        }
        if source.random() < 0.2:
            record["error"] = text(source, 12)
        if source.random() < 0.1:
            record["attempt"] = source.randrange(2, 6)
        yield record


def three_shapes(count: int, source: random.Random) -> Iterator[dict]:
    for number in range(count):
        kind = source.randrange(3)
        if kind == 0:
            at = [source.randrange(4000), source.randrange(3000)]
            yield {"kind": "move", "id": number, "at": at}
        elif kind == 1:
            price, tags = source.random() * 100, [source.choice(TAGS)]
            yield {
                "kind": "sale",
                "id": number,
                "item": text(source, 16),
                "price": price,
                "tags": tags,
            }
        else:
            user = {"name": text(source, 12), "age": source.randrange(18, 80)}
            yield {"kind": "visit", "id": number, "user": user, "page": f"/{text(source, 12)}"}


class Dict(TypedDict):
    id: int
    name: str
    score: float
    tags: list[str]


@dataclass(frozen=True)
class Workload:
    title: str
    count: int
    make: Callable[[int, random.Random], Iterator]
    shuffled: bool = False  # the list is, so that it is not in the order of memory
    record_type: type | None = None  # for peers that decode faster when told

    @property
    def has_dicts(self) -> bool:
        return self.make not in (rows, floats)


WORKLOADS = {
    "T": Workload(
        "tuples (float, str of 20 characters, int below 2**64)",
        1_000_000,
        rows,
        record_type=tuple[float, str, int],
    ),
    "D": Workload(
        "dicts {id, name, score, tags: [str, str]}", 300_000, dicts, record_type=Dict
    ),
    "R": Workload("tuples of 16 floats", 500_000, floats, record_type=tuple[(float,) * 16]),
    "S": Workload(
        "T with its list shuffled",
        1_000_000,
        rows,
        shuffled=True,
        record_type=tuple[float, str, int],
    ),
    "J": Workload(
        "log records: optional keys, a dict inside, nulls, lists of 0 to 4, a few hot strings",
        200_000,
        log_records,
    ),
    "U": Workload("dicts of three shapes in random order", 300_000, three_shapes),
}


def store(name: str, count: int, path: Path) -> None:
    """Makes the records once; each process then takes them from the file by `records`."""
    path.write_bytes(marshal.dumps(list(WORKLOADS[name].make(count, random.Random(1)))))


def records(name: str, path: Path) -> list:
    gc.disable()  # it would go through them again and again
    result = marshal.loads(path.read_bytes())
    gc.enable()
    if WORKLOADS[name].shuffled:
        random.Random(2).shuffle(result)
    return result
