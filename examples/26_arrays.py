# SPDX-License-Identifier: BSD-2-Clause
"""NumPy arrays in and out: whole, by columns, in pieces, with missing values, as values in records."""

import sys
import tempfile
from pathlib import Path

try:
    import numpy
except ModuleNotFoundError:
    print("This example needs NumPy: `pip install numpy`.")
    sys.exit()

import ladle

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "samples.ladle")

    # An array is written row by row at the speed of memory; its rows come back as arrays.
    samples = numpy.random.default_rng(1).normal(size=(10_000, 16))
    ladle.dump(samples, path)
    out = numpy.empty((10_000, 16), "f4")
    print(ladle.load(path).read_into(out), "rows, rounded to float32:", out[0, :3])

    # Records with names fill arrays with fields; the dtype follows from the file.
    ladle.dump(({"id": i, "name": f"sample {i}", "score": i / 7} for i in range(10_000)), path)
    data = ladle.open(path)
    array = data.to_numpy()
    print(array.dtype, array[-1])
    print(data.columns(["score"])["score"].mean())

    # A piece at a time, for what does not fit into memory.
    print([len(batch) for batch in data.batches(4_000)])

    # None has to be asked for, and what does not fit is an error that says where.
    ladle.dump([(1, 2.5), (2, None), (3000, 1.0)], path)
    rows = numpy.zeros(3, [("n", "i2"), ("x", "f8")])
    ladle.load(path).read_into(rows, missing=numpy.nan)
    print(rows)
    try:
        ladle.load(path).read_into(numpy.zeros(3, [("n", "u1"), ("x", "f8")]), missing=0)
    except OverflowError as error:
        print("OverflowError:", error)

    # Arrays and scalars are values like any others.
    ladle.dump([{"image": numpy.zeros((2, 3), "u1"), "when": numpy.datetime64("2020-01-01")}], path)
    print(next(ladle.load(path)))
