# SPDX-License-Identifier: BSD-2-Clause
"""verify, repair and concat: whole files."""

import contextlib
import sys

import ladle
from ladle._commands.progress import Progress
from ladle._commands.standard import source, target
from ladle._recover import concat, repair, verify

# Exit statuses.
FAILED, LOST = 1, 3


def add(commands):
    """Add the subcommands of this module to the parser."""
    command = commands.add_parser("verify", help="check every byte of files")
    command.add_argument("files", metavar="FILE", nargs="+", help="'-' is standard input")
    command.set_defaults(run=run_verify)
    command = commands.add_parser("repair", help="save what is intact of a damaged file")
    command.add_argument("input", metavar="IN", help="'-' is standard input")
    command.add_argument(
        "output", metavar="OUT", help="a new file; IN stays as it is; '-' is standard output"
    )
    command.set_defaults(run=run_repair, prints=lambda options: options.output == "-")
    command = commands.add_parser("concat", help="join files without decoding them")
    command.add_argument("inputs", metavar="IN", nargs="+", help="'-' is standard input")
    command.add_argument("output", metavar="OUT", help="'-' is standard output")
    command.set_defaults(run=run_concat, prints=lambda options: options.output == "-")


def run_verify(options):
    """Check each file; all of them are looked at."""
    status = 0
    for file in options.files:
        try:
            with Progress(file) as shown:
                report, error = verify(source(file), shown and shown.bytes)
        except (ladle.Error, OSError) as failure:
            print(f"ladle: {failure}", file=sys.stderr)
            status = FAILED
            continue
        if error is None:
            print(f"{file}: well, {report.records:,} records")
            continue
        status = FAILED
        print(f"ladle: {error}", file=sys.stderr)
        print(f"{file}: {report.records:,} records are intact, {number(report.lost)} lost")
        print_losses(file, report)
    return status


def run_repair(options):
    """Save what is intact, and say what is not."""
    with Progress(options.input) as shown:
        output = target(options.output)
        report = repair(source(options.input), output, progress=shown and shown.bytes)
    # Among the bytes of the file a report would be damage.
    with contextlib.redirect_stdout(sys.stderr if options.output == "-" else sys.stdout):
        print(f"{options.output}: {report.records:,} records saved, {number(report.lost)} lost")
        print_losses(options.input, report)
    return LOST if report.lost != 0 else 0


def run_concat(options):
    """Join the files."""
    with Progress("joining") as shown:
        inputs = map(source, options.inputs)
        concat(inputs, target(options.output), progress=shown and shown.bytes)


def print_losses(file, report):
    """What is not intact, part by part."""
    for loss in report.losses:
        print(f"{file}: {loss}")
    if report.tail_size:
        print(f"{file}: its writer was interrupted, {report.tail_size:,} bytes at its end are no whole block")


def number(count):
    """How many, for people."""
    return "an unknown number" if count is None else f"{count:,}" if count else "none"
