# SPDX-License-Identifier: BSD-2-Clause
"""Section 5 of FORMAT.md in plain Python: columns under a shape."""

import collections
import itertools
import math
from dataclasses import dataclass, field

import reference_numpy

from reference_value import (
    FROM_BYTES,
    Source,
    TooLarge,
    Unsupported,
    container,
    dimensions,
    extended,
    floats,
    made_object,
    mapping,
    need,
    numpy_value,
    padded,
    tagged_alone,
)

MAX_NODES = 8192
MAX_VALUES = 1 << 20  # in the columns of one block: this reader builds them all


@dataclass
class Packed:
    """The descriptor of an array of integers of one width, and its bytes."""

    count: int
    width: int  # bits
    base: int = 0
    start: int | None = None  # of differences
    unsigned: bool = False
    new_stream: bool = False
    data: bytes = b""

    @property
    def byte_len(self):
        return (self.count * self.width + 7) // 8

    def raw(self):
        if self.width >= 8:
            step = self.width // 8
            return [
                int.from_bytes(self.data[i : i + step], "little")
                for i in range(0, len(self.data), step)
            ]
        mask = (1 << self.width) - 1
        used_bits = self.count * self.width % 8
        need(not used_bits or self.data[-1] >> used_bits == 0, "unused bits of a packed array")
        return [
            self.data[i * self.width // 8] >> i * self.width % 8 & mask if mask else 0
            for i in range(self.count)
        ]

    def values(self):
        values = [self.base + raw for raw in self.raw()]
        if self.start is not None:
            values = list(itertools.accumulate(values, initial=self.start))[1:]
        values = [value % (1 << 64) for value in values]
        if self.unsigned:
            return values
        return [value - (value >> 63 << 64) for value in values]


def parse_packed(source, count, is_int=False):
    bits = source.u8()
    packed = Packed(count, (0, 1, 2, 4, 8, 16, 32, 64)[bits & 7], source.zigzag())
    packed.unsigned, packed.new_stream = bool(bits & 8), bool(bits & 32)
    need(bits & 0xC0 == 0 and (is_int or bits & 0x18 == 0), "bits of an array's descriptor")
    if bits & 16:
        need(packed.width in (0, 8, 16, 32), "width of differences")
        packed.start = source.zigzag()
    return packed


def parse_raw(source):
    bits = source.u8()
    need(bits in (0, 32), "bits of a raw array's descriptor")
    return Packed(source.varint(), 8, new_stream=bits == 32)


@dataclass
class Node:
    """A node of a shape; `details` is what the kind has beside arrays and children."""

    kind: int
    count: int
    arrays: list = field(default_factory=list)
    children: list = field(default_factory=list)
    details: tuple = ()

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


class ShapeParser:
    def __init__(self, source):
        self.source, self.arrays, self.node_count, self.value_count = source, [], 0, 0

    def packed(self, count, is_int=False):
        self.arrays.append(parse_packed(self.source, count, is_int))
        return self.arrays[-1]

    def raw(self):
        self.arrays.append(parse_raw(self.source))
        return self.arrays[-1]

    def width(self):
        """The number of nodes that follow."""
        width = self.source.varint()
        need(width < MAX_NODES, "size of a shape")
        return width

    def nodes(self, counts, depth):
        return [self.node(count, depth + 1) for count in counts]

    def node(self, count, depth=1):
        self.node_count += 1
        self.value_count += count
        need(depth <= 64 and self.node_count <= MAX_NODES, "size of a shape")
        need(count < 1 << 40, "too many values")
        need(self.value_count <= MAX_VALUES, "too many values for this reader", TooLarge)
        node = Node(self.source.u8(), count)
        self.fill(node, self.source, count, depth)
        return node

    def fill(self, node, source, count, depth):
        match node.kind:
            case 0:
                need(count == 0, "empty node with values")
            case 1:
                pass
            case 2 | 4 | 10:
                node.arrays = [self.packed(count, is_int=node.kind == 4)]
            case 11:
                node.arrays = [self.packed(count), self.packed(count)]
            case 9 | 12 | 13 | 14 | 15 | 32:
                node.arrays = [self.packed(count), self.raw()]
            case 16:
                node.children = self.nodes([count] * self.width(), depth)
            case 17 | 18 | 19 | 36:
                node.arrays = [self.packed(count)]
                node.children = self.nodes([source.varint()], depth)
            case 20:
                self.fill_dict(node, source, count, depth)
            case 21:
                name, width = source.text(), self.width()
                fields = [source.text() for _ in range(width)]
                need(width <= 1024, "fields of an object")
                need(len(set(fields)) == width, "object with equal fields")
                node.details = (name, fields)
                node.children = self.nodes([count] * width, depth)
            case 22:
                node.details = (source.u8(),)
                node.children = self.nodes([count], depth)
            case 23:
                node.details = (source.text(), source.varint())
                node.arrays = [self.raw()]
            case 24:
                dtype, item_len, order = source.text(), source.varint(), source.u8()
                need(order in b"CF", "array order")
                extents = tuple(source.varint() for _ in range(dimensions(source)))
                node.details = (dtype, item_len, chr(order), extents)
                node.arrays = [self.raw()]
            case 33:
                width = source.varint()
                need(2 <= width <= 16, "alternatives of a union")
                node.arrays = [self.packed(count)]
                for _ in range(width):
                    node.children += self.nodes([source.varint()], depth - 1)  # not a level
                need(all(child.kind != 33 for child in node.children), "union in a union")
            case 34:
                entries = source.varint()
                node.arrays = [self.packed(count)]
                node.children = self.nodes([entries], depth)
                need(node.children[0].kind in (4, *range(9, 16)), "kind of a dictionary")
            case 35:
                node.arrays = [self.packed(count)]
                pairs = source.varint()
                node.children = self.nodes([pairs, pairs], depth)
            case _:
                raise Unsupported(f"kind {node.kind}")

    def fill_dict(self, node, source, count, depth):
        width = source.varint()
        need(width <= 1024, "columns of a dict")
        columns = [(source.text(), source.varint()) for _ in range(width)]
        keys = [key for key, _ in columns]
        need(len(set(keys)) == width, "dict with equal keys")
        key_lists = [self.key_list(source, width) for _ in range(self.key_list_count(source))]
        if len(key_lists) != 1:
            node.arrays = [self.packed(count)]
        node.details = (keys, key_lists)
        node.children = self.nodes([column_count for _, column_count in columns], depth)

    def key_list_count(self, source):
        count = source.varint()
        need(count <= 255, "key lists of a dict")
        return count

    def key_list(self, source, width):
        length = source.varint()
        need(length <= width, "key list with a column twice")
        columns = [source.varint() for _ in range(length)]
        need(len(set(columns)) == length, "key list with a column twice")
        need(all(column < width for column in columns), "key list with an unknown column")
        return columns


def lengths(packed, total):
    result = packed.values()
    need(all(length >= 0 for length in result), "negative length")
    need(sum(result) == total, "lengths do not add up")
    return result


def split(sequence, sizes):
    ends = list(itertools.accumulate(sizes, initial=0))
    return [sequence[start:end] for start, end in itertools.pairwise(ends)]


def fixed_items(node, item_len):
    (raw,) = node.arrays
    need(raw.byte_len == item_len * node.count, "length of the items")
    return split(raw.data, [item_len] * node.count)


def float_column(packed):
    need(packed.width == 0 or (packed.width == 64 and packed.base == 0), "float column")
    return floats(b"".join(value.to_bytes(8, "little", signed=True) for value in packed.values()))


def values(node):
    """All values of a node (section 5.2)."""
    match node.kind:
        case 0 | 1:
            return [None] * node.count
        case 2:
            (packed,) = node.arrays
            need(packed.base in (0, 1) and packed.width <= 1, "bool column")
            result = packed.values()
            need(all(value in (0, 1) for value in result), "bool column")
            return [value == 1 for value in result]
        case 4:
            return node.arrays[0].values()
        case 10:
            return float_column(node.arrays[0])
        case 11:
            return list(map(complex, *map(float_column, node.arrays)))
        case 9 | 12 | 13 | 14 | 15 | 32:
            sizes, raw = node.arrays
            pieces = split(raw.data, lengths(sizes, raw.byte_len))
            return list(map(FROM_BYTES.get(node.kind, tagged_alone), pieces))
        case 23:
            item_len = node.details[1]
            return [
                numpy_value(reference_numpy.scalar, *node.details, data)
                for data in fixed_items(node, item_len)
            ]
        case 24:
            _, item_len, _, extents = node.details
            return [
                numpy_value(reference_numpy.array, *node.details, data)
                for data in fixed_items(node, item_len * math.prod(extents))
            ]
        case 20:
            return dict_values(node)
    columns = [values(child) for child in node.children]
    match node.kind:
        case 16:
            return list(zip(*columns, strict=True)) if columns else [()] * node.count
        case 17 | 18 | 19 | 36:
            pieces = split(columns[0], lengths(node.arrays[0], len(columns[0])))
            return [container(node.kind, piece) for piece in pieces]
        case 21:
            name, fields = node.details
            rows = zip(*columns, strict=True) if columns else [()] * node.count
            return [made_object(name, dict(zip(fields, row, strict=True))) for row in rows]
        case 22:
            return [extended(node.details[0], value) for value in columns[0]]
        case 33:
            return pick_next(node.arrays[0].values(), columns)
        case 34:
            codes = node.arrays[0].values()
            need(all(0 <= code < len(columns[0]) for code in codes), "dictionary code")
            return [columns[0][code] for code in codes]
        case 35:
            pairs = list(zip(*columns, strict=True))
            return [mapping(piece) for piece in split(pairs, lengths(node.arrays[0], len(pairs)))]


def pick_next(choices, columns):
    """For each choice the next value of that column; all values are picked."""
    for number, column in enumerate(columns):
        need(choices.count(number) == len(column), "number of values of an alternative")
    need(len(choices) == sum(map(len, columns)), "selector of an unknown alternative")
    iterators = [iter(column) for column in columns]
    return [next(iterators[choice]) for choice in choices]


def dict_values(node):
    keys, key_lists = node.details
    picks = node.arrays[0].values() if node.arrays else [0] * node.count
    need(all(0 <= pick < len(key_lists) for pick in picks), "number of a key list")
    used = collections.Counter(column for pick in picks for column in key_lists[pick])
    for column, child in enumerate(node.children):
        need(used[column] == child.count, "number of values of a dict column")
    columns = [iter(values(child)) for child in node.children]
    return [{keys[c]: next(columns[c]) for c in key_lists[pick]} for pick in picks]


def parse_shape(streams, count):
    """The shape of a DATA block with every array cut out of the streams (sections 5, 5.1)."""
    need(streams, "DATA block without streams")
    source = Source(streams[0])
    parser = ShapeParser(source)
    shape = parser.node(count)
    remaining = iter(streams[1:])
    for packed in parser.arrays:
        if packed.new_stream:
            source.end()
            source = Source(next(remaining, None))
            need(source.data is not None, "too few streams")
        if packed.byte_len:
            gap = source.take(padded(source.position) - source.position)
            need(not any(gap), "zeros between arrays")
            packed.data = source.take(packed.byte_len)
    source.end()
    need(next(remaining, None) is None, "too many streams")
    return shape
