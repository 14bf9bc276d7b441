# SPDX-License-Identifier: BSD-2-Clause
"""Pickle, lines of text and ladle side by side: time, memory and file size.

    python examples/demo/demo.py --count 1000000 --out build/demo
    python examples/demo/demo.py --file some.pkl

With a file the records are those of a pickle of yours, which is converted and never executed.
"""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import converted
import ladle
import picture
from measure import Outcome, Task, data_set_of, measure
from memory import MIB, available_bytes
from operations import OPERATIONS, Operation
from progress import Progress
from records import DATA_SETS, DataSet
from report import NOTES, format_table


def reason_not_to_run(operation: Operation, data_set: DataSet, count: int, path: Path) -> str:
    for name in operation.imports:
        if importlib.util.find_spec(name) is None:
            return f"not run: {name} is not installed"
    if data_set.dtype is None and (operation.kind == "text" or "numpy" in operation.imports):
        return "not run: only with the records of the demonstration"
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
    folder.mkdir(exist_ok=True)
    data_set = data_set_of(name)
    progress = Progress(len(OPERATIONS) + 1)
    progress.begin("making records and checksum")
    count, checksum = data_set.checksum(counted(data_set.make(count), progress))
    outcomes = []
    for index, operation in enumerate(OPERATIONS):
        path = folder / f"{Path(name).stem}.{operation.kind}"
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
    parser.add_argument("--file", type=Path, help="a pickle of yours, to take its records")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    # Beside the picture and not in /tmp, which on many machines is memory.
    with tempfile.TemporaryDirectory(dir=options.out) as folder:
        try:
            names = converted_names(options.file, Path(folder)) if options.file else DATA_SETS
        except (ladle.Error, OSError, TypeError) as error:
            print(f"{options.file} cannot be converted: {error}", file=sys.stderr)
            return 1
        failed = show_all(names, options, Path(folder))
    print(NOTES)
    return 1 if failed else 0


def converted_names(file: Path, folder: Path) -> list[str]:
    """The data set of the user's pickle; says how converting it went."""
    path = folder / "yours.ladle"
    progress = Progress(1)
    told = converted.convert(file, path, progress)
    progress.end()
    print(told + "\n", flush=True)
    return [str(path)]


def show_all(names: Iterable[str], options: argparse.Namespace, folder: Path) -> bool:
    """Tables and a picture. Returns whether something failed."""
    failed = False
    for index, name in enumerate(names):
        count, outcomes = run_all(name, options.count, folder / "files")
        title = f"{count:,} {data_set_of(name).title}"
        print(f"{format_table(title, outcomes)}\n", flush=True)
        failed |= any(outcome.failed for outcome in outcomes)
        if index == 0:
            print(picture.draw(title, outcomes, options.out / "memory.png") + "\n", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
