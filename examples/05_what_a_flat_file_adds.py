# SPDX-License-Identifier: BSD-2-Clause
"""What ladle needs beside the records, and when it gives the first one."""

import sys
import tempfile
import time
from pathlib import Path

import ladle
from demo.memory import MIB, Peak, in_fresh_process, resident_bytes
from demo.records import random_records


def dump_list(path: Path, count: int) -> str:
    start_len = resident_bytes()
    records = list(random_records(count))
    with Peak() as peak:
        ladle.dump(records, path)
    list_mib, added_mib = (peak.before - start_len) / MIB, peak.above_start / MIB
    return f"the list takes {list_mib:.1f} MiB, dump adds {added_mib:.1f} MiB to it"


def dump_generator(path: Path, count: int) -> str:
    with Peak() as peak:
        ladle.dump(random_records(count), path)
    return f"no list at all, dump needs {peak.above_start / MIB:.1f} MiB"


def iterate(path: Path) -> str:
    start = time.perf_counter()
    with Peak() as peak:
        records = ladle.load(path)
        first = next(records)
        first_seconds = time.perf_counter() - start
        for _record in records:
            pass
    seconds = time.perf_counter() - start
    return (
        f"needs {peak.above_start / MIB:.1f} MiB, the first record {first[0]:.3f}... is there\n"
        f"{'':24}after {first_seconds * 1000:.1f} ms, the last one after {seconds * 1000:.1f} ms"
    )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    print(f"{count:,} records (float, 20 letters, 64-bit integer):")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "records.ladle")
        print("ladle.dump, list:       " + in_fresh_process(dump_list, path, count))
        print("ladle.dump, generator:  " + in_fresh_process(dump_generator, path, count))
        print("ladle.load, iterate:    " + in_fresh_process(iterate, path))
        print(f"The file has            {path.stat().st_size / 1e6:.1f} MB.")
