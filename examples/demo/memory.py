# SPDX-License-Identifier: BSD-2-Clause
"""How much memory this process has, had at most, and could still get."""

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

LINUX = sys.platform == "linux"
MIB = 2**20


def _status_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field}")


def _highest_bytes_ever() -> int:
    import resource

    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024


def resident_bytes() -> int:
    """Memory in use now; outside Linux the most that was ever in use."""
    return _status_bytes("VmRSS") if LINUX else _highest_bytes_ever()


class Peak:
    """Measures the block of a `with` statement: `before`, `highest` and `after` in bytes."""

    before = highest = after = 0

    def __enter__(self) -> "Peak":
        if LINUX:
            Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts anew
        self.before = resident_bytes()
        return self

    def __exit__(self, *_) -> None:
        self.highest = _status_bytes("VmHWM") if LINUX else _highest_bytes_ever()
        self.after = resident_bytes()

    @property
    def above_start(self) -> int:
        return self.highest - self.before


def available_bytes() -> int | None:
    """What can be allocated without swapping, or None where nobody tells."""
    if not LINUX:
        return None
    lines = Path("/proc/meminfo").read_text().splitlines()
    fields = dict(line.split(":") for line in lines)
    available = int(fields["MemAvailable"].split()[0]) * 1024
    return min([available, *_container_limits()])


def _container_limits() -> list[int]:
    limits = []
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            text = Path("/sys/fs/cgroup", name).read_text().strip()
        except OSError:
            continue
        if text != "max":
            limits.append(int(text))
    return limits


def in_fresh_process(function: Callable, *arguments):
    """Calls a function where nothing that ran before has left memory behind."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()
