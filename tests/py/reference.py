# SPDX-License-Identifier: BSD-2-Clause
"""A second reader of the ladle format, written from FORMAT.md alone, in plain Python.

It is slow, keeps everything in memory and checks every rule of the text. The tests hold the
library against it. `(section n)` names the part of FORMAT.md that a function follows. This file
has the sections 3, 4, 8, 9 and 10; `reference_shape` has 5, `reference_value` 6, 7 and 14,
`reference_merged` 9.1.
"""

import struct
import zlib
from dataclasses import dataclass, field

from reference_merged import Merged, check_equal, merge, of_node, parse_merged
from reference_shape import Node, parse_shape, values
from reference_value import (
    Invalid,
    Source,
    TooLarge,
    Truncated,
    Unsupported,
    crc32c,
    loads,
    need,
    padded,
    tagged_alone,
)

__all__ = [
    "Invalid",
    "TooLarge",
    "Truncated",
    "Unsupported",
    "blocks",
    "iterate",
    "loads",
    "metadata",
    "read",
]

FILE_MAGIC = b"\x89LDL\r\n\x1a\n"
BLOCK_MAGIC = b"\xbbLB\x1a"
TRAILER_MAGIC = b"\xeeLT\x1a"
DATA, METADATA, CHECKPOINT, PADDING = 1, 2, 3, 4


@dataclass
class Stream:
    stored_len: int
    decoded_len: int
    codec: int
    data: bytes  # decoded


@dataclass
class Item:
    """A header, block or trailer. `offset` counts from the start of the data."""

    type: str
    offset: int
    byte_len: int
    first_record: int = 0
    record_count: int = 0
    decoded_len: int = 0
    streams: list = field(default_factory=list)
    shape: Node | None = None
    metadata: dict | None = None
    checkpoint: dict | None = None


def unpack_bits(stored, decoded_len):
    """(section 4.1)"""
    need(stored, "a packed stream without its first byte")
    width = stored[0] & 7
    need(1 <= width <= 6 and stored[0] >> 3 == decoded_len % 8, "first byte of a packed stream")
    kinds, rest = stored[1 : 1 + 2**width], stored[1 + 2**width :]
    need(len(rest) == (decoded_len * width + 7) // 8, "length of a packed stream")
    indices = int.from_bytes(rest, "little")
    need(indices >> decoded_len * width == 0, "bits behind the last index")
    return bytes(kinds[indices >> i * width & 2**width - 1] for i in range(decoded_len))


def decode_stream(stored, decoded_len, codec):
    if codec == 0:
        data = stored
    elif codec == 1:
        decoder = zlib.decompressobj()
        try:
            data = decoder.decompress(stored, decoded_len + 1)
        except zlib.error as error:
            raise Invalid(f"zlib: {error}") from None
        need(decoder.eof and not decoder.unused_data, "zlib stream and its length differ")
    elif codec == 4:
        data = unpack_bits(stored, decoded_len)
    else:
        raise Unsupported(f"codec {codec}")
    need(len(data) == decoded_len, "decoded length of a stream")
    return data


def file_header(data, offset):
    header = data[offset : offset + 64]
    need(FILE_MAGIC.startswith(header[:8]), "not a ladle file")
    need(len(header) == 64, "file header ends early", Truncated)
    fields = struct.unpack("<8s2HI16s3I16sI", header)
    _, major, _, header_len, segment_uuid, incompatible, _, _, zeros, checksum = fields
    need(crc32c(header[:60]) == checksum, "checksum of the file header")
    need(major == 1 and incompatible == 0, "newer format", Unsupported)
    need(header_len == 64 and not any(zeros), "file header")
    return segment_uuid[:4]


class Segment:
    """What a reader knows of a segment so far."""

    def __init__(self, data, start):
        self.data, self.start, self.place = data, start, start + 64
        self.salt = file_header(data, start)
        self.record_count = self.block_count = self.largest = self.metadata_offset = 0
        self.checkpoints = []  # (offset in the segment, first record) of each
        self.unlisted = []  # (gap, length, records) of each DATA block since the last checkpoint
        self.listed_end = 0  # where the DATA block before ended
        self.unlisted_first = 0
        self.merged, self.unmerged = Merged(), []  # the shape so far; shapes of blocks to merge
        self.shape_offset = None  # of the latest checkpoint with a shape
        self.complete = False

    def take(self, length, what):
        piece = self.data[self.place : self.place + length]
        need(len(piece) == length, f"{what} ends early", Truncated)
        self.place += length
        return piece

    def block(self):
        offset = self.place - self.start
        header = self.take(48, "block header")
        fields = struct.unpack("<4s4s2BH3I2Q2I", header)
        _, salt, kind, flags, stream_count, stored_len, decoded_len, records = fields[:8]
        first_record, back, directory_crc, checksum = fields[8:]
        need(crc32c(header[:44] + struct.pack("<Q", offset)) == checksum, "block header checksum")
        need(salt == self.salt, "salt of a block")
        need(flags == 0 and stored_len % 8 == 0, "block header")
        need(stored_len < 1 << 31 and decoded_len < 1 << 31 and records < 1 << 31, "block limits")
        need(first_record == self.record_count, "number of the first record")
        need((kind == DATA) == (records > 0), "records are in DATA blocks, and only there")
        last_checkpoint = self.checkpoints[-1][0] if self.checkpoints else offset
        need(back == offset - last_checkpoint, "distance to the checkpoint")
        need(kind != 0, "block type 0")
        need(kind <= PADDING or kind >= 128, f"block type {kind}", Unsupported)
        directory = self.take(16 * stream_count, "directory")
        need(crc32c(directory) == directory_crc, "checksum of the directory")
        need(stored_len >= len(directory), "stored length of a block")
        payload = self.take(stored_len - len(directory), "block")
        names = {DATA: "data", METADATA: "metadata", CHECKPOINT: "checkpoint", PADDING: "padding"}
        item = Item(names.get(kind, "unknown"), self.start + offset, 48 + stored_len)
        item.first_record, item.record_count, item.decoded_len = first_record, records, decoded_len
        item.streams = self.streams(directory, payload, decoded_len, decode=kind < PADDING)
        self.complete = False
        self.accept(kind, item, offset)
        return item

    def streams(self, directory, payload, decoded_total, decode):
        source, result = Source(payload), []
        for entry in struct.iter_unpack("<3IB3s", directory):
            stored_len, decoded_len, checksum, codec, zeros = entry
            need(not any(zeros), "directory")
            need(codec or stored_len == decoded_len, "lengths of a stream that is not packed")
            stored = source.take(padded(stored_len))
            need(crc32c(stored) == checksum, "checksum of a stream")
            need(not any(stored[stored_len:]), "padding of a stream")
            data = decode_stream(stored[:stored_len], decoded_len, codec) if decode else b""
            result.append(Stream(stored_len, decoded_len, codec, data))
        source.end()
        need(sum(stream.decoded_len for stream in result) == decoded_total, "decoded length")
        return result

    def accept(self, kind, item, offset):
        if kind == DATA:
            item.shape = parse_shape([stream.data for stream in item.streams], item.record_count)
            if not self.unlisted:
                self.unlisted_first = item.first_record
            self.unlisted.append((offset - self.listed_end, item.byte_len, item.record_count))
            self.listed_end = offset + item.byte_len
            self.record_count += item.record_count
            self.block_count += 1
            self.largest = max(self.largest, item.decoded_len)
            self.unmerged.append(item.shape)
        elif kind == METADATA:
            need(offset == 64, "METADATA not directly behind the header")
            self.metadata_offset = offset
            item.metadata = tagged_alone(self.only_stream(item))
            need(type(item.metadata) is dict, "metadata that are no dict")
            need(all(type(key) is str for key in item.metadata), "metadata key that is no str")
        elif kind == CHECKPOINT:
            item.checkpoint = self.sections(self.only_stream(item))
            self.check_checkpoint(item.checkpoint, offset)

    def only_stream(self, item):
        need(len(item.streams) == 1, "not one stream")
        return item.streams[0].data

    def sections(self, data):
        source, result = Source(data), {}
        while source.position < len(data):
            number, content = source.varint(), Source(source.take(source.varint()))
            need(number <= 3 or number >= 64, f"section {number}", Unsupported)
            need(number and number not in result, "section 0, or a section twice")
            result[number] = content
        need([number for number in result if number < 64] == [1, 2, 3], "sections 1 to 3")
        return result

    def check_checkpoint(self, sections, offset):
        number = len(self.checkpoints)
        totals = [sections[1].varint() for _ in range(5)]
        sections[1].end()
        facts = [number, self.record_count, self.block_count, self.largest, self.metadata_offset]
        need(totals == facts, f"totals of a checkpoint: {totals}, not {facts}")
        self.check_block_list(sections[2], offset)
        self.checkpoints.append((offset, self.unlisted_first))
        self.check_ancestors(sections[3], number, offset)
        self.check_shape(sections, offset)
        self.unlisted, self.listed_end = [], 0

    def check_block_list(self, source, offset):
        count = source.varint()
        need(count == len(self.unlisted) <= 1024, "number of listed blocks")
        if not count:
            self.unlisted_first = self.record_count
        need(source.varint() == self.unlisted_first, "first record of the listed blocks")
        for block in self.unlisted:
            listed = (8 * source.varint(), 8 * source.varint(), source.varint())
            need(listed == block, f"listed block {listed}, not {block}")
        source.end()

    def check_ancestors(self, source, number, offset):
        expected = {number - 1 & ~((1 << bits) - 1) for bits in range(64)} if number else set()
        need(source.varint() == len(expected), "number of ancestors")
        for ancestor in sorted(expected, reverse=True):
            place, first_record = self.checkpoints[ancestor]
            need(8 * source.varint() == offset - place, "distance to an ancestor")
            need(source.varint() == first_record, "first record of an ancestor")
        source.end()

    def check_shape(self, sections, offset):
        need(not {64, 65} <= set(sections), "two shapes")
        if 64 in sections:
            for shape in self.unmerged:
                self.merged = merge(self.merged, of_node(shape))
            self.unmerged, self.shape_offset = [], offset
            check_equal(parse_merged(sections[64]), self.merged)
        if 65 in sections:
            need(self.shape_offset is not None, "older shape that is not there")
            need(8 * sections[65].varint() == offset - self.shape_offset, "place of the shape")
            sections[65].end()

    def trailer(self, previous):
        offset = self.place - self.start
        data = self.take(32, "trailer")
        _, salt, place, records, back, checksum = struct.unpack("<4s4sQQII", data)
        need(crc32c(data[:28]) == checksum, "checksum of the trailer")
        need(salt == self.salt and place == offset, "trailer of another place")
        need(records == self.record_count, "records of the trailer")
        need(previous.type == "checkpoint", "trailer that is not behind a checkpoint")
        need(8 * back == previous.byte_len, "distance of the trailer to its checkpoint")
        self.complete = True
        return Item("trailer", self.start + offset, 32, self.record_count)


def items(data):
    """Every header, block and trailer, each verified before it is handed out."""
    segment, item = Segment(data, 0), Item("header", 0, 64)
    yield item
    while segment.place < len(data):
        magic = data[segment.place : segment.place + 8]
        if magic[:4] == BLOCK_MAGIC:
            item = segment.block()
        elif magic[:4] == TRAILER_MAGIC:
            item = segment.trailer(item)
        elif segment.complete and magic == FILE_MAGIC:
            item = Item("header", segment.place, 64)
            segment = Segment(data, segment.place)
        else:
            starts = (BLOCK_MAGIC, TRAILER_MAGIC, FILE_MAGIC)
            cut = len(magic) < 8 and any(start.startswith(magic) for start in starts)
            raise (Truncated if cut else Invalid)("neither a block nor a trailer nor a header")
        yield item
    need(segment.complete, "file without its trailer", Truncated)


def blocks(data):
    """All items of a file as a list."""
    return list(items(bytes(data)))


def iterate(data):
    """The records of a file, one by one; raises where the file is not valid."""
    for item in items(bytes(data)):
        if item.type == "data":
            yield from values(item.shape)


def read(data):
    """The records of a file as a list."""
    return list(iterate(data))


def metadata(data):
    """The metadata of all segments; the later one wins, key by key (section 8)."""
    result = {}
    for item in items(bytes(data)):
        result |= item.metadata or {}
    return result
