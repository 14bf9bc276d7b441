# SPDX-License-Identifier: BSD-2-Clause
"""The annotated dump in FORMAT.md is a file, and its text is what is in it."""

import ast
import io
import pathlib
import re
import uuid

import ladle

import reference

FORMAT = pathlib.Path(__file__).parents[2] / "FORMAT.md"
LINE = re.compile(r"([0-9A-F]{4})  ((?:[0-9A-F]{2} )*[0-9A-F]{2})(?:  .*)?")


def section(number):
    text = FORMAT.read_text(encoding="utf-8")
    return re.search(rf"^## {number}\. .*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[0]


def dump_lines():
    """Offset and bytes of each line of the dump in section 13."""
    [block] = re.findall(r"^```\w*\n(.*?)^```", section(13), re.MULTILINE | re.DOTALL)
    for line in filter(str.strip, block.splitlines()):
        match = LINE.fullmatch(line.rstrip())
        assert match, f"no line of a dump: {line!r}"
        yield int(match[1], 16), bytes.fromhex(match[2])


def dumped_file():
    return b"".join(data for _, data in dump_lines())


def test_the_offsets_of_the_dump_follow_its_bytes():
    place = 0
    for offset, data in dump_lines():
        assert offset == place
        place += len(data)
    assert place > 64


def test_the_dump_is_a_file_that_both_readers_read():
    data = dumped_file()
    records = reference.read(data)
    assert records
    assert list(ladle.load(io.BytesIO(data))) == records
    assert ladle.load(io.BytesIO(data)).metadata == reference.metadata(data)


def test_the_text_names_the_records_of_the_dump():
    text = section(13)
    introduction = text[: text.index("```")]
    named = [ast.literal_eval(value) for value in re.findall(r"`(.*?)`", introduction)]
    assert named == reference.read(dumped_file())
    assert f"in {len(dumped_file())} bytes" in introduction


def test_the_writer_makes_the_bytes_of_the_dump():
    data = dumped_file()
    file = io.BytesIO()
    ladle.dump(reference.read(data), file, uuid=uuid.UUID(bytes=data[16:32]))
    assert file.getvalue() == data


def test_every_magic_of_the_text_is_one_that_the_reference_knows():
    text = FORMAT.read_text(encoding="utf-8")
    magics = {bytes.fromhex(found) for found in re.findall(r"magic: `([0-9A-F ]+)`", text)}
    expected = {reference.FILE_MAGIC, reference.BLOCK_MAGIC, reference.TRAILER_MAGIC}
    assert expected <= magics
