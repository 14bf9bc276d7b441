# SPDX-License-Identifier: BSD-2-Clause
"""CSV: a line of names, then a line a record. Types are found, or given."""

import contextlib
import csv
import datetime
import decimal
import io
import itertools
import math
import re

from ladle._convert.rows import names_of, rows_of, shape_of
from ladle._convert.source import too_long
from ladle._errors import FormatError
from ladle._limits import Limits

FORMAT = "csv"
READ_OPTIONS = ("types", "none", "delimiter", "limits")
WRITE_OPTIONS = ("none", "delimiter", "fields", "fill")

BATCH_COUNT = 500
FIELD_LEN_MAX = 2**31 - 1  # that the module csv takes

# Types that are found, in the order in which they are preferred. A number is only taken for one
# when it would be written like that again: 007 is text.
FOUND = {
    "bool": re.compile(r"(?:(?:[Tt]rue|[Ff]alse)\n)*", re.ASCII),
    "int": re.compile(r"(?:(?:0|-?[1-9][0-9]{0,4000})\n)*", re.ASCII),
    # A plus before digits alone is of a telephone number.
    "float": re.compile(
        r"(?:(?:-?(?:0|[1-9][0-9]{0,400})"
        r"|[-+]?(?:(?:0|[1-9][0-9]{0,400})\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,9})?"
        r"|[-+]?(?:0|[1-9][0-9]{0,400})[eE][-+]?[0-9]{1,9}"
        r"|[-+]?[Ii]nf(?:inity)?|[-+]?[Nn]a[Nn])\n)*",
        re.ASCII,
    ),
}


# What a float may not be able to hold: many digits without a point, large exponents.
LONG = re.compile(r"[0-9]{16}|[eE]\+?[0-9]{3}", re.ASCII)


def _is_lost(text):
    """Whether an int, or a number beyond all floats, would be another one as a float."""
    number = float(text)
    if FOUND["int"].fullmatch(text + "\n"):
        return int(text) != number
    return math.isinf(number) and LONG.search(text) is not None


def _bool(text):
    return BOOLS[text.lower()]


BOOLS = {"true": True, "false": False}
CONVERTERS = {
    "int": int,
    "float": float,
    "bool": _bool,
    "str": None,
    "decimal": decimal.Decimal,
    "date": datetime.date.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "time": datetime.time.fromisoformat,
}
SIMPLE = frozenset((type(None), bool, int, float, str, decimal.Decimal, datetime.date))
TEXTS = frozenset((type(None), str))
CLOCKS = frozenset((datetime.datetime, datetime.time))
WRITABLE = SIMPLE | CLOCKS


def read(source, types=None, none="", delimiter=",", limits=None):
    """The records of a CSV file: it is read twice, to find types first that all values have."""
    types = check_types(types or {})
    check_delimiter(delimiter)
    len_max = (limits or Limits()).max_record
    with _long_fields(len_max):
        lines = _Lines(source, delimiter, len_max)
        if not lines.names:
            return
        found = _find_types(lines, types, none)
        lines = _Lines(source, delimiter, len_max)
        converters = [CONVERTERS[found[name]] for name in lines.names]
        make = rows_of(lines.names)
        for batch in lines.batches():
            columns = zip(*batch)
            converted = [
                _convert(lines, name, column, converter, none)
                for name, column, converter in zip(lines.names, columns, converters)
            ]
            yield from make(zip(*converted))


def check_delimiter(text):
    """The text, which must be able to stand between fields."""
    if len(text) != 1 or text in '"\r\n':
        raise ValueError(f"delimiter is {text!r}: it must be one character, no quote or end of line")
    return text


def check_types(types):
    """What fields are to be, which must be known kinds."""
    for name, kind in types.items():
        if kind not in CONVERTERS:
            known = ", ".join(CONVERTERS)
            raise ValueError(f"type {kind!r} of {name!r}: it must be one of {known}")
    return types


@contextlib.contextmanager
def _long_fields(len_max):
    """The module csv has one limit for all, which is short; that of a record suffices."""
    before = csv.field_size_limit(min(len_max, FIELD_LEN_MAX))
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Lines:
    """The lines of a file as lists of texts, a few at a time."""

    def __init__(self, source, delimiter, len_max):
        self.source, self.len_max = source, len_max
        # Of the record that is being read:
        self.record_len, self.number, self.first_line = 0, -1, 1
        self.text = io.TextIOWrapper(_Unclosed(source.open_again()), "utf-8-sig", newline="")
        self.reader = csv.reader(self._physical_lines(), delimiter=delimiter, strict=True)
        self.names = next(self._rows(), [])  # of an empty file, which has no records
        if len(set(self.names)) < len(self.names):
            self.fail("two fields have one name")

    def batches(self):
        """Lists of lines, each with as many fields as there are names."""
        rows = self._rows()
        width = len(self.names)
        while batch := list(itertools.islice(rows, BATCH_COUNT)):
            if not all(len(row) == width for row in batch):
                self.fail(f"a line among the last {len(batch)} has not {width} fields as the first")
            yield batch

    def _rows(self):
        try:
            for row in self.reader:
                self.record_len = 0
                if row:
                    self.number += 1
                    yield row
        except (csv.Error, UnicodeDecodeError) as error:
            self.fail(error)

    def _physical_lines(self):
        """Lines; a record with quotes may take several of them."""
        readline, len_max = self.text.readline, self.len_max
        while line := readline(len_max + 1):
            if not self.record_len:
                self.first_line = self.reader.line_num + 1
            self.record_len += len(line)
            if self.record_len > len_max:
                place = f"{self.source.name}: line {self.first_line}"
                raise too_long(place, max(0, self.number), len_max)
            yield line

    def fail(self, reason):
        """Raise for the latest line."""
        line = max(1, self.reader.line_num)
        raise FormatError(f"{self.source.name}: line {line}: {reason}") from None


class _Unclosed(io.RawIOBase):
    """A file that stays open when what wraps it goes."""

    def __init__(self, file):
        self.file = file

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _find_types(lines, given, none):
    """The type of each field."""
    if wrong := sorted(set(given) - set(lines.names)):
        lines.fail(f"types are given for fields that are not there: {', '.join(wrong)}")
    possible = {name: list(FOUND) for name in lines.names if name not in given}
    has_values = set()
    if possible:
        for batch in lines.batches():
            for name, column in zip(lines.names, zip(*batch)):
                if possible.get(name):
                    values = set(column)
                    values.discard(none)
                    if values:
                        has_values.add(name)
                        _rule_out(possible[name], values)
    found = {name: (kinds[0] if kinds else "str") for name, kinds in possible.items()}
    return given | {name: kind if name in has_values else "str" for name, kind in found.items()}


def _rule_out(kinds, values):
    text = "\n".join(values) + "\n"
    if text.count("\n") > len(values):
        kinds.clear()
    for kind in tuple(kinds):
        if not FOUND[kind].fullmatch(text):
            kinds.remove(kind)
    if "float" in kinds and LONG.search(text) and any(map(_is_lost, values)):
        kinds.remove("float")


def _convert(lines, name, column, converter, none):
    try:
        if converter is None:
            return [None if text == none else text for text in column] if none in column else column
        if none in column:
            return [None if text == none else converter(text) for text in column]
        return list(map(converter, column))
    except (ValueError, KeyError, ArithmeticError) as error:
        lines.fail(f"field {name!r}, in one of the last {len(column)} lines: {error}")


def write(records, file, none="", delimiter=",", fields=None, fill=False):
    """Write records as CSV."""
    check_delimiter(delimiter)
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=False)
    try:
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n", strict=True)
        return _write(records, writer, none, fields, fill)
    finally:
        text.detach()


def _write(records, writer, none, fields, fill):
    records = iter(records)
    first = list(itertools.islice(records, 1))
    if not first and fields is None:
        return 0
    names = list(fields) if fields is not None else names_of(first[0], 0)
    if len(set(names)) < len(names):
        raise ValueError(f"the names of the fields: {names}: two are the same")
    if names and names[0].startswith("\ufeff"):
        raise ValueError("the names of the fields: the byte order mark of the first would be lost")
    try:
        writer.writerow(names)
    except (csv.Error, UnicodeEncodeError) as error:
        raise ValueError(f"the names of the fields: {error}") from None
    to_row = shape_of(first[0] if first else {}, names, fill)
    done = 0
    records = itertools.chain(first, records)
    while batch := list(itertools.islice(records, BATCH_COUNT)):
        rows = [to_row(record, number) for number, record in enumerate(batch, done)]
        for name, column in zip(names, zip(*rows)):
            _check(name, column, none, done)
        if none != "":
            rows = [[none if value is None else value for value in row] for row in rows]
        try:
            writer.writerows(rows)
        except (csv.Error, UnicodeEncodeError) as error:
            raise ValueError(f"one of the records {done} to {done + len(batch)}: {error}") from None
        done += len(batch)
    return done


def _is_plain_clock(value):
    zone = value.tzinfo
    if zone is not None and type(zone) is not datetime.timezone:
        return False
    return not value.fold and (zone is None or len(zone.__getinitargs__()) == 1)


def _check(name, column, none, first):
    """Raise for a value that CSV cannot hold."""
    kinds = set(map(type, column))
    if kinds <= (SIMPLE if none == "" else TEXTS) and none not in column:
        return
    for number, value in enumerate(column, first):
        if type(value) in CLOCKS and not _is_plain_clock(value):
            raise ValueError(
                f"record {number}: [{name!r}]: CSV has no fold and no zones but offsets: {value!r}"
            )
        if type(value) not in WRITABLE:
            raise TypeError(f"record {number}: [{name!r}]: CSV has no {type(value).__name__}")
        if value is not None and str(value) == none:
            raise ValueError(
                f"record {number}: [{name!r}]: the text {none!r} would come back as None: give "
                "another one for None, by none= or --none"
            )
