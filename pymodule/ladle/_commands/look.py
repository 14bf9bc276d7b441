# SPDX-License-Identifier: BSD-2-Clause
"""head and cat: print records."""

import argparse
import functools
import itertools
import re
import sys

import ladle
from ladle._commands.standard import source


def add(commands):
    """Add the subcommands of this module to the parser."""
    head = commands.add_parser("head", help="print the first records")
    head.add_argument("-n", type=count, default=10, metavar="N", help="how many; 10 unless told")
    head.add_argument("file", metavar="FILE", help="'-' is standard input")
    head.set_defaults(
        run=lambda options: show(options.file, options.n), prints=lambda options: True
    )
    cat = commands.add_parser("cat", help="print all records, one a line")
    cat.add_argument("--jsonl", action="store_true", help="as lines of JSON")
    cat.add_argument("files", metavar="FILE", nargs="+", help="'-' is standard input")
    cat.set_defaults(run=show_all, prints=lambda options: True)


def count(text):
    """A number of records."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("it must not be negative")
    return min(number, sys.maxsize)


def show(file, limit):
    """Print the records of a file, or the first few of them, as Python writes them."""
    with ladle.load(source(file)) as records:
        for number, record in enumerate(itertools.islice(records, limit)):
            try:
                text = line_of(record)
            except ValueError as error:  # an int that is too long for Python to print
                raise ladle.Error(f"{file}: record {number}: {error}") from None
            print(text)


@functools.cache
def print_whole_arrays():
    """Have NumPy leave out nothing, from now on."""
    import numpy

    numpy.set_printoptions(threshold=sys.maxsize, linewidth=sys.maxsize, floatmode="unique")


def line_of(record):
    """A record as Python writes it, on one line; of arrays all that is in them."""
    if "numpy" in sys.modules:
        print_whole_arrays()
    return re.sub(r"\n *", " ", repr(record))


def show_as_json(file):
    """Print the records of a file as lines of JSON. What JSON lacks is an error."""
    from ladle._convert import jsonl

    with ladle.load(source(file)) as records:
        for number, record in enumerate(records):
            try:
                line = jsonl.line_of(record, number)
            except (TypeError, ValueError) as error:
                raise ladle.Error(f"{file}: {error}") from None
            sys.stdout.buffer.write(line)


def show_all(options):
    """Print all records of the files, one after the other."""
    for file in options.files:
        if options.jsonl:
            show_as_json(file)
        else:
            show(file, None)
