# SPDX-License-Identifier: BSD-2-Clause
"""What pickle needs beside the list, and when it gives the first record."""

import pickle
import sys
import tempfile
import time
from pathlib import Path

from demo.memory import MIB, Peak, in_fresh_process, resident_bytes
from demo.records import random_records


def dump(path: Path, count: int) -> str:
    start_len = resident_bytes()
    records = list(random_records(count))
    with Peak() as peak, open(path, "wb") as file:
        pickle.dump(records, file)
    list_mib, added_mib = (peak.before - start_len) / MIB, peak.above_start / MIB
    return f"the list takes {list_mib:.1f} MiB, dump adds {added_mib:.1f} MiB to it"


def load(path: Path) -> str:
    start = time.perf_counter()
    with Peak() as peak, open(path, "rb") as file:
        records = pickle.load(file)
    first = records[0]
    seconds = time.perf_counter() - start
    list_mib, most_mib = (peak.after - peak.before) / MIB, peak.above_start / MIB
    return (
        f"the list takes {list_mib:.1f} MiB, load needs up to {most_mib:.1f} MiB,\n"
        f"{'':14}the first record {first[0]:.3f}... is there "
        f"after {seconds * 1000:.1f} ms, as all are"
    )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    print(f"{count:,} records (float, 20 letters, 64-bit integer):")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "records.pickle")
        print("pickle.dump:  " + in_fresh_process(dump, path, count))
        print("pickle.load:  " + in_fresh_process(load, path))
        print(f"The file has  {path.stat().st_size / 1e6:.1f} MB.")
