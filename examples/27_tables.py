# SPDX-License-Identifier: BSD-2-Clause
"""Files as tables for pyarrow, polars, pandas and duckdb, and their tables into files."""

import datetime
import importlib
import tempfile
from pathlib import Path

import ladle


def with_each(folder: Path):
    path = folder / "visits.ladle"
    day = datetime.date(2020, 1, 1)
    ladle.dump(
        (
            {"day": day + datetime.timedelta(i % 30), "page": f"/{i % 3}", "seconds": i % 50 / 2}
            for i in range(10_000)
        ),
        path,
    )
    visits = ladle.open(path)
    if pyarrow := imported("pyarrow"):
        table = pyarrow.table(visits)
        print("pyarrow:", table.num_rows, "rows of", table.schema.names)
        print("back:", ladle.dump(table.slice(0, 100), folder / "slice.ladle"), "records")
    if polars := imported("polars"):
        print("polars:", polars.DataFrame(visits).group_by("page").len().sort("page").rows())
    if duckdb := imported("duckdb"):
        print("duckdb:", duckdb.sql("SELECT page, avg(seconds) FROM visits GROUP BY 1 ORDER BY 1"))
    print("without any of them:", next(iter(visits)))


def imported(name: str):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        print(f"{name} is not installed")
        return None


with tempfile.TemporaryDirectory() as folder:
    with_each(Path(folder))
