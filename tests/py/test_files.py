# SPDX-License-Identifier: BSD-2-Clause
"""The files in tests/files: what each is, to both readers."""

import pathlib
import sys

import ladle
import pytest

import reference
from helpers import exactly, read_until_error

FOLDER = pathlib.Path(__file__).parents[1] / "files"
PATHS = sorted(FOLDER.glob("*.ladle"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_both_readers_say_the_same(path):
    data = path.read_bytes()
    records, error = read_until_error(data)
    kind = path.stem.split("-")[0]
    if kind == "good":
        assert error is None
        assert exactly(records) == exactly(reference.read(data))
    elif kind == "unsupported":
        assert isinstance(error, ladle.UnsupportedError)
        with pytest.raises(reference.Unsupported):
            reference.read(data)
    else:
        assert kind == "bad"
        assert isinstance(error, (ladle.FormatError, ladle.LimitError))
        assert not isinstance(error, ladle.UnsupportedError)
        with pytest.raises((reference.Invalid, reference.TooLarge)):
            reference.read(data)


def test_the_files_are_those_that_the_script_makes():
    sys.path.insert(0, str(FOLDER))
    try:
        import make
    finally:
        sys.path.remove(str(FOLDER))
    assert [path.stem for path in PATHS] == sorted(make.FILES)
    for path in PATHS:
        assert path.read_bytes() == make.FILES[path.stem][1], path.stem


def test_there_are_enough_files():
    assert len(PATHS) >= 40
