# SPDX-License-Identifier: BSD-2-Clause
"""Runs one operation in a process of its own and watches its memory from outside.

As a module: `measure()`. As a script: that process, which prints its figures as JSON.
"""

import gc
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from memory import LINUX, Peak, resident_bytes
from operations import OPERATIONS, Operation, records_of
from records import DATA_SETS, DataSet


@dataclass(frozen=True)
class Task:
    operation: int  # index into OPERATIONS
    data_set: str  # of DATA_SETS, or the path of a converted file
    count: int
    checksum: int
    path: str


@dataclass
class Outcome:
    """The figures of an operation, or in `problem` why there are none."""

    operation: Operation
    problem: str = ""
    failed: bool = False
    seconds: float = 0.0
    memory_len: int = 0  # highest resident memory above that of the idle process
    beyond_len: int = 0  # of it what is neither the records given nor the records got
    file_len: int = 0
    samples: list[tuple[float, int]] = field(default_factory=list)  # (second, bytes above)


class Samples:
    """Resident memory of another process over time; never more than LIMIT points."""

    LIMIT = 4000
    FIRST_INTERVAL_SECONDS = 0.002

    def __init__(self, pid: int):
        self.statm = Path(f"/proc/{pid}/statm")
        self.page_len = os.sysconf("SC_PAGE_SIZE") if LINUX else 0
        self.interval_seconds = self.FIRST_INTERVAL_SECONDS
        self.points: list[tuple[float, int]] = []

    def take(self) -> None:
        if not LINUX:
            return
        page_count = int(self.statm.read_text().split()[1])
        self.points.append((time.perf_counter(), page_count * self.page_len))
        if len(self.points) > self.LIMIT:
            del self.points[1::2]
            self.interval_seconds *= 2

    def between(self, start: float, end: float, base_len: int) -> list[tuple[float, int]]:
        return [(at - start, size - base_len) for at, size in self.points if start <= at <= end]


def data_set_of(name: str) -> DataSet:
    """A data set by its name, or of a file."""
    if name in DATA_SETS:
        return DATA_SETS[name]
    import converted

    return converted.data_set(Path(name))


def measure(task: Task, report_memory: Callable[[int], None]) -> Outcome:
    """Calls `report_memory(bytes)` at every sample, to show that work goes on."""
    operation = OPERATIONS[task.operation]
    command = [sys.executable, __file__, json.dumps(asdict(task))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        samples = Samples(process.pid)
        while process.poll() is None:
            samples.take()
            report_memory(samples.points[-1][1] if samples.points else 0)
            time.sleep(samples.interval_seconds)
        output = process.stdout.read()
    if process.returncode:
        return Outcome(operation, _why_it_ended(process.returncode), failed=True)
    figures = json.loads(output)
    span = [figures.pop(name) for name in ("start", "end", "base_len")]
    return Outcome(operation, samples=samples.between(*span), **figures)


def _why_it_ended(status: int) -> str:
    if status < 0:
        return f"failed: ended by signal {-status}" + " (out of memory?)" * (status == -9)
    return f"failed: exit status {status}, the reason stands above"


def _run(task: Task) -> dict:
    operation, data_set = OPERATIONS[task.operation], data_set_of(task.data_set)
    path = Path(task.path)
    for name in operation.imports:
        importlib.import_module(name)
    gc.collect()
    base_len = resident_bytes()
    source = operation.prepare(data_set, task.count)
    with Peak() as peak:
        start = time.perf_counter()  # the same clock in all processes, so samples fit
        result = operation.run(path, source)
        end = time.perf_counter()
    held_len = (peak.before if result is None else peak.after) - base_len
    seconds = end - start - getattr(source, "seconds", 0.0)
    del source
    if operation.writes:
        _sync(path)  # so that the next operation does not pay for it
    _check(data_set.checksum(records_of(result, path, data_set)), task)
    return {
        "seconds": seconds,
        "memory_len": max(0, peak.highest - base_len),
        "beyond_len": max(0, peak.highest - base_len - max(0, held_len)),
        "file_len": path.stat().st_size,
        "start": start,
        "end": end,
        "base_len": base_len,
    }


def _sync(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _check(found: tuple[int, int], task: Task) -> None:
    expected = (task.count, task.checksum)
    if found != expected:
        label = OPERATIONS[task.operation].label
        sys.exit(f"{label}: wrong data: count and checksum are {found}, expected {expected}")


if __name__ == "__main__":
    print(json.dumps(_run(Task(**json.loads(sys.argv[1])))))
