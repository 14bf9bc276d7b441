# SPDX-License-Identifier: BSD-2-Clause
"""A process that does one thing for bench.py and prints what it found as JSON.

    python runner.py '{"do": "measure", ...}'
"""

import gc
import json
import sys
import time
from pathlib import Path

from plan import PEERS, WRITES
from workloads import records, store


def status_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field}")


def measure(workload: str, peer: str, operation: str, records_path: str, path: str) -> dict:
    """The clock runs from before the file is opened until after it was closed."""
    subject, target = PEERS[peer](workload), Path(path)
    given = subject.prepare(records(workload, Path(records_path)) if operation in WRITES else [])
    source = (record for record in given) if operation == "generator" else given
    arguments = (source, target) if operation in WRITES else (target,)
    work = getattr(subject, operation)
    target_len = 0
    if operation in WRITES:
        target.unlink(missing_ok=True)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts anew
    before = status_bytes("VmRSS")
    start = time.perf_counter()
    result = work(*arguments)
    seconds = time.perf_counter() - start
    peak = status_bytes("VmHWM") - before
    target_len = target.stat().st_size
    del result
    return {"seconds": seconds, "peak": peak, "file_len": target_len}


def make(workload: str, count: int, records_path: str) -> dict:
    store(workload, count, Path(records_path))
    return {}


def check(workload: str, peer: str, records_path: str, path: str) -> dict:
    """Every operation that the peer has, on few records: the same must come back."""
    subject, target = PEERS[peer](workload), Path(path)
    given = subject.prepare(records(workload, Path(records_path)))
    expected = [subject.normal(record) for record in given]
    problems = []
    for operation in WRITES:
        if not subject.can(operation):
            continue
        getattr(subject, operation)(iter(given) if operation == "generator" else given, target)
        found = [subject.normal(record) for record in subject.tolist(target)]
        subject.iterate(target)
        if found != expected or [type(value) for value in found] != [type(v) for v in expected]:
            problems.append(f"{operation}: what comes back differs")
    return {"problems": problems}


def peers() -> dict:
    """What is here and what is not."""
    result = {}
    for name, peer in PEERS.items():
        missing = peer.missing()
        result[name] = {"missing": missing} if missing else {"version": peer.version()}
    return result


DOES = {"measure": measure, "make": make, "check": check, "peers": peers}

if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    print(json.dumps(DOES[task.pop("do")](**task)))
