# SPDX-License-Identifier: BSD-2-Clause
"""What copy.deepcopy and del do to the memory of a process."""

import copy
import sys

from demo.memory import MIB, in_fresh_process, resident_bytes
from demo.records import random_records


class Steps:
    """Prints how resident memory changed since the step before."""

    def __init__(self, title: str):
        print(f"\n{title:46}{'change':>12}{'now':>12}")
        self.start = self.last = resident_bytes()

    def show(self, label: str) -> None:
        now = resident_bytes()
        change, total = (now - self.last) / MIB, (now - self.start) / MIB
        print(f"  {label:44}{change:+8.1f} MiB{total:8.1f} MiB", flush=True)
        self.last = now


def observe(kind: type, count: int) -> None:
    steps = Steps(f"{count:,} records, each a {kind.__name__}")
    records = [kind(record) for record in random_records(count)]
    steps.show("made")
    twin = copy.deepcopy(records)
    steps.show("copy.deepcopy of the list")
    del twin
    steps.show("del of the copy")
    kept = records[::100]
    del records
    steps.show("del of all but every hundredth record")
    del kept
    steps.show("del of the rest")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for kind in (tuple, list):
        in_fresh_process(observe, kind, count)
    print("\ndeepcopy shares tuples of values that cannot change, but copies every list.")
    print("del gives memory back only where a whole region got free: a few records that stay")
    print("hold on to nearly all of it. Records that are read one at a time need neither.")
