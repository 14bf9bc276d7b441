# SPDX-License-Identifier: BSD-2-Clause
"""Pickle, lines of text and ladle side by side: time, memory and file size.

    python examples/demo/demo.py --count 1000000 --out build/demo
"""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import picture
from measure import Outcome, Task, measure
from memory import MIB, available_bytes
from operations import OPERATIONS, Operation
from progress import Progress
from records import DATA_SETS, DataSet, count_and_checksum
from report import NOTES, format_table


def reason_not_to_run(operation: Operation, data_set: DataSet, count: int, path: Path) -> str:
    for name in operation.imports:
        if importlib.util.find_spec(name) is None:
            return f"not run: {name} is not installed"
    if not operation.writes and not path.exists():
        return "not run: nothing was written"
    needed_len = operation.copies * count * data_set.record_len_in_memory
    available_len = available_bytes()
    if available_len is not None and needed_len > available_len:
        return (
            f"not run: needs about {needed_len / 2**30:.1f} GiB of memory, "
            f"{available_len / 2**30:.1f} GiB are free"
        )
    return ""


def counted(records: Iterable, progress: Progress) -> Iterator:
    for number, record in enumerate(records):
        if number % 10_000 == 0:
            progress.update(f"{number:,} records")
        yield record


def run_all(name: str, count: int, folder: Path) -> tuple[int, list[Outcome]]:
    """Every operation on one data set; returns how many records that had, too."""
    data_set = DATA_SETS[name]
    progress = Progress(len(OPERATIONS) + 1)
    progress.begin("making records and checksum")
    count, checksum = count_and_checksum(counted(data_set.make(count), progress))
    outcomes = []
    for index, operation in enumerate(OPERATIONS):
        path = folder / f"{name}.{operation.kind}"
        progress.begin(operation.label)
        problem = reason_not_to_run(operation, data_set, count, path)
        if problem:
            outcomes.append(Outcome(operation, problem))
            continue
        task = Task(index, name, count, checksum, str(path))
        outcomes.append(measure(task, lambda size: progress.update(f"{size / MIB:,.0f} MiB")))
        if outcomes[-1].failed and operation.writes:
            path.unlink(missing_ok=True)
    progress.end()
    return count, outcomes


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=positive, default=1_000_000, help="random records")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="for the picture")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    failed = False
    # Beside the picture and not in /tmp, which on many machines is memory.
    with tempfile.TemporaryDirectory(dir=options.out) as folder:
        for name, data_set in DATA_SETS.items():
            count, outcomes = run_all(name, options.count, Path(folder))
            title = f"{count:,} {data_set.title}"
            print(f"{format_table(title, outcomes)}\n", flush=True)
            failed |= any(outcome.failed for outcome in outcomes)
            if name == "random":
                print(picture.draw(title, outcomes, options.out / "memory.png") + "\n", flush=True)
    print(NOTES)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
