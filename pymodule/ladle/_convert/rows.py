# SPDX-License-Identifier: BSD-2-Clause
"""Records as rows of named fields, and back: dicts, tuples, and values alone.

The fields of a tuple are f0, f1, ..., and a value that is no container is the field "value".
"""

VALUE = "value"


def tuple_names(count):
    """Names of the fields of a tuple."""
    return [f"f{i}" for i in range(count)]


def names_of(record, number):
    """The names of the fields of a record."""
    if type(record) is dict:
        for name in record:
            if type(name) is not str:
                raise TypeError(f"record {number}: the key {name!r:.40} is no str")
        names = list(record)
        if not names or names == [VALUE] or names == tuple_names(len(names)):
            raise ValueError(
                f"record {number}: its fields {names} would come back as something else than a dict"
            )
        return names
    if type(record) in (tuple, list):
        if not record:
            raise ValueError(f"record {number}: a record without fields")
        return tuple_names(len(record))
    return [VALUE]


def shape_of(first, names, fill):
    """A function that makes a row of a record that has the fields of the first."""
    if type(first) is dict:
        return _dict_to_row(names, fill)
    if type(first) in (tuple, list):
        return _tuple_to_row(type(first), len(names))
    return _value_to_row


def _dict_to_row(names, fill):
    known = set(names)

    def to_row(record, number):
        if type(record) is not dict:
            raise TypeError(f"record {number}: a {type(record).__name__} among dicts")
        if record.keys() == known:
            return [record[name] for name in names]
        for name in record:
            if name not in known:
                raise ValueError(
                    f"record {number}: [{name!r}]: a field that the first record lacks: name all "
                    "fields, by fields= or --fields"
                )
        if not fill:
            name = next(name for name in names if name not in record)
            raise ValueError(
                f"record {number}: [{name!r}] is missing, and would come back as None: allow that "
                "by fill=True or --fill"
            )
        return [record.get(name) for name in names]

    return to_row


def _tuple_to_row(cls, count):
    def to_row(record, number):
        if type(record) is not cls:
            raise TypeError(f"record {number}: a {type(record).__name__} among {cls.__name__}s")
        if len(record) != count:
            raise ValueError(f"record {number}: {len(record)} fields, the first has {count}")
        return record

    return to_row


def _value_to_row(record, number):
    if type(record) in (dict, tuple, list):
        raise TypeError(f"record {number}: a {type(record).__name__} among values without fields")
    return (record,)


def rows_of(names):
    """A function that makes records of an iterator over rows."""
    if names == [VALUE]:
        return lambda rows: (value for (value,) in rows)
    if names == tuple_names(len(names)):
        return iter
    return lambda rows: (dict(zip(names, row)) for row in rows)
