# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of converting share: from records to another format and back."""

import io

import ladle

ROWS = [
    {"id": 0, "name": "a, \"b\"\n\r'", "value": 1.5, "flag": True, "note": None, "big": 2**70},
    {"id": -1, "name": "é€\U0001f600", "value": -0.0, "flag": False, "note": "x", "big": -1},
    {"id": 2, "name": " 007 ", "value": 1e300, "flag": True, "note": "y", "big": 0},
]


def converted(records, source_format, target_format, **options):
    """What records are in the bytes of another format."""
    source, target = io.BytesIO(), io.BytesIO()
    ladle.dump(records, source)
    source.seek(0)
    ladle.convert(source, target, source_format="ladle", target_format=target_format, **options)
    assert not target.closed
    return target.getvalue()


def read_back(data, source_format, **options):
    target = io.BytesIO()
    ladle.convert(
        io.BytesIO(data), target, source_format=source_format, target_format="ladle", **options
    )
    target.seek(0)
    return ladle.load(target).tolist()


def there_and_back(records, name, **options):
    """What comes back; options are for reading."""
    return read_back(converted(records, "ladle", name), name, **options)


def from_text(name, text, **options):
    return read_back(text.encode(), name, **options)
