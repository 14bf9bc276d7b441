# SPDX-License-Identifier: BSD-2-Clause
"""Conversions between ladle files and files of other formats, record by record.

A format is a module here with some of:
    READ_OPTIONS, WRITE_OPTIONS   names of the keyword arguments that it understands
    read(source, **options)       an iterator over the records of a Source
    write(records, file, **options)   writes them to a binary file object, returns how many
"""

import contextlib
import importlib
import io
import os

from ladle._convert.source import Source, without_packing
from ladle._replace import is_replaceable, replacing
from ladle._targets import as_path, open_url, open_writing

# Name and suffix of each format, and its module.
FORMATS = {
    "ladle": "ladles",
    "pkl": "pickles",
    "jsonl": "jsonl",
    "csv": "csvs",
    "npy": "npy",
    "npz": "npz",
    "parquet": "parquet",
    "arrow": "arrow",
}
ALIASES = {"pickle": "pkl", "ndjson": "jsonl", "feather": "arrow", "ipc": "arrow"}


def convert(source, target, *, source_format=None, target_format=None, progress=None, **options):
    """Read the records of a file and write them to another, and return how many there were.

    source, target   paths, URLs that fsspec knows, or binary file objects
    source_format, target_format   "ladle", "pkl", "jsonl", "csv", "npy", "npz", "parquet" or
                     "arrow" (the last two need pyarrow); without them the suffix of the path says
                     it. ".gz", ".bz2" and ".xz" may follow a suffix.
    progress         called now and then with the number of records so far, and with the share of
                     the source that was read, from 0 to 1, or None where that is not known

    Options of a format, for reading or writing:
    ladle    types, limits; compression, level, block_size
    pkl      items, unknown, types, encoding, limits, as from_pickle has them
    csv      types (a dict from field to "int", "float", "bool", "str", "decimal", "date",
             "datetime" or "time"; without one a type is found that all values of the field have),
             none (the text that stands for None, "" unless given), delimiter, limits; fields
             (names of the columns that are written; those of the first record unless given), fill
             (write None where a record lacks a field)
    parquet, arrow   fields, fill; lossy
    jsonl    limits; lossy (write what the format lacks as what is nearest to it)

    Memory holds a few records, whatever the number. The target appears whole or not at all. Records
    come out of their new format as they were: what it has no way to hold raises TypeError or
    ValueError with the number of the record and the field. JSON has no tuples: they become lists;
    CSV has no lists: they become tuples, and all is text there: "1" is read as an int again, and a
    date as a str, unless types= says otherwise. Rows of NumPy are its scalars and arrays. Of a key
    that an object of JSON has twice the last value is taken, as the module json does.
    In CSV, Parquet and Arrow the fields of a tuple are f0, f1, ..., and a record that is no
    container is the field "value".

    Raises ladle's errors and OSError for what cannot be read.
    """
    reading, writing, read_options, write_options = sides(
        source, target, source_format, target_format, options
    )
    with contextlib.closing(Source(source)) as opened, opened.naming_damage():
        with contextlib.closing(reading.read(opened, **read_options)) as records:
            counted = records
            if progress is not None:
                counted = _reporting(records, progress, opened.share_of(records))
            if writing.FORMAT == "ladle" and reading.FORMAT == "ladle":
                write_options.setdefault("metadata", records.metadata)
            with _writing(target) as file:
                return writing.write(counted, file, **write_options)


def sides(source, target, source_format, target_format, options):
    """The modules of both formats and their options. Raises ValueError and TypeError for what does
    not go together."""
    reading = _module(_format(source, source_format, "source_format"), "source_format")
    writing = _module(_format(target, target_format, "target_format"), "target_format")
    return reading, writing, *_split(options, reading, writing)


def _format(file, given, parameter):
    """The format by name or suffix."""
    if given is not None:
        name = ALIASES.get(given, given)
        if name not in FORMATS:
            raise ValueError(f"{parameter} is {given!r}: it must be one of {', '.join(FORMATS)}")
        return name
    path = as_path(file)
    suffix = os.path.splitext(without_packing(os.fsdecode(path)))[1][1:].lower() if path else ""
    name = ALIASES.get(suffix, suffix)
    if name not in FORMATS:
        what = f"the suffix of {os.fsdecode(path)!r}" if path else "a file object"
        option = "--from" if parameter == "source_format" else "--to"
        raise ValueError(
            f"{what} names no format: give {parameter}, or {option}, as one of {', '.join(FORMATS)}"
        )
    return name


def _module(name, parameter):
    module = importlib.import_module(f"ladle._convert.{FORMATS[name]}")
    if not hasattr(module, "read" if parameter == "source_format" else "write"):
        raise ValueError(f"{parameter}: {name} cannot be the format of that side")
    return module


def _split(options, reading, writing):
    """The options of both sides. One that is None was not given."""
    given = {name: value for name, value in options.items() if value is not None}
    known = set(reading.READ_OPTIONS) | set(writing.WRITE_OPTIONS)
    if wrong := sorted(set(given) - known):
        formats = f"from {reading.FORMAT} to {writing.FORMAT}"
        raise TypeError(f"{', '.join(wrong)}: no option {formats}; these are {sorted(known)}")
    return (
        {name: value for name, value in given.items() if name in reading.READ_OPTIONS},
        {name: value for name, value in given.items() if name in writing.WRITE_OPTIONS},
    )


REPORT_COUNT = 1000


def _reporting(records, progress, share):
    """The records, with a report after each thousand."""
    done = 0
    for done, record in enumerate(records, 1):
        yield record
        if done % REPORT_COUNT == 0:
            progress(done, share())
    progress(done, share())


@contextlib.contextmanager
def _writing(target):
    """A binary file object for a target, which appears when all went well."""
    path = as_path(target)
    if path is None:
        yield target
    elif (file := open_url(path, "wb")) is not None:
        with file:
            yield file
    elif not is_replaceable(path):
        with open(open_writing(path, "w"), "wb") as file:
            yield file
    else:
        with replacing(path) as descriptor, open(descriptor, "wb", closefd=False) as file:
            with packing(os.fsdecode(path), file) as packed:
                yield packed


def _cannot_seek(*place):
    raise io.UnsupportedOperation("seek")


def packing(path, file):
    """A file, or one that compresses what is written to it, as the suffix of the path says."""
    suffix = os.path.splitext(path)[1]
    if suffix == ".gz":
        import gzip

        packed = gzip.GzipFile("", "wb", 6, file, 0)
        # It says that it can seek, but not back, as zipfile would.
        packed.seek, packed.seekable = _cannot_seek, lambda: False
        return packed
    if suffix == ".bz2":
        import bz2

        return bz2.BZ2File(file, "wb")
    if suffix == ".xz":
        import lzma

        return lzma.LZMAFile(file, "wb")
    return contextlib.nullcontext(file)
