# SPDX-License-Identifier: BSD-2-Clause
"""Records as NumPy arrays: which dtype they get, from the merged shape of the file."""

import io
import itertools

from ladle._core import Writer
from ladle._errors import Error
from ladle._schema import Schema, fits_float

# As missing=: None and missing keys are kept as they are, in fields of objects.
KEEP = ...
TIMES = {"date": "M8[D]", "timedelta": "m8[us]"}


def to_numpy(reader, strings, missing):
    """All records in one array."""
    import numpy

    out = numpy.empty(len(reader), dtype_of(reader.schema, strings, missing))
    with iter(reader) as records:
        return out[: _fill(records, out, missing)]


def columns(reader, names, strings, missing):
    """Some fields of all records, each in an array of its own; no others are read."""
    import numpy

    fields = _fields(reader.schema)
    is_all = names is None
    names = list(fields if is_all else names)
    for name in names:
        if name not in fields:
            raise KeyError(f"the records have no field {name!r}; they have {', '.join(fields)}")
    out = {name: numpy.empty(len(reader), _dtype(*fields[name], strings, missing)) for name in names}
    if not out:
        return out
    with iter(reader) as records:
        if not is_all:
            records._select(names)
        count = _fill(records, out, missing)
    return {name: array[:count] for name, array in out.items()}


def batches(records, size, strings="fixed", missing=KEEP):
    """Arrays of up to size of the records that come."""
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError(f"size is a {type(size).__name__}: it must be an int")
    if size < 1:
        raise ValueError(f"size is {size}: it must be at least 1")
    return _batches(records, size, strings, missing)


def _batches(records, size, strings, missing):
    try:
        dtype = dtype_of(Schema._of(records._schema()), strings, missing)
    except Error as error:
        if type(error) is not Error:
            raise
        # Nothing is known of what a pipe will bring: each batch has the dtype of its records.
        dtype = None
    while True:
        array, failure = _batch(records, size, dtype, strings, missing)
        if len(array):
            yield array
        if failure:
            raise failure
        if not len(array):
            return


def _batch(records, size, dtype, strings, missing):
    """An array of the next records, if there are any, and what came behind them if that is an exception."""
    import numpy

    failure = None
    if dtype is None:
        rows = []
        try:
            rows.extend(itertools.islice(records, size))
        except Exception as error:
            failure = error
        return rows and to_numpy(_reader_of(rows), strings, missing), failure
    out = numpy.empty(size, dtype)
    first, lost = records.position, records.lost
    try:
        count = _fill(records, out, missing)
    except Exception as error:
        failure, count = error, records.position - first - (records.lost - lost)
    return out[:count], failure


def _reader_of(rows):
    from ladle._reader import Reader

    file = io.BytesIO()
    with Writer(file) as writer:
        writer.extend(rows)
    file.seek(0)
    return Reader(file)


def _fill(records, out, missing):
    return records.read_into(out, missing=None if missing is KEEP else missing)


def dtype_of(schema, strings, missing):
    """The dtype of an array of the records that a schema stands for."""
    if strings not in ("fixed", "object"):
        raise ValueError(f"strings is {strings!r}: it must be 'fixed' or 'object'")
    return _dtype(schema, False, strings, missing)


def _fields(schema):
    """The fields of records: name to schema and whether some lack it."""
    if schema.kind == "tuple":
        names = [f"f{i}" for i in range(len(schema.children))]
    elif schema.kind in ("dict", "object"):
        names = schema.names
    else:
        raise TypeError(f"the records have no columns: they are {schema}")
    return {
        name: (child, child.count < schema.count)
        for name, child in zip(names, schema.children, strict=True)
    }


def _dtype(schema, is_missing, strings, missing):
    import numpy

    known = _exact_dtype(schema, is_missing, strings, missing)
    return numpy.dtype(object if known is None else known)


def _exact_dtype(schema, is_missing, strings, missing):
    """A dtype that holds all values there as they are; None when only object does."""
    alternatives = [schema]
    if schema.kind == "union":
        alternatives = [child for child in schema.children if child.kind != "none"]
        is_missing |= len(alternatives) < len(schema.children)
    if (is_missing and missing is KEEP) or any(child.kind == "empty" for child in alternatives):
        return None
    if len(alternatives) == 1:
        return _dtype_of_kind(alternatives[0], strings, missing)
    return _common_dtype(alternatives, strings)


def _common_dtype(schemas, strings):
    kinds = {schema.kind for schema in schemas}
    if kinds <= {"int", "float", "complex"} and all(map(fits_float, schemas)):
        return "c16" if "complex" in kinds else "f8"
    if kinds == {"str", "surrogate str"} and strings == "fixed":
        return f"U{max(schema.longest for schema in schemas)}"
    return None


def _dtype_of_kind(schema, strings, missing):
    kind = schema.kind
    if kind in ("bool", "float", "complex"):
        return {"bool": "?", "float": "f8", "complex": "c16"}[kind]
    if kind == "int":
        is_large = schema.greatest >= 2**63
        return None if is_large and (schema.least or 0) < 0 else "u8" if is_large else "i8"
    if kind in ("str", "surrogate str", "bytes") and strings == "fixed":
        return f"{'S' if kind == 'bytes' else 'U'}{max(schema.longest, 1)}"
    if kind == "extension":
        is_plain = schema.children[0].kind == "int"
        return TIMES.get(schema.name) or ("M8[us]" if schema.name == "datetime" and is_plain else None)
    if kind in ("scalar", "array"):
        return _items_dtype(schema)
    if kind in ("tuple", "dict", "object") and schema.children:
        fields = _fields(schema)
        if "" in fields:  # NumPy would give it another name
            return None
        return [(name, _dtype(*field, strings, missing)) for name, field in fields.items()]
    return None


def _items_dtype(schema):
    from ladle import _numpy

    dtype, _ = _numpy.parse(schema.dtype)
    return (dtype, schema.extents) if schema.extents else dtype
