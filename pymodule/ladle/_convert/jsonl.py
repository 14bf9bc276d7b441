# SPDX-License-Identifier: BSD-2-Clause
"""JSON lines: one value a line, in UTF-8."""

import json
import math
import re

from ladle._convert.source import too_long
from ladle._errors import FormatError
from ladle._limits import Limits

FORMAT = "jsonl"
READ_OPTIONS = ("limits",)
WRITE_OPTIONS = ("lossy",)

# Two surrogates beside each other, which JSON would make one character of.
SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")

SCALARS = frozenset((str, int, float, bool, type(None)))
BATCH_COUNT = 200

encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
).encode
encode_as_ascii = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
decode = json.JSONDecoder().decode


def read(source, limits=None):
    """The records of a file of JSON lines. Empty lines are passed by."""
    len_max = (limits or Limits()).max_record
    file = source.open()
    number = 0
    while line := file.readline(len_max + 1):
        number += 1
        try:
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if len(line) > len_max:
                raise too_long(f"{source.name}: line {number}", number - 1, len_max)
            if not line.isspace():
                yield decode(line.decode())
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{source.name}: line {number}: {error}") from None


def write(records, file, lossy=False):
    """Write records as JSON lines."""
    lines, done = [], 0
    for done, record in enumerate(records, 1):
        try:
            lines.append(line_of(record, done - 1, lossy))
        except (TypeError, ValueError) as error:
            raise type(error)(f"{error}: allow what is nearest by lossy=True or --lossy") from None
        if done % BATCH_COUNT == 0:
            file.writelines(lines)
            lines.clear()
    file.writelines(lines)
    return done


def line_of(record, number, lossy=False):
    """The line for a record, as bytes. Raises TypeError or ValueError for what JSON lacks, with the
    number of the record and the place in it."""
    try:
        if type(record) not in SCALARS and not is_plain(record):
            if not lossy:
                raise TypeError
            record = nearest(record)
        text = encode(record)
        try:
            return text.encode() + b"\n"
        except UnicodeEncodeError:
            if SURROGATE_PAIR.search(text) and not lossy:
                raise ValueError from None
            return encode_as_ascii(record).encode() + b"\n"
    except (TypeError, ValueError) as error:
        if lossy:
            return encode_as_ascii(nearest(record)).encode() + b"\n"
        raise refusal(record, number, error) from None


def is_plain(value):
    """Whether JSON has all of a container."""
    if type(value) is dict:
        for key, item in value.items():
            if type(key) is not str or not (type(item) in SCALARS or is_plain(item)):
                return False
        return True
    if type(value) is list or type(value) is tuple:
        for item in value:
            if not (type(item) in SCALARS or is_plain(item)):
                return False
        return True
    return False


def refusal(record, number, error):
    """The exception for a record that JSON cannot hold. 'error' is that of the module json."""
    path, reason, error = _find(record, "") or ("", str(error), type(error))
    return error(f"record {number}{': ' if path else ''}{path}: {reason}")


def _find(value, path):
    """Where something is that JSON lacks, and what: (path, reason, exception), or None."""
    if type(value) is float and not math.isfinite(value):
        return path, f"JSON has no {value}", ValueError
    if type(value) is str and SURROGATE_PAIR.search(value):
        return path, "JSON has no two surrogates beside each other", ValueError
    if type(value) in SCALARS:
        return None
    if type(value) is dict:
        for key, item in value.items():
            if type(key) is str and SURROGATE_PAIR.search(key):
                return path, "JSON has no two surrogates beside each other", ValueError
            if type(key) is not str:
                return path, f"JSON has no key of type {type(key).__name__}: {key!r:.40}", TypeError
            if found := _find(item, f"{path}[{key!r}]"):
                return found
        return None
    if type(value) in (list, tuple):
        for i, item in enumerate(value):
            if found := _find(item, f"{path}[{i}]"):
                return found
        return None
    return path, f"JSON has no {type(value).__name__}", TypeError


def nearest(value):
    """What JSON has that is nearest to a value: text for what it knows nothing of."""
    if type(value) is float and not math.isfinite(value):
        return None
    if type(value) in SCALARS:
        return value
    if isinstance(value, dict):
        return {_key(key): nearest(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ == "deque":
        return [nearest(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    if hasattr(value, "tolist"):
        return nearest(value.tolist())
    return str(value)


def _key(key):
    key = nearest(key)
    return key if type(key) is str else encode(key)
