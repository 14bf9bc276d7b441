# SPDX-License-Identifier: BSD-2-Clause
"""The command: ladle, or python -m ladle."""

import argparse
import itertools
import os
import sys

import ladle


def main(arguments=None):
    """Run the command line. Returns the exit status: 0 well, 1 the work failed, 2 used wrongly."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output has enough. Python would complain again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ladle.Error, OSError) as error:
        print(f"ladle: {error}", file=sys.stderr)
        return 1
    return 0


def parser():
    """The command line's grammar."""
    made = argparse.ArgumentParser(prog="ladle", description="Look into ladle files.")
    made.add_argument("--version", action="version", version=f"ladle {ladle.__version__}")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    head = commands.add_parser("head", help="print the first records")
    head.add_argument("-n", type=count, default=10, metavar="N", help="how many; 10 unless told")
    head.add_argument("file", metavar="FILE", help="'-' is standard input")
    head.set_defaults(run=lambda options: show(options.file, options.n))
    cat = commands.add_parser("cat", help="print all records, one a line")
    cat.add_argument("files", metavar="FILE", nargs="+", help="'-' is standard input")
    cat.set_defaults(run=lambda options: [show(file, None) for file in options.files])
    return made


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


if __name__ == "__main__":
    sys.exit(main())
