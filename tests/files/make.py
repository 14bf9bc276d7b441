#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the files of this folder and its README, byte by byte with tests/py/crafting.py: make.py

The files are what fixes the format: they are read by the tests, and change only when FORMAT.md does.
"""

import random
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "py"))

from crafted_shapes import GOOD, INT8, NONE, strings  # noqa: E402
from crafting import (  # noqa: E402
    DATA,
    NEW_STREAM,
    PADDING,
    Segment,
    one_block,
    packed,
    raw,
    stream,
    varint,
)

SECOND = bytes(range(16, 32))


def shapes(*names, codec=0):
    """A file with a block for each of these shapes."""
    segment = Segment()
    for name in names:
        count, _, streams = GOOD[name]
        segment.block(DATA, streams, count, codec)
    return segment


def ints(segment, *values):
    return segment.block(DATA, [stream(INT8, bytes(values))], len(values))


def three(**first):
    """Three blocks with the integers 0 to 8."""
    segment = Segment(**first)
    for i in range(3):
        ints(segment, 3 * i, 3 * i + 1, 3 * i + 2)
    return segment


def items(data):
    """Where the blocks and the trailer of three() lie."""
    import reference

    return [data[item.offset : item.offset + item.byte_len] for item in reference.blocks(data)]


def flipped(data, place, bit=1):
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def many_checkpoints():
    segment = Segment()
    for i in range(20):
        ints(segment, i).checkpoint()
    return segment.trailer().data


def appended():
    segment = ints(Segment(), 0, 1).checkpoint().trailer()
    return ints(segment, 2, 3).checkpoint().trailer().data


def copy_inside():
    """A whole ladle file with the same salt inside a record."""
    inner = three().finish()
    shape = b"\x0e" + packed(0, len(inner)) + raw(len(inner))
    return one_block(1, stream(shape, inner))


LEAVES = (
    "none", "bools", "equal bools", "floats", "equal floats", "complex", "strs", "equal strs",
    "surrogates", "bytes", "bytearrays", "bigints",
)  # fmt: skip
WIDTHS = tuple(name for name in GOOD if name.startswith("ints of")) + (
    "unsigned", "wrapping", "differences", "equal differences", "unsigned differences",
)  # fmt: skip
NESTED = (
    "tuples", "empty tuples", "lists", "empty lists", "tuples of varying length", "shape of depth 64",
)  # fmt: skip
DICTS = (
    "dicts", "empty dicts", "dicts with key lists", "dicts with a key list that none has", "maps",
)  # fmt: skip

NINE = three().finish()
PIECES = items(NINE)  # header, three blocks, checkpoint, trailer
ONE = ints(Segment(), 5).finish()

# name: (one sentence, the bytes)
FILES = {
    "good-no-records": ("The smallest file: header, checkpoint, trailer.", Segment().finish()),
    "good-one-record": ("One record, the integer 5.", ONE),
    "good-leaves": ("A block for each kind that holds no others.", shapes(*LEAVES).finish()),
    "good-widths": ("Integers of every width, signed, unsigned, as differences.",
                    shapes(*WIDTHS).finish()),
    "good-nested": ("Tuples and lists, empty, of varying length, 64 deep.",
                    shapes(*NESTED).finish()),
    "good-dicts": ("Dicts with one and with several key lists, and maps.",
                   shapes(*DICTS).finish()),
    "good-sets": ("Sets and frozensets.", shapes("sets", "frozensets").finish()),
    "good-unions": ("Unions, one with an alternative without values.",
                    shapes("union", "union with an alternative that none has",
                           "unions are no depth").finish()),
    "good-dictionaries": ("Dictionaries of strings, floats and integers.",
                          shapes("dictionary", "dictionary of floats", "dictionary of ints",
                                 "constant str").finish()),
    "good-any": ("Tagged values, in short and in longer forms.",
                 shapes("any", "longer forms of any").finish()),
    "good-times": ("Extensions: dates, and moments with a zone.",
                   shapes("dates", "moments").finish()),
    "good-objects": ("Objects with fields, without, and with another state.",
                     shapes("objects", "objects without fields", "objects with another state",
                            "objects with an empty name among others").finish()),
    "good-collections": ("Arrays, ordered dicts, deques, counters, default dicts.",
                         shapes("collections", "deques").finish()),
    "good-object-arrays": ("NumPy arrays of objects.", shapes("arrays of objects").finish()),
    "good-streams": ("Blocks of several streams.",
                     shapes("streams", "two arrays in a second stream").finish()),
    "good-zlib": ("Streams compressed by zlib.",
                  shapes("many zlib bytes", "ints of 8 bits", codec=1).finish()),
    "good-bitpack": ("Streams of few kinds of bytes, packed.",
                     shapes("many zlib bytes", "ints of 8 bits", codec=4).finish()),
    "good-three-blocks": ("Three blocks of three integers.", NINE),
    "good-appended": ("Appended to: a footer stands in the middle.", appended()),
    "good-many-checkpoints": ("Twenty checkpoints, with their ancestors.", many_checkpoints()),
    "good-two-segments": ("Two files, one behind the other.",
                          NINE + ints(Segment(uuid=SECOND), 9).finish()),
    "good-same-file-twice": ("A file behind itself.", NINE + NINE),
    "good-metadata": ("Metadata: {'a': 1}.", ints(Segment().metadata(b"\xe1\x81a\x41"), 5).finish()),
    "good-padding": ("A PADDING block between two others.",
                     ints(ints(Segment(), 5).block(PADDING, [bytes(24)]), 6).finish()),
    "good-newer-block": ("A block of type 200, which readers skip.",
                         ints(Segment().block(200, [b"new", b"er"]), 5).finish()),
    "good-newer-minor": ("Minor version 7, and a compatible feature.",
                         ints(Segment(minor=7, compatible=1 << 31), 5).finish()),
    "good-newer-section": ("A checkpoint with a section 200, which readers skip.",
                           ints(Segment(), 5).checkpoint(b"\xc8\1\0").trailer().data),
    "good-copy-inside": ("A ladle file with the same salt inside a record.", copy_inside()),
    "bad-fields": ("An object has two fields of one name.",
                   one_block(1, b"\x15\1P\2\1x\1x" + NONE + NONE)),
    "bad-empty": ("No byte at all.", b""),
    "bad-header-cut": ("Ends inside the file header.", NINE[:40]),
    "bad-header-flipped": ("A bit of the file header is wrong.", flipped(NINE, 20)),
    "bad-text": ("Text, no ladle file.", b"Text, no ladle file.\n" * 8),
    "bad-pickle": ("A pickle, no ladle file.", b"\x80\x04]\x94(K\x01K\x02e." * 12),
    "bad-no-footer": ("Three blocks, then nothing: the writer was killed.", b"".join(PIECES[:4])),
    "bad-block-cut": ("The third block ends early.", b"".join(PIECES[:4])[:-9]),
    "bad-checkpoint-cut": ("Ends inside the last checkpoint.", b"".join(PIECES[:5])[:-9]),
    "bad-trailer-cut": ("Ends inside the trailer.", NINE[:-9]),
    "bad-zeros-behind": ("Zeros behind two blocks: lost with the power.",
                         b"".join(PIECES[:3]) + bytes(1000)),
    "bad-noise-behind": ("Noise behind two blocks.",
                         b"".join(PIECES[:3]) + random.Random(3).randbytes(1000)),
    "bad-copy-behind": ("A copy of the second block behind the third, and no footer.",
                        b"".join(PIECES[:4]) + PIECES[2]),
    "bad-flipped-data": ("A bit in the data of the second block is wrong.",
                         flipped(NINE, len(PIECES[0]) + 2 * len(PIECES[1]) - 8)),
    "bad-flipped-block-header": ("A bit in the header of the second block is wrong.",
                                 flipped(NINE, len(PIECES[0]) + len(PIECES[1]) + 26)),
    "bad-flipped-checkpoint": ("A bit in the checkpoint is wrong.",
                               flipped(NINE, len(NINE) - len(PIECES[5]) - 9)),
    "bad-flipped-trailer": ("A bit in the trailer is wrong.", flipped(NINE, len(NINE) - 20)),
    "bad-zeros-inside": ("The second block is all zeros.",
                         b"".join([*PIECES[:2], bytes(len(PIECES[2])), *PIECES[3:]])),
    "bad-swapped": ("The first two blocks changed places.",
                    b"".join([PIECES[0], PIECES[2], PIECES[1], *PIECES[3:]])),
    "bad-doubled": ("The second block stands twice.",
                    b"".join([*PIECES[:3], PIECES[2], *PIECES[3:]])),
    "bad-lost-block": ("The second block is missing.", b"".join([*PIECES[:2], *PIECES[3:]])),
    "bad-other-salt": ("The second block is one of another file.",
                       b"".join([*PIECES[:2], items(three(uuid=SECOND).finish())[2], *PIECES[3:]])),
    "bad-first-record": ("The number of the first record of a block is wrong, its checksum right.",
                         Segment().block(DATA, [NONE], 1, first_record=1).finish()),
    "bad-distance": ("A header says that the checkpoint before it lies before the segment.",
                     ints(Segment().block(DATA, [INT8 + b"\0\0\0\5"], 1, back=1 << 40), 6).finish()),
    "bad-first-of-all": ("The number of the first record of a block is the highest there is.",
                         ints(Segment().block(DATA, [INT8 + b"\0\0\0\5"], 1,
                                              first_record=2**64 - 1), 6).finish()),
    "bad-trailer-distance": ("A trailer says that its checkpoint lies before the segment, and counts"
                             " the highest number of records.",
                             ints(Segment(), 5).checkpoint()
                             .trailer(record_count=2**64 - 1, back=1 << 30).data),
    "bad-block-length": ("A block claims 768 MiB stored for 512 MiB decoded.",
                         ints(Segment().block(DATA, [INT8 + b"\0\0\0\5"], 1, stored_len=3 << 28,
                                              decoded_len=2 << 28), 6).finish()),
    "bad-checkpoint-totals": ("A checkpoint counts records that are not there.",
                              ints(Segment(), 5)
                              .checkpoint(changes={1: b"\0\2\1\x50\0"}).trailer().data),
    "bad-trailer-count": ("A trailer counts records that are not there.",
                          ints(Segment(), 5).checkpoint().trailer(record_count=2).data),
    "bad-second-segment": ("The first of two files was never completed.",
                           b"".join(PIECES[:4]) + ints(Segment(uuid=SECOND), 9).finish()),
    "bad-bomb": ("Six bytes stand for a list of 8,589,934,592 values.",
                 one_block(1, b"\x11" + packed(0, 1 << 33) + varint(1 << 33) + NONE)),
    "bad-length": ("A length leads out of its column.",
                   one_block(1, stream(b"\x0e" + packed(0, 2) + raw(1), b"x"))),
    "bad-selector": ("A selector names no alternative.",
                     one_block(1, b"\x21\2" + packed(0, 2) + b"\1" + NONE + b"\0\0")),
    "bad-utf-8": ("A str is no UTF-8.", one_block(1, stream(*strings(12, b"\xff")))),
    "bad-streams": ("The shape mentions a stream that is not there.",
                    one_block(1, b"\x04" + packed(4, 0, NEW_STREAM))),
    "unsupported-major": ("Major version 2.", Segment(major=2).finish()),
    "unsupported-feature": ("An incompatible feature.", Segment(incompatible=1).finish()),
    "unsupported-block": ("A block of type 5.", Segment().block(5, [b""]).finish()),
    "unsupported-codec": ("A stream of codec 9.",
                          Segment().block(DATA, [bytes(50)], 1, codec=9).finish()),
    "unsupported-kind": ("A node of kind 63.", one_block(1, b"\x3f")),
    "unsupported-section": ("A checkpoint with a section 9.",
                            ints(Segment(), 5).checkpoint(b"\x09\0").trailer().data),
}  # fmt: skip

INTRODUCTION = """# Files of the format

Made by `make.py`, each some hundred bytes. `good-` files are read whole by every reader; `bad-` files
are refused with an error, behind the records before the fault; `unsupported-` files are of newer
versions, and refused as such. The tests of C and of Python read all of them.

| file | |
|---|---|
"""


def main():
    for path in FOLDER.glob("*.ladle"):
        path.unlink()
    lines = []
    for name, (sentence, data) in FILES.items():
        (FOLDER / f"{name}.ladle").write_bytes(data)
        lines.append(f"| {name} | {sentence} |\n")
    (FOLDER / "README.md").write_text(INTRODUCTION + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
