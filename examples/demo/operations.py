# SPDX-License-Identifier: BSD-2-Clause
"""What is measured: one function an operation.

Each takes the path of the file and a source that was prepared before the clock starts,
and gives back what it leaves in memory, or None.
"""

import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import ladle
from records import DataSet, OneByOne


def dump_with_pickle(path: Path, records: list) -> None:
    with open(path, "wb") as file:
        pickle.dump(records, file)


def load_with_pickle(path: Path, _) -> list:
    with open(path, "rb") as file:
        return pickle.load(file)


def print_lines(path: Path, records: Iterable) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for record in records:
            print(record, file=file)


def eval_lines(path: Path, _) -> None:
    with open(path, encoding="utf-8") as file:
        for line in file:
            eval(line)


def dump_with_ladle(path: Path, records: Iterable) -> None:
    ladle.dump(records, path)


def iterate_with_ladle(path: Path, _) -> None:
    for _record in ladle.load(path):
        pass


def load_with_ladle(path: Path, _) -> list:
    return ladle.load(path).tolist()


def fill_array_with_ladle(path: Path, target: "EmptyArray"):
    array, records = target.array, ladle.load(path)
    rows = map(target.to_row, records) if target.to_row else records
    for i, row in enumerate(rows):
        array[i] = row
    return array


def fill_array_at_once(path: Path, target: "EmptyArray"):
    ladle.load(path).read_into(target.array, missing=float("nan"))
    return target.array


def fill_array_with_pickle(path: Path, target: "EmptyArray"):
    records = load_with_pickle(path, None)
    rows = list(map(target.to_row, records)) if target.to_row else records
    target.array[:] = rows
    return target.array


class EmptyArray:
    """A row for every record. Its memory comes into use as rows are filled."""

    def __init__(self, data_set: DataSet, count: int):
        import numpy

        self.array = numpy.empty(count, data_set.dtype)
        self.to_row = data_set.to_row


def all_records(data_set: DataSet, count: int) -> list:
    return list(data_set.make(count))


def one_by_one(data_set: DataSet, count: int) -> OneByOne:
    return OneByOne(data_set.make(count))


def nothing(_data_set: DataSet, _count: int) -> None:
    return None


@dataclass(frozen=True)
class Operation:
    label: str
    run: Callable
    prepare: Callable
    kind: str  # of the file: readers read what a writer of the same kind wrote
    copies: float = 0  # memory needed, in sizes of all records as Python objects
    imports: tuple[str, ...] = ()

    @property
    def panel(self) -> str:
        """Where in the picture it is drawn."""
        if self.prepare is EmptyArray:
            return "Filling an array"
        return "Writing" if self.writes else "Reading"

    @property
    def writes(self) -> bool:
        return self.prepare in (all_records, one_by_one)


OPERATIONS = [
    Operation("pickle.dump of a list", dump_with_pickle, all_records, "pickle", copies=1.5),
    Operation("pickle.load", load_with_pickle, nothing, "pickle", copies=1.2),
    Operation("text: print each record", print_lines, one_by_one, "text"),
    Operation("text: eval each line, drop", eval_lines, nothing, "text"),
    Operation("ladle.dump of a generator", dump_with_ladle, one_by_one, "ladle"),
    Operation("ladle.dump of a list", dump_with_ladle, all_records, "ladle", copies=1.2),
    Operation("ladle.load, iterate and drop", iterate_with_ladle, nothing, "ladle"),
    Operation("ladle.load, all into a list", load_with_ladle, nothing, "ladle", copies=1.2),
    Operation(
        "ladle.load, rows into an array",
        fill_array_with_ladle,
        EmptyArray,
        "ladle",
        copies=0.5,
        imports=("numpy",),
    ),
    Operation(
        "ladle: load().read_into(array)",
        fill_array_at_once,
        EmptyArray,
        "ladle",
        copies=0.5,
        imports=("numpy",),
    ),
    Operation(
        "pickle.load, list into an array",
        fill_array_with_pickle,
        EmptyArray,
        "pickle",
        copies=1.8,
        imports=("numpy",),
    ),
]


def lines_of(path: Path) -> Iterable:
    with open(path, encoding="utf-8") as file:
        yield from map(eval, file)


READ_BACK = {
    ".pickle": lambda path: load_with_pickle(path, None),
    ".text": lines_of,
    ".ladle": ladle.load,
}


def records_of(result, path: Path, data_set: DataSet) -> Iterable:
    """The records that an operation left in memory, or else in its file."""
    if result is None:
        return READ_BACK[path.suffix](path)
    if isinstance(result, list):
        return result
    return (data_set.from_row(row.item()) for row in result)
