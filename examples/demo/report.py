# SPDX-License-Identifier: BSD-2-Clause
"""The table on the terminal."""

from memory import MIB
from measure import Outcome

NOTES = """\
seconds      of the operation alone: making the records and starting Python are not in it.
vs pickle    speed against pickle.dump for what writes, against pickle.load for what reads.
memory       highest resident memory above that of the idle process, and what of it is
             neither the records that the operation was given nor those that it gave back.
             An idle Python has up to some 1 MiB in reserve, which is used up unseen.
pickle.dump  needs all records in a list first. Neither it nor print waits for the disk;
             ladle.dump does, as it replaces the file in one step.
print, eval  go through the file one line at a time and keep no record.
a generator  makes each record when it is asked for; nothing else is alive.
array        array[i] = record for each record of the iterator, all at once by read_into, or
             by way of the list that pickle.load gives; the array itself counts.
Each line is a process of its own, and checked the number and the values of its records."""

HEADING = f"""\
{'':32}{'seconds':>9}{'speed':>11}{'memory above start, MiB':>26}{'file':>9}
{'':32}{'':9}{'vs pickle':>11}{'in all':>13}{'beyond data':>13}{'MB':>9}"""


def format_table(title: str, outcomes: list[Outcome]) -> str:
    rows = [_format_row(outcome, _pickle_seconds(outcome, outcomes)) for outcome in outcomes]
    width = max(map(len, HEADING.splitlines()))
    return "\n".join([title, "=" * width, HEADING, "-" * width, *rows, "-" * width])


def _pickle_seconds(outcome: Outcome, outcomes: list[Outcome]) -> float | None:
    for other in outcomes:
        same_direction = other.operation.writes == outcome.operation.writes
        if other.operation.kind == "pickle" and same_direction:
            return other.seconds or None
    return None


def _format_row(outcome: Outcome, pickle_seconds: float | None) -> str:
    label = f"{outcome.operation.label:32}"
    if outcome.problem:
        return f"{label}  {outcome.problem}"
    speed = f"{pickle_seconds / outcome.seconds:.2f} x" if pickle_seconds else "-"
    return (
        f"{label}{outcome.seconds:9.3f}{speed:>11}{outcome.memory_len / MIB:13.1f}"
        f"{outcome.beyond_len / MIB:13.1f}{outcome.file_len / 1e6:9.1f}"
    )
