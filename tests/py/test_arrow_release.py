# SPDX-License-Identifier: BSD-2-Clause
"""Who holds an Arrow struct releases it once: when all went well, half-way, and on every failure.

What a release frees is memory of malloc, so that 'make asan-py' sees whoever uses it afterwards.
"""

import collections
import ctypes
import gc
import io
import struct
import sys

import ladle
import pytest

from arrow_abi import VOID, Array, Schema, Stream, new_capsule, schema_in, stream_in
from helpers import dumped, loaded

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = VOID, [ctypes.c_size_t]
libc.free.restype, libc.free.argtypes = None, [VOID]

ROWS = 100


class Ledger:
    """How many structs of each kind were handed out, and how many were released."""

    def __init__(self):
        self.made, self.released = collections.Counter(), collections.Counter()
        self.kept = []

    def is_settled(self):
        return self.made == self.released

    def memory(self, data):
        address = libc.malloc(len(data) + 1)
        ctypes.memmove(address, data, len(data) + 1)
        return address

    def release(self, kind, struct_type, free):
        """A release callback for one struct."""
        self.made[kind] += 1

        def released(pointer):
            self.released[kind] += 1
            free(pointer.contents)
            pointer.contents.release = dict(struct_type._fields_)["release"]()

        callback = dict(struct_type._fields_)["release"](released)
        self.kept.append(callback)
        return callback

    def children(self, structs):
        """Structs and an array of pointers to them, all of malloc."""
        addresses = [self.memory(bytes(child)) for child in structs]
        table = self.memory(struct.pack(f"{len(addresses)}P", *addresses))

        def free():
            for address, child in zip(addresses, structs, strict=True):
                held = type(child).from_address(address)
                if held.release:
                    held.release(held)
                libc.free(address)
            libc.free(table)

        return table, free


def pointers(kind, address):
    return ctypes.cast(address, ctypes.POINTER(ctypes.POINTER(kind)))


def last_in(table, structs):
    """Where the last one is, which is a dictionary and no child."""
    return ctypes.cast(table, ctypes.POINTER(VOID))[len(structs) - 1]


def schema_of(ledger, form, name, children=(), dictionary=None):
    texts = ledger.memory(form), ledger.memory(name)
    structs = [*children, dictionary] if dictionary else children
    table, free_children = ledger.children(structs)

    def free(_):
        free_children()
        for text in texts:
            libc.free(text)

    made = Schema(flags=2, n_children=len(children), children=pointers(Schema, table))
    made.dictionary = last_in(table, structs) if dictionary else None
    made.format, made.name = (ctypes.cast(text, ctypes.c_char_p) for text in texts)
    made.release = ledger.release("schema", Schema, free)
    return made


def array_of(ledger, length, buffers, children=(), dictionary=None):
    memory = [data and ledger.memory(data) for data in buffers]
    structs = [*children, dictionary] if dictionary else children
    table, free_children = ledger.children(structs)
    buffer_table = ledger.memory(struct.pack(f"{len(memory)}P", *(address or 0 for address in memory)))

    def free(_):
        free_children()
        for address in [*filter(None, memory), buffer_table]:
            libc.free(address)

    made = Array(length=length, n_buffers=len(memory), n_children=len(children), children=pointers(Array, table))
    made.dictionary = last_in(table, structs) if dictionary else None
    made.buffers = ctypes.cast(buffer_table, ctypes.POINTER(VOID))
    made.release = ledger.release("array", Array, free)
    return made


def schema(ledger, fault):
    number = b"tin" if fault == "unknown type" else b"l"
    return schema_of(ledger, b"+s", b"", [schema_of(ledger, number, b"n"), schema_of(ledger, b"u", b"s")])


def batch(ledger, fault):
    texts = [b"%d" % i for i in range(ROWS)]
    texts[ROWS // 2] = b"\xff" if fault == "bad value" else b"x"
    ends = [0]
    for text in texts:
        ends.append(ends[-1] + len(text))
    numbers = array_of(ledger, ROWS, [None, struct.pack(f"{ROWS}q", *range(ROWS))])
    strings = array_of(ledger, ROWS, [None, struct.pack(f"{ROWS + 1}i", *ends), b"".join(texts)])
    children = [numbers] if fault == "does not fit" else [numbers, strings]
    if fault == "does not fit":
        strings.release(strings)
    return array_of(ledger, ROWS, [None], children)


def capsule_of(ledger, made, name):
    """A capsule that releases and frees what it holds, unless that was moved out."""
    address = ledger.memory(bytes(made))

    def destroy(_):
        held = type(made).from_address(address)
        if held.release:
            held.release(held)
        libc.free(address)

    destructor = ctypes.CFUNCTYPE(None, VOID)(destroy)
    ledger.kept += [destructor, name]
    return new_capsule(address, name, ctypes.cast(destructor, VOID))


class StreamSource:
    """Two batches; or what a fault makes of them."""

    def __init__(self, ledger, fault):
        self.ledger, self.fault, self.batch = ledger, fault, 0

    def get_schema(self, stream, out):
        if self.fault == "schema fails":
            return 5
        ctypes.memmove(out, bytes(schema(self.ledger, self.fault)), ctypes.sizeof(Schema))
        return 0

    def get_next(self, stream, out):
        self.batch += 1
        if self.fault == "batch fails" and self.batch == 2:
            return 5
        out.contents.release = dict(Array._fields_)["release"]()
        if self.batch <= 2:
            fault = self.fault if self.batch == 2 else None
            ctypes.memmove(out, bytes(batch(self.ledger, fault)), ctypes.sizeof(Array))
        return 0

    def __arrow_c_stream__(self, requested_schema=None):
        types = dict(Stream._fields_)
        made = Stream(
            get_schema=types["get_schema"](self.get_schema),
            get_next=types["get_next"](self.get_next),
            get_last_error=types["get_last_error"](lambda stream: None),
            release=self.ledger.release("stream", Stream, lambda _: None),
        )
        self.ledger.kept.append(made)
        name = b"no_stream" if self.fault == "wrong name" else b"arrow_array_stream"
        return capsule_of(self.ledger, made, name)


class ArraySource:
    def __init__(self, ledger, fault):
        self.ledger, self.fault = ledger, fault

    def __arrow_c_array__(self, requested_schema=None):
        array_name = b"no_array" if self.fault == "wrong name" else b"arrow_array"
        return (
            capsule_of(self.ledger, schema(self.ledger, self.fault), b"arrow_schema"),
            capsule_of(self.ledger, batch(self.ledger, self.fault), array_name),
        )


FAULTS = ["unknown type", "does not fit", "bad value", "wrong name"]


@pytest.mark.parametrize("fault", [None, *FAULTS, "schema fails", "batch fails"])
def test_a_stream_is_released_once(fault):
    ledger = Ledger()
    file = io.BytesIO()
    with ladle.open(file, "w") as writer:
        if fault:
            with pytest.raises((ValueError, TypeError)):
                writer.extend(StreamSource(ledger, fault))
        else:
            writer.extend(StreamSource(ledger, fault))
        count = len(writer)
    gc.collect()
    first, half = ROWS, ROWS // 2
    counts = {None: 2 * first, "does not fit": first, "bad value": first + half, "batch fails": first}
    assert count == counts.get(fault, 0) == len(loaded(file.getvalue()))
    assert ledger.made["stream"] == 1 and ledger.is_settled()


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_an_array_is_released_once(fault):
    ledger = Ledger()
    if fault:
        with pytest.raises((ValueError, TypeError)):
            dumped(ArraySource(ledger, fault))
    else:
        assert len(loaded(dumped(ArraySource(ledger, fault)))) == ROWS
    gc.collect()
    assert ledger.made["array"] == 3 and ledger.is_settled()


class WideSource(ArraySource):
    """The same rows behind more columns of numbers than a block takes."""

    def __arrow_c_array__(self, requested_schema=None):
        last, ledger = b"c5" if self.fault == "twice" else b"s", self.ledger
        texts = [b"\xff" if self.fault and i == ROWS // 2 else b"x" for i in range(ROWS)]
        number = struct.pack(f"{ROWS}q", *range(ROWS))
        ends = struct.pack(f"{ROWS + 1}i", *range(ROWS + 1))
        schemas = [schema_of(ledger, b"l", b"c%d" % i) for i in range(1100)]
        arrays = [array_of(ledger, ROWS, [None, number]) for _ in range(1100)]
        schemas.append(schema_of(ledger, b"u", last))
        arrays.append(array_of(ledger, ROWS, [None, ends, b"".join(texts)]))
        return (
            capsule_of(ledger, schema_of(ledger, b"+s", b"", schemas), b"arrow_schema"),
            capsule_of(ledger, array_of(ledger, ROWS, [None], arrays), b"arrow_array"),
        )


@pytest.mark.parametrize(
    "fault, message",
    [(None, ""), ("bad value", rf"record {ROWS // 2}: \['s'\] is a text that is not"), ("twice", r"record 0: \['c5'\] stands there twice")],
)
def test_a_table_of_more_columns_than_a_block_takes_is_written_and_released(fault, message):
    ledger, file = Ledger(), io.BytesIO()
    with ladle.open(file, "w") as writer:
        if fault:
            with pytest.raises(ValueError, match=f"^{message}"):
                writer.extend(WideSource(ledger, fault))
        else:
            writer.extend(WideSource(ledger, fault))
    gc.collect()
    rows = [{**{f"c{i}": row for i in range(1100)}, "s": "x"} for row in range(ROWS)]
    assert loaded(file.getvalue()) == rows[: {None: ROWS, "bad value": ROWS // 2}.get(fault, 0)]
    assert ledger.made["array"] == 1102 and ledger.is_settled()


@pytest.mark.parametrize("form, item_len, count", [(b"C", 1, 256), (b"S", 2, 40_000), (b"s", 2, 3)])
def test_dictionaries_are_read_by_numbers_with_and_without_a_sign(form, item_len, count):
    class Source:
        def __arrow_c_array__(self, requested_schema=None):
            numbers = b"".join(number.to_bytes(item_len, sys.byteorder) for number in wanted)
            entries = array_of(ledger, count, [None, struct.pack(f"{count}q", *range(count))])
            column = schema_of(ledger, form, b"", (), schema_of(ledger, b"l", b""))
            array = array_of(ledger, len(wanted), [None, numbers], (), entries)
            return capsule_of(ledger, column, b"arrow_schema"), capsule_of(ledger, array, b"arrow_array")

    ledger, wanted = Ledger(), [0, 1, count - 1, count // 2]
    assert loaded(dumped(Source())) == wanted
    gc.collect()
    assert ledger.made["array"] == 2 and ledger.is_settled()


def test_a_writer_that_refuses_leaves_the_release_to_the_capsule():
    ledger = Ledger()
    writer = ladle.open(io.BytesIO(), "w")
    writer.close()
    with pytest.raises(ValueError):
        writer.extend(StreamSource(ledger, None))
    gc.collect()
    assert ledger.is_settled()


RECORDS = [{"a": i, "s": "x" * (i % 7), "l": [i] * (i % 3), "o": None if i % 2 else {"k": i}} for i in range(200)]


def reader(records=RECORDS):
    return ladle.open(io.BytesIO(dumped(records, block_size=1024)))


def take_whole(capsule):
    stream, made, array = stream_in(capsule), Schema(), Array()
    assert stream.get_schema(stream, made) == 0 and stream.get_next(stream, array) == 0
    made.release(made)
    array.release(array)
    stream.release(stream)


def take_after_the_stream(capsule):
    stream, array = stream_in(capsule), Array()
    assert stream.get_next(stream, array) == 0
    stream.release(stream)
    assert ctypes.string_at(array.children[1].contents.buffers[2], 21)
    array.release(array)


def take_a_child_out(capsule):
    stream, array = stream_in(capsule), Array()
    assert stream.get_next(stream, array) == 0
    child = Array.from_buffer_copy(array.children[2].contents)
    array.children[2].contents.release = dict(Array._fields_)["release"]()
    array.release(array)
    ends = ctypes.cast(child.buffers[1], ctypes.POINTER(ctypes.c_int32))
    assert ends[200] == sum(i % 3 for i in range(200))
    child.release(child)


def take_nothing(capsule):
    pass


def take_only_a_schema(capsule):
    stream, made = stream_in(capsule), Schema()
    assert stream.get_schema(stream, made) == 0 and made.release
    made.release(made)


def fail_half_way(capsule):
    stream, array = stream_in(capsule), Array()
    while stream.get_next(stream, array) == 0:
        array.release(array)
    assert b"surrogate" in stream.get_last_error(stream) and stream.get_next(stream, array) != 0


TAKERS = [take_whole, take_after_the_stream, take_a_child_out, take_nothing, take_only_a_schema, fail_half_way]


@pytest.mark.parametrize("take", TAKERS)
def test_what_a_reader_hands_out_is_freed_whoever_lets_go_first(take):
    records = [*RECORDS * 500, {"s": "\ud800"}] if take is fail_half_way else RECORDS
    source = reader(records)
    for _ in range(3):
        capsule = source.__arrow_c_stream__()
        take(capsule)
        del capsule
    if take is take_after_the_stream:
        capsule = source.__arrow_c_stream__()
        del source
        take(capsule)
    gc.collect()


def test_schemas_that_were_handed_out_are_freed_with_their_capsule_or_before():
    source = reader()
    capsule = source.__arrow_c_schema__()
    made = schema_in(capsule)
    assert made.n_children == 4
    made.release(made)
    assert not made.release
    del capsule, made
    assert source.__arrow_c_schema__()


def memory_in_use():
    class Info(ctypes.Structure):
        _fields_ = [(name, ctypes.c_size_t) for name in "arena a b c hblkhd d e uordblks f g".split()]

    libc.mallinfo2.restype = Info
    info = libc.mallinfo2()
    return info.uordblks + info.hblkhd


@pytest.mark.skipif(not hasattr(libc, "mallinfo2"), reason="the C library does not say what it holds")
@pytest.mark.parametrize("take", TAKERS[:-1])
def test_nothing_is_left_behind(take):
    source = reader()

    def some(count):
        for _ in range(count):
            capsule = source.__arrow_c_stream__()
            take(capsule)
            del capsule
        gc.collect()
        return memory_in_use()

    some(20)
    before = some(20)
    assert some(200) - before < 64 << 10
