# SPDX-License-Identifier: BSD-2-Clause
"""What the figures must show: how many times as fast as whom, and the like."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

MIB = 2**20

# workload: operation: how many times as fast as a peer
TIMES_AS_FAST = {
    "T": {
        "dump": {"pickle": 14, "pickle per record": 9.5, "marshal": 2.6, "msgspec": 1.7},
        "iterate": {"pickle": 6.3, "pickle per record": 9, "msgpack stream": 1.8},
        "tolist": {"pickle": 1.4, "marshal": 1.4},
    },
    "D": {
        "dump": {"pickle": 17, "pickle per record": 6.5, "marshal": 2, "msgspec": 1.5},
        "iterate": {"pickle per record": 6.3, "msgpack stream": 2.3},
        "tolist": {"pickle": 5, "marshal": 4},
    },
    "R": {
        "dump": {"pickle": 3.7, "marshal": 2.9, "msgspec": 1.6},
        "iterate": {"pickle per record": 6, "msgpack stream": 2.4},
        "tolist": {"pickle": 1.45},
    },
    "S": {
        "dump": {"pickle": 12, "marshal": 5.5},
        "iterate": {"pickle": 6.3, "pickle per record": 9, "msgpack stream": 1.8},
        "tolist": {"pickle": 1.4, "marshal": 1.4},
    },
    "J": {
        "dump": {"pickle": 9, "pickle per record": 5, "marshal": 1.7},
        "iterate": {"pickle per record": 5.3, "msgpack stream": 2.5},
        "tolist": {"pickle": 3.5, "marshal": 3.5},
    },
    "U": {
        "dump": {"pickle": 9, "pickle per record": 7, "marshal": 1.8},
        "iterate": {"pickle per record": 5.8, "msgpack stream": 2.5},
        "tolist": {"pickle": 3.5, "marshal": 3.5},
    },
}
MSGSPEC = {"dump": ("msgspec",), "iterate": ("msgspec", "msgspec per record"), "tolist": ("msgspec",)}
C_TIMES_AS_FAST = {"avro-c": 5, "msgpack-c": 2}

Find = Callable[[str, str, str, str], float | None]  # workload, peer, operation, field


@dataclass(frozen=True)
class Target:
    what: str
    wanted: float
    measured: float | None  # None: not measured
    at_least: bool = True
    unit: str = "x"

    @property
    def is_met(self) -> bool:
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "not measured"
        if self.is_met:
            return "met"
        missed = abs(self.measured / self.wanted - 1)
        return f"**missed** by {missed:.0%}"


def ratio(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


def targets(find: Find, workloads: list[str]) -> Iterator[Target]:
    yield from _speed(find, workloads)
    yield from _threads(find, workloads)
    yield from _columns(find, workloads)
    yield from _memory(find, workloads)


def _speed(find: Find, workloads: list[str]) -> Iterator[Target]:
    for workload in workloads:
        for operation, peers in TIMES_AS_FAST[workload].items():
            others = {peer: 1 for peer in MSGSPEC[operation] if peer not in peers}
            for peer, wanted in (peers | others).items():
                seconds = find(workload, "ladle", operation, "seconds")
                measured = ratio(find(workload, peer, operation, "seconds"), seconds)
                yield Target(f"{workload} {operation}, as fast as {peer}", wanted, measured)


def _threads(find: Find, workloads: list[str]) -> Iterator[Target]:
    if "T" not in workloads:
        return
    for operation, wanted in (("iterate", 1.2), ("dump", 2)):
        packed = find("T", "ladle zstd-1 threads", operation, "seconds")
        measured = ratio(packed, find("T", "ladle", operation, "seconds"))
        what = f"T {operation}, zstd-1 threads=1, time against none threads=0"
        yield Target(what, wanted, measured, at_least=False)


def _columns(find: Find, workloads: list[str]) -> Iterator[Target]:
    for peer in ("Parquet", "Arrow IPC") if "T" in workloads else ():
        seconds = find("T", "ladle", "iterate", "seconds")
        measured = ratio(find("T", peer, "iterate", "seconds"), seconds)
        yield Target(f"T iterate, as fast as {peer} to_pylist", 5, measured)
    for workload in [name for name in workloads if name in "TDJ"]:
        parquet = find(workload, "Parquet zstd", "dump", "file_len")
        measured = ratio(find(workload, "ladle zstd-1", "dump", "file_len"), parquet)
        yield Target(f"{workload} file with zstd, size against Parquet's", 1.1, measured, False)


def _memory(find: Find, workloads: list[str]) -> Iterator[Target]:
    for workload in workloads:
        for peer, wanted in (("ladle", 4), ("ladle threads", 8), ("ladle zstd-1 threads", 8)):
            peaks = [find(workload, peer, operation, "peak") for operation in ("dump", "iterate")]
            if None in peaks and peer != "ladle":
                continue
            measured = None if None in peaks else max(peaks) / MIB
            what = f"{workload} {peer}, peak memory of dumping and iterating"
            yield Target(what, wanted, measured, at_least=False, unit="MiB")


def c_targets(seconds: dict[tuple[str, str], float]) -> Iterator[Target]:
    """`seconds` by program and operation."""
    for peer, wanted in C_TIMES_AS_FAST.items():
        for operation in ("write", "read"):
            ladle = seconds.get(("ladle-rows", operation))
            measured = ratio(seconds.get((peer, operation)), ladle)
            yield Target(f"C: T {operation} as structs, as fast as {peer}", wanted, measured)
