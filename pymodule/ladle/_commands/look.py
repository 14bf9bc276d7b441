# SPDX-License-Identifier: BSD-2-Clause
"""head and cat: print records."""

import argparse
import itertools
import sys

import ladle


def add(commands):
    """Add the subcommands of this module to the parser."""
    head = commands.add_parser("head", help="print the first records")
    head.add_argument("-n", type=count, default=10, metavar="N", help="how many; 10 unless told")
    head.add_argument("file", metavar="FILE", help="'-' is standard input")
    head.set_defaults(run=lambda options: show(options.file, options.n))
    cat = commands.add_parser("cat", help="print all records, one a line")
    cat.add_argument("files", metavar="FILE", nargs="+", help="'-' is standard input")
    cat.set_defaults(run=show_all)


def count(text):
    """A number of records."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("it must not be negative")
    return number


def show(file, limit):
    """Print the records of a file, or the first few of them, as Python writes them."""
    with ladle.load(sys.stdin.buffer if file == "-" else file) as records:
        for record in itertools.islice(records, limit):
            print(repr(record))


def show_all(options):
    """Print all records of the files, one after the other."""
    for file in options.files:
        show(file, None)
