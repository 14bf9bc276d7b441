# SPDX-License-Identifier: BSD-2-Clause
"""The command line. A subcommand is a function and its entry in the parser.

A module here has a function `add(commands)` that adds its subcommands to the parser: each sets
`run`, a function of the parsed options that does the work and returns an exit status, or None
when all is well. What it raises of OSError and ladle.Error is printed, and the status is 1. Where
standard output is what was asked for, `prints`, a function of the options, is true: whoever reads
it may stop at any time.
"""

import argparse
import os
import signal
import sys

import ladle
from ladle._commands import convert, info, look, whole

MODULES = (convert, info, look, whole)

# Exit statuses.
WELL, FAILED, MISUSED, LOST = 0, 1, 2, 3


class Misuse(Exception):
    """Raised by a subcommand for arguments that do not go together."""


def main(arguments=None):
    """Run the command line. Returns the exit status: 0 well, 1 the data are bad or the work
    failed, 2 used wrongly, 3 done but records were lost."""
    options = parser().parse_args(arguments)
    heed_signals()
    prints = options.prints(options)
    if sys.stdout is None and prints:
        return complain("standard output is closed", FAILED)
    if getattr(sys.stdout, "errors", None) == "strict":
        # Records and names of files may have what the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError as error:
        if sys.stdout is not None:
            # Python would complain again when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WELL if prints else complain(error, FAILED)
    except Misuse as error:
        return complain(error, MISUSED)
    except (ladle.Error, OSError) as error:
        return complain(error, FAILED)
    except MemoryError:
        return complain("there is not enough memory", FAILED)
    except RecursionError as error:
        return complain(f"a record is nested too deep: {error}", FAILED)
    except KeyboardInterrupt:
        return complain("interrupted", FAILED)
    return status or WELL


def heed_signals():
    """Have what would end the process interrupt it, as Ctrl-C does: no temporary file stays."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def complain(message, status):
    """Print why it failed, and give the status back."""
    print(f"ladle: {message}", file=sys.stderr)
    return status


def parser():
    """The command line's grammar."""
    made = argparse.ArgumentParser(prog="ladle", description="Work with ladle files.")
    made.set_defaults(prints=lambda options: False)
    made.add_argument("--version", action="version", version=f"ladle {ladle.__version__}")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for module in MODULES:
        module.add(commands)
    return made
