# SPDX-License-Identifier: BSD-2-Clause
"""info: what a file is and holds, without reading its records."""

import ladle
from ladle._commands.standard import source


def add(commands):
    """Add the subcommand of this module to the parser."""
    info = commands.add_parser("info", help="say what a file is and holds")
    info.add_argument(
        "file", metavar="FILE", help="or a directory of parts; '-' is standard input, if a file"
    )
    info.set_defaults(run=lambda options: show(options.file), prints=lambda options: True)


def show(path):
    """Print the figures of a file. An unfinished one is shown as far as it is complete."""
    with ladle.open(source(path), on_error="tail") as data:
        info, schema, metadata = data.info(), data.schema, data.metadata
        bound, has_writer = data.memory_bound, data.has_writer
    packed = "" if info.codecs == ("none",) else f", {info.ratio:.2f} times that decompressed"
    lines = {
        "records": f"{info.records:,}",
        "look like": str(schema),
        "size": f"{amount(info.file_size)} ({info.file_size:,} bytes){packed}",
        "blocks": f"{info.blocks:,}, the largest {amount(info.largest_block)} before compression",
        "compression": ", ".join(info.codecs) or "none",
        "state": state(info, has_writer),
    }
    if info.is_complete:
        lines["memory"] = f"at most {amount(bound)} to read it"
    if info.segments > 1:
        lines["parts"] = f"{info.segments:,} files, joined"
    if metadata:
        lines["metadata"] = repr(metadata)
    for name, value in lines.items():
        print(f"{name + ':':<12} {value}")


def state(info, has_writer):
    """Whether the file is whole, in words."""
    if has_writer:
        return "being written: these are the records so far"
    if info.is_complete:
        return "complete"
    behind = info.file_size - info.complete_size
    tail = f"; behind them are {behind:,} bytes of a part that is not" if behind else ""
    return f"unfinished: its writer never closed it; all of these records are intact{tail}"


def amount(count):
    """A number of bytes for people."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return None
