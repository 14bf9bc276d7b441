# SPDX-License-Identifier: BSD-2-Clause
"""From one format to another, record by record: what comes back is what went in, or an error."""

import tempfile
from pathlib import Path

import ladle


def main(folder: Path) -> None:
    records = [{"id": i, "name": f"no. {i}", "value": i / 7, "note": None} for i in range(10_000)]
    ladle.dump(records, folder / "a.ladle", compression="zlib")

    for before, after in [("a.ladle", "b.jsonl.gz"), ("b.jsonl.gz", "c.csv"), ("c.csv", "d.pkl")]:
        count = ladle.convert(folder / before, folder / after)
        print(f"{before} -> {after}: {count} records, {(folder / after).stat().st_size} bytes")
    print((folder / "c.csv").read_text().splitlines()[:2])
    assert list(ladle.from_pickle(folder / "d.pkl")) == records

    # What a format has no way to hold is an error that says where.
    ladle.dump([{"id": 1, "data": b"bytes"}], folder / "e.ladle")
    try:
        ladle.convert(folder / "e.ladle", folder / "e.jsonl")
    except TypeError as error:
        print("refused:", error)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
