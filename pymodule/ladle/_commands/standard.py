# SPDX-License-Identifier: BSD-2-Clause
"""Standard input and output by the name '-'."""

import errno
import sys


def source(name):
    """The path of a file, or standard input as a binary file object."""
    if name != "-":
        return name
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return sys.stdin.buffer


def target(name):
    """The path of a file, or standard output as a binary file object."""
    return sys.stdout.buffer if name == "-" else name
