# SPDX-License-Identifier: BSD-2-Clause
"""convert: from one format to another."""

import argparse
import io

import ladle
from ladle._commands.progress import Progress
from ladle._commands.standard import source, target
from ladle._convert import convert, sides
from ladle._limits import size

EPILOG = """\
Formats are ladle, pkl (pickle), jsonl, csv, npy, npz, and parquet and arrow where pyarrow is
installed; the suffix says which, or --from and --to. '-' is standard input or output. A pickle is
read without executing it. The output appears whole or not at all.
"""


def add(commands):
    """Add the subcommand to the parser."""
    parser = commands.add_parser(
        "convert",
        help="from and to ladle, pickle, JSON lines, CSV, NumPy, Parquet, Arrow",
        epilog=EPILOG,
    )
    parser.add_argument("input", metavar="IN")
    parser.add_argument("output", metavar="OUT")
    parser.add_argument("--from", dest="source_format", metavar="FORMAT", help="of IN")
    parser.add_argument("--to", dest="target_format", metavar="FORMAT", help="of OUT")
    ladles = parser.add_argument_group("to ladle")
    ladles.add_argument("--compression", choices=["none", "zlib", "zstd", "lz4"])
    ladles.add_argument("--level", type=int, metavar="N")
    ladles.add_argument("--block-size", type=_size, metavar="SIZE", help="like 200000 or 1MiB")
    pickles = parser.add_argument_group("from pickle")
    pickles.add_argument(
        "--unknown",
        choices=["refuse", "opaque"],
        help="objects of classes that are not known: fail (so unless told), or keep name and state",
    )
    pickles.add_argument(
        "--items",
        choices=["yes", "no"],
        help="whether the items of what was pickled are the records, or it itself is one; "
        "yes for a file with one pickle",
    )
    pickles.add_argument("--encoding", help="of strs of Python 2: ascii, latin1, utf-8, bytes")
    texts = parser.add_argument_group("CSV, JSON lines, Parquet and Arrow")
    texts.add_argument("--types", metavar="FIELD=TYPE,...", type=_types, help="of CSV fields")
    texts.add_argument("--none", metavar="TEXT", help="what stands for None in CSV; nothing")
    texts.add_argument("--delimiter", type=_delimiter, metavar="C", help="of CSV; a comma")
    texts.add_argument("--fields", type=_names, metavar="FIELD,...", help="columns of the table")
    texts.add_argument(
        "--fill", action="store_true", default=None, help="None where a record lacks a field"
    )
    texts.add_argument(
        "--lossy", action="store_true", default=None, help="what is nearest where JSON, Parquet or Arrow has no kind for a value"
    )
    limits = parser.add_argument_group("limits of what is read")
    limits.add_argument("--max-record", type=_size, metavar="SIZE")
    limits.add_argument("--max-memory", type=_size, metavar="SIZE")
    limits.add_argument("--max-items", type=int, metavar="N")
    limits.add_argument("--max-depth", type=int, metavar="N")
    parser.set_defaults(run=run, prints=lambda options: options.output == "-")


def _size(text):
    number = size(text if not text.isdigit() else int(text))
    if not isinstance(number, int):
        raise argparse.ArgumentTypeError("no size")
    return number


def _types(text):
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name and kind for name, _, kind in pairs):
        raise argparse.ArgumentTypeError("it must be like name=str,age=int")
    return _checked("check_types", {name: kind for name, _, kind in pairs})


def _delimiter(text):
    return _checked("check_delimiter", text)


def _checked(check, value):
    from ladle._convert import csvs

    try:
        return getattr(csvs, check)(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(error) from None


def _names(text):
    return text.split(",")


OPTIONS = (
    "compression", "level", "block_size", "unknown", "encoding", "types", "none", "delimiter",
    "fields", "fill", "lossy",
)  # fmt: skip
WRITER = ("compression", "level", "block_size")
LIMITS = ("max_record", "max_memory", "max_items", "max_depth")


def run(options):
    """Convert, and say on stderr how it went when that is a terminal."""
    from ladle._commands import Misuse

    given = {name: getattr(options, name) for name in OPTIONS}
    if options.items:
        given["items"] = options.items == "yes"
    if given["compression"] == "none":
        given["compression"] = None
    records = source(options.input)
    output = target(options.output)
    formats = {"source_format": options.source_format, "target_format": options.target_format}
    limits = {name: value for name in LIMITS if (value := getattr(options, name)) is not None}
    try:
        if limits:
            given["limits"] = ladle.Limits(**limits)
        reading = sides(records, output, *formats.values(), given)[0]
        given_to_writer = {name: given[name] for name in WRITER if given[name] is not None}
        ladle.Writer(io.BytesIO(), **given_to_writer).abort()
        if options.types and reading.FORMAT != "csv":
            raise TypeError("--types is for CSV files that are read")
    except (TypeError, ValueError) as error:
        raise Misuse(error) from None
    try:
        with Progress(options.input) as shown:
            convert(records, output, progress=shown and shown.records, **formats, **given)
    except (TypeError, ValueError) as error:
        # What a format cannot hold.
        raise error if isinstance(error, ladle.Error) else ladle.Error(error) from None
