# SPDX-License-Identifier: BSD-2-Clause
"""Section 9.1 of FORMAT.md in plain Python: the merged shape, read and found from the blocks."""

from dataclasses import dataclass, field, replace

from reference_value import Unsupported, need

MAX_NODES = 4096
EMPTY, INT, TUPLE, DICT, OBJECT, ANY, UNION, DICTIONARY, MAP = 0, 4, 16, 20, 21, 32, 33, 34, 35
PLAIN = (1, 2, 10, 11, ANY)
WITH_LENGTH = (9, 12, 13, 14, 15)
REPEATED = (17, 18, 19, 36, MAP)


@dataclass
class Merged:
    kind: int = EMPTY
    count: int = 0
    type: tuple = ()  # what nodes must have in common beside the kind
    least: int = 0
    greatest: int = 0  # of an int
    longest: int = 0
    keys: list = field(default_factory=list)  # of a dict
    children: list = field(default_factory=list)

    def same(self, other):
        return (self.kind, self.type) == (other.kind, other.type)

    def alternatives(self):
        if self.kind == EMPTY:
            return []
        return self.children if self.kind == UNION else [self]


def parse_merged(source):
    merged = parse(source, 1)
    source.end()
    need(sum(1 for _ in walk(merged)) <= MAX_NODES, "size of a merged shape")
    return merged


def walk(merged):
    yield merged
    for child in merged.children:
        yield from walk(child)


def parse(source, depth):
    need(depth <= 128, "depth of a merged shape")
    merged = Merged(source.u8(), source.varint())
    merged.children = [parse(source, depth + 1) for _ in range(parse_detail(merged, source))]
    counts = [child.count for child in merged.children]
    if merged.kind in (TUPLE, OBJECT, 22):
        need(all(count == merged.count for count in counts), "values of a place")
    if merged.kind == UNION:
        need(2 <= len(counts) <= 16 and sum(counts) == merged.count, "alternatives")
        need(all(child.kind != UNION for child in merged.children), "union in a union")
    if merged.kind == DICT:
        need(all(0 < count <= merged.count for count in counts), "values of a key")
    need(merged.count > 0 or merged.kind == EMPTY, "a kind without values")
    return merged


def parse_detail(merged, source):
    """Fill in what the kind has, and say how many nodes follow."""
    kind = merged.kind
    if kind == EMPTY:
        need(merged.count == 0, "values without a kind")
    elif kind == INT:
        unsigned = source.u8()
        merged.least, merged.greatest = source.zigzag(), source.zigzag()
        if unsigned:
            merged.greatest %= 1 << 64
        need(unsigned == (merged.greatest >= 1 << 63), "sign of the greatest int")
        need(merged.least <= merged.greatest, "range of an int")
    elif kind in WITH_LENGTH or kind in REPEATED:
        merged.longest = source.varint()
        return 0 if kind in WITH_LENGTH else 2 if kind == MAP else 1
    elif kind in (TUPLE, UNION):
        width = source.varint()
        merged.type = (width,) if kind == TUPLE else ()
        return width
    elif kind == DICT:
        merged.keys = [source.text() for _ in range(source.varint())]
        need(len(set(merged.keys)) == len(merged.keys) <= 1024, "keys of a dict")
        return len(merged.keys)
    elif kind == OBJECT:
        merged.type = (source.text(), [source.text() for _ in range(source.varint())])
        return len(merged.type[1])
    elif kind == 22:
        merged.type = (source.u8(),)
        return 1
    elif kind == 23:
        merged.type = (source.text(), source.varint())
    elif kind == 24:
        merged.type = (source.text(), source.varint(), chr(source.u8()))
        merged.type += (tuple(source.varint() for _ in range(source.varint())),)
    else:
        need(kind in PLAIN, f"kind {kind}", Unsupported)
    return 0


def of_node(node):
    """The merged shape of one block's node."""
    if node.count == 0:
        return Merged()
    if node.kind == DICTIONARY:
        return replace(of_node(node.children[0]), count=node.count)
    merged = Merged(node.kind, node.count, children=list(map(of_node, node.children)))
    if node.kind == INT:
        values = node.arrays[0].values()
        merged.least, merged.greatest = min(*values, (1 << 63) - 1), max(values)
    elif node.kind in WITH_LENGTH or node.kind in REPEATED:
        merged.longest = max(node.arrays[0].values())
    elif node.kind == TUPLE:
        merged.type = (len(node.children),)
    elif node.kind in (OBJECT, 22, 23, 24):
        merged.type = node.details
    elif node.kind == DICT:
        pairs = [p for p in zip(node.details[0], merged.children, strict=True) if p[1].count]
        merged.keys, merged.children = map(list, zip(*pairs, strict=True)) if pairs else ([], [])
    elif node.kind == UNION:
        used = [child for child in merged.children if child.count]
        return replace(merged, children=used) if len(used) > 1 else used[0]
    return merged


def merge(one, other):
    """Both in one, without the limits of section 11."""
    result = list(one.alternatives())
    for added in other.alternatives():
        for place, known in enumerate(result):
            if known.same(added):
                result[place] = merge_same(known, added)
                break
        else:
            result.append(added)
    if len(result) > 1:
        return Merged(UNION, one.count + other.count, children=result)
    return result[0] if result else Merged()


def merge_same(one, other):
    merged = replace(one, count=one.count + other.count, longest=max(one.longest, other.longest))
    merged.least, merged.greatest = min(one.least, other.least), max(one.greatest, other.greatest)
    if one.kind == DICT:
        columns = dict(zip(one.keys, one.children, strict=True))
        for key, child in zip(other.keys, other.children, strict=True):
            columns[key] = merge(columns.get(key, Merged()), child)
        merged.keys, merged.children = list(columns), list(columns.values())
    else:
        pairs = zip(one.children, other.children, strict=True)
        merged.children = [merge(*pair) for pair in pairs]
    return merged


def check_equal(stored, found):
    """Check that `stored` is `found`, but for what was too much and is `any`."""
    need(stored.count == found.count, "values of a merged shape")
    if stored.kind == ANY:
        return
    if stored.kind == UNION:
        check_alternatives(stored, found)
        return
    need(stored.same(found), f"kind {stored.kind}, not {found.kind}, in a merged shape")
    facts = (stored.least, stored.greatest, stored.longest, stored.keys)
    need(facts == (found.least, found.greatest, found.longest, found.keys), f"ranges: {facts}")
    for pair in zip(stored.children, found.children, strict=True):
        check_equal(*pair)


def check_alternatives(stored, found):
    left, place = found.alternatives(), 0
    for alternative in stored.children:
        if alternative.kind == ANY:
            continue
        places = [i for i, other in enumerate(left) if other.same(alternative)]
        need(places and places[0] >= place, "alternatives of a merged shape")
        (place,) = places
        check_equal(alternative, left[place])
        left = left[:place] + left[place + 1 :]
    count = sum(child.count for child in stored.children if child.kind == ANY)
    need(sum(other.count for other in left) == count, "alternatives that are not there")
