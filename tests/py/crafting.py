# SPDX-License-Identifier: BSD-2-Clause
"""Writes ladle files by hand, for shapes that our writer does not make and for rules to break."""

import struct
import zlib

from reference_value import crc32c, padded

UUID = bytes(range(16))
SALT = UUID[:4]
DATA, METADATA, CHECKPOINT, PADDING = 1, 2, 3, 4
NEW_STREAM = 32


def varint(value):
    result = bytearray()
    while value > 127:
        result.append(value & 127 | 128)
        value >>= 7
    return bytes(result + bytes([value]))


def zigzag(value):
    return varint(value << 1 ^ value >> 63)


def text(value):
    return varint(len(value.encode())) + value.encode()


def packed(width_code=0, base=0, bits=0, start=None):
    """The descriptor of a packed array; `width_code` as in section 5.1."""
    descriptor = bytes([width_code | bits]) + zigzag(base)
    return descriptor if start is None else descriptor + zigzag(start)


def raw(length, bits=0):
    return bytes([bits]) + varint(length)


def align(data):
    return data.ljust(padded(len(data)), b"\0")


def stream(shape, *arrays):
    """The shape and its arrays as one stream. An array of no bytes takes no place."""
    for piece in filter(None, arrays):
        shape = align(shape) + piece
    return shape


def pack_bits(data):
    """Codec 4, for data of few kinds; other data as they are."""
    kinds = bytes(sorted(set(data)))
    width = max(1, (len(kinds) - 1).bit_length())
    indices = sum(kinds.index(byte) << i * width for i, byte in enumerate(data))
    head = bytes([width | len(data) % 8 << 3]) + kinds.ljust(2**width, b"\xee")
    return head + indices.to_bytes((len(data) * width + 7) // 8, "little") if width <= 6 else data


def compress(data, codec):
    """The stored bytes and their codec: none where it does not help. Some codecs are made up."""
    if codec not in (1, 4):
        return (data[:-1], codec) if codec else (data, 0)
    packed_data = zlib.compress(data) if codec == 1 else pack_bits(data)
    return (packed_data, codec) if len(packed_data) < len(data) else (data, 0)


def file_header(uuid=UUID, major=1, minor=0, incompatible=0, compatible=0):
    fields = (b"\x89LDL\r\n\x1a\n", major, minor, 64, uuid, incompatible, compatible, 1 << 17)
    header = struct.pack("<8s2HI16s3I16x", *fields)
    return header + struct.pack("<I", crc32c(header))


class Segment:
    """A segment that grows item by item; `data` is what it is so far."""

    def __init__(self, **header):
        self.data = file_header(**header)
        self.salt = header.get("uuid", UUID)[:4]
        self.record_count = self.block_count = self.largest = self.metadata_offset = 0
        self.checkpoints = []
        self.unlisted, self.unlisted_first, self.listed_end = [], 0, 0

    def block(self, kind, streams, record_count=0, codec=0, **changes):
        """Add a block. `changes` puts wrong values into its header, with the right checksums."""
        offset, directory, payload = len(self.data), b"", b""
        for decoded in streams:
            stored, stored_codec = compress(decoded, codec)
            lengths = (len(stored), len(decoded), crc32c(align(stored)))
            directory += struct.pack("<3IB3x", *lengths, stored_codec)
            payload += align(stored)
        header = {
            "magic": b"\xbbLB\x1a",
            "salt": self.salt,
            "kind": kind,
            "flags": 0,
            "stream_count": len(streams),
            "stored_len": len(directory + payload),
            "decoded_len": sum(map(len, streams)),
            "record_count": record_count,
            "first_record": self.record_count,
            "back": offset - self.checkpoints[-1][0] if self.checkpoints else 0,
            "directory_crc": crc32c(directory),
        } | changes
        packed_header = struct.pack("<4s4s2BH3I2QI", *header.values())
        checksum = crc32c(packed_header + struct.pack("<Q", offset))
        self.data += packed_header + struct.pack("<I", checksum) + directory + payload
        if kind == DATA:
            self.note_data(offset, record_count, sum(map(len, streams)))
        return self

    def note_data(self, offset, record_count, decoded_len):
        if not self.unlisted:
            self.unlisted_first = self.record_count
        block_len = len(self.data) - offset
        self.unlisted.append((offset - self.listed_end, block_len, record_count))
        self.listed_end = len(self.data)
        self.record_count += record_count
        self.block_count += 1
        self.largest = max(self.largest, decoded_len)

    def metadata(self, value):
        self.metadata_offset = len(self.data)
        return self.block(METADATA, [value])

    def checkpoint(self, extra=b"", changes=()):
        """Add a CHECKPOINT. `changes` replaces whole sections, by their ids."""
        offset, number = len(self.data), len(self.checkpoints)
        if not self.unlisted:
            self.unlisted_first = self.record_count
        totals = (number, self.record_count, self.block_count, self.largest, self.metadata_offset)
        listed = [(gap // 8, length // 8, count) for gap, length, count in self.unlisted]
        aligned = {number - 1 >> bit << bit for bit in range(64)} if number else ()
        ancestors = sorted(aligned, reverse=True)
        sections = {
            1: b"".join(map(varint, totals)),
            2: b"".join(map(varint, (len(listed), self.unlisted_first, *sum(listed, ())))),
            3: varint(len(ancestors)),
        }
        for ancestor in ancestors:
            place, first_record = self.checkpoints[ancestor]
            sections[3] += varint((offset - place) // 8) + varint(first_record)
        sections |= dict(changes)
        content = b"".join(varint(i) + varint(len(s)) + s for i, s in sections.items())
        self.block(CHECKPOINT, [content + extra])
        self.checkpoints.append((offset, self.unlisted_first))
        self.unlisted, self.listed_end = [], 0
        return self

    def trailer(self, **changes):
        offset = len(self.data)
        back = (offset - self.checkpoints[-1][0]) // 8
        fields = {
            "magic": b"\xeeLT\x1a",
            "salt": self.salt,
            "offset": offset,
            "record_count": self.record_count,
            "back": back,
        } | changes
        data = struct.pack("<4s4s2QI", *fields.values())
        self.data += data + struct.pack("<I", crc32c(data))
        return self

    def finish(self):
        return self.checkpoint().trailer().data


def one_block(record_count, *streams, codec=0):
    """A whole file with one DATA block."""
    return Segment().block(DATA, streams, record_count, codec).finish()
