# SPDX-License-Identifier: BSD-2-Clause
"""Dataclass records against pickle, and dumps and loads against pickle and msgspec: objects.py

Prints nanoseconds of processor time a record, medians of interleaved rounds, and how many times
as fast ladle is. Exits with 1 when a target is missed. msgspec is left out where it is not
installed.
"""

import enum
import io
import pickle
import random
import statistics
import sys
import time
from dataclasses import dataclass

import ladle

try:
    import msgspec
except ImportError:
    msgspec = None

COUNT, ROUNDS, CALLS = 20_000, 7, 20_000


@dataclass
class Sample:
    id: int
    name: str
    score: float
    tags: tuple
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Slots:
    id: int
    name: str
    score: float
    tags: tuple
    ok: bool = True


class Color(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class Order:
    id: int
    color: Color
    parts: list
    note: str | None = None


TYPES = (Sample, Slots, Color, Order)


def flat(cls, source):
    return [
        cls(i, f"name {source.randrange(1000)}", source.random(), ("a", "b"), i % 2 == 0)
        for i in range(COUNT)
    ]


def nested(source):
    return [
        Order(
            i,
            source.choice(list(Color)),
            [Sample(j, f"part {j}", j / 3, ()) for j in range(i % 3)],
            "note" if i % 3 else None,
        )
        for i in range(COUNT)
    ]


def ladle_dump(records, file):
    ladle.dump(records, file)


def ladle_iterate(file):
    for _ in ladle.load(file, types=TYPES):
        pass


def pickle_dump(records, file):
    for record in records:
        pickle.dump(record, file)


def pickle_iterate(file):
    for _ in range(COUNT):
        pickle.load(file)


def once(function, *arguments):
    start = time.process_time()  # others may use the machine
    function(*arguments)
    return time.process_time() - start


def medians(rounds):
    return {key: statistics.median(times) for key, times in rounds.items()}


def measure_records(records):
    """Nanoseconds a record by (who, what)."""
    ways = {"ladle": (ladle_dump, ladle_iterate), "pickle": (pickle_dump, pickle_iterate)}
    rounds = {(who, what): [] for who in ways for what in ("dump", "iterate")}
    for _ in range(ROUNDS):
        for who, (dump, iterate) in ways.items():
            file = io.BytesIO()
            rounds[who, "dump"].append(once(dump, records, file) / COUNT * 1e9)
            file.seek(0)
            rounds[who, "iterate"].append(once(iterate, file) / COUNT * 1e9)
    return medians(rounds)


def repeat(function, argument):
    for _ in range(CALLS):
        function(argument)


def measure_calls(value):
    """Nanoseconds a call by (who, what)."""
    ways = {
        "ladle": (ladle.dumps, ladle.loads),
        "pickle": (lambda value: pickle.dumps(value, pickle.HIGHEST_PROTOCOL), pickle.loads),
    }
    if msgspec:
        ways["msgspec"] = (msgspec.msgpack.encode, msgspec.msgpack.decode)
    rounds = {(who, what): [] for who in ways for what in ("dumps", "loads")}
    for _ in range(ROUNDS):
        for who, (dumps, loads) in ways.items():
            data = dumps(value)
            rounds[who, "dumps"].append(once(repeat, dumps, value) / CALLS * 1e9)
            rounds[who, "loads"].append(once(repeat, loads, data) / CALLS * 1e9)
    return medians(rounds)


def report(name, found, targets):
    """Print a line for each operation; how many targets are missed."""
    missed = 0
    for what in dict.fromkeys(what for _, what in found):
        ours = found["ladle", what]
        line = f"{name:10} {what:8} ladle {ours:6.0f} ns"
        for peer, target in targets.items():
            if (peer, what) in found:
                ratio = found[peer, what] / ours
                line += f", {peer} {found[peer, what]:6.0f} ns: {ratio:5.2f} times as fast"
                missed += ratio < target
                line += f" (MISSED: {target:.2f})" if ratio < target else ""
        print(line)
    return missed


def main():
    source = random.Random(1)
    row = (source.random(), "abcdefghijklmnopqrst", source.getrandbits(64))
    entry = {"id": 12345, "name": "name 12", "score": source.random(), "tags": ["a", "b"]}
    kinds = {"dataclass": flat(Sample, source), "slots": flat(Slots, source)}
    kinds["nested"] = nested(source)
    missed = 0
    for name, records in kinds.items():
        missed += report(name, measure_records(records), {"pickle": 5})
    for name, value in {"tuple T": row, "dict D": entry}.items():
        missed += report(name, measure_calls(value), {"pickle": 1, "msgspec": 1 / 1.5})
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
