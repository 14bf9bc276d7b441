# SPDX-License-Identifier: BSD-2-Clause
"""How each peer writes and reads a list of records, in the way its manual advises.

Modules are imported when a peer is made, so that one that is missing harms nobody else.
"""

import importlib
from collections.abc import Iterable
from importlib import metadata
from itertools import islice
from pathlib import Path

from workloads import WORKLOADS

BATCH = 10_000  # records that column formats are given, or give, at a time


def untupled(value):
    """The value as it comes back from formats that have no tuples."""
    if isinstance(value, (list, tuple)):
        return [untupled(item) for item in value]
    if isinstance(value, dict):
        return {key: untupled(item) for key, item in value.items()}
    return value


def without_none(value):
    """The value less what columns of a table cannot tell: an absent key and one that is None."""
    if isinstance(value, (list, tuple)):
        return [without_none(item) for item in value]
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return value


class Peer:
    """Subclasses define what they can do of: dump, generator, append, iterate, tolist.

    `dump`, `generator` and `append` write what `prepare` gave; `iterate` keeps nothing;
    `tolist` returns all records.
    """

    modules: tuple[str, ...] = ()
    workloads = "TDRSJU"
    note = ""  # what comes back otherwise than it was, or is given otherwise

    def __init__(self, workload: str):
        self.workload = workload
        for module in self.modules:
            setattr(self, module.rpartition(".")[2], importlib.import_module(module))

    @classmethod
    def missing(cls) -> str:
        """Why this peer cannot be measured here, or an empty string."""
        for module in cls.modules:
            try:
                importlib.import_module(module)
            except ImportError as error:
                return f"no {module}: {error}"
        return ""

    @classmethod
    def version(cls) -> str:
        try:
            return metadata.version(cls.modules[0])
        except metadata.PackageNotFoundError:  # it is a part of Python
            return ""

    def can(self, operation: str) -> bool:
        return hasattr(self, operation) and self.workload in self.workloads

    def prepare(self, records: list) -> list:
        return records

    @staticmethod
    def normal(value):
        """What is compared of a record, after it went through a file."""
        return value


class Ladle(Peer):
    modules = ("ladle",)
    options: dict = {}
    reader_options: dict = {}

    @classmethod
    def missing(cls) -> str:
        reason = super().missing()
        if reason:
            return reason
        import io

        import ladle

        try:
            file = io.BytesIO()
            ladle.dump([1], file, **cls.options)
            file.seek(0)
            list(ladle.load(file, **cls.reader_options))
        except (ladle.UnsupportedError, TypeError, ValueError) as error:
            return f"not built in: {error}"
        return ""

    def dump(self, records: Iterable, path: Path) -> None:
        self.ladle.dump(records, path, **self.options)

    generator = dump

    def append(self, records: list, path: Path) -> None:
        with self.ladle.open(path, "w", **self.options) as writer:
            append = writer.append
            for record in records:
                append(record)

    def iterate(self, path: Path) -> None:
        for _record in self.ladle.load(path, **self.reader_options):
            pass

    def tolist(self, path: Path) -> list:
        return self.ladle.load(path, **self.reader_options).tolist()


def ladle_with(codec: str | None = None, level: int | None = None, threads: int = 0) -> type[Ladle]:
    options = {"compression": codec, "level": level} if codec else {}
    reader_options = {}
    if threads:
        options["threads"] = reader_options["threads"] = threads
    return type("Ladle", (Ladle,), {"options": options, "reader_options": reader_options})


class Whole(Peer):
    """The list is one value; `read` gives it back."""

    def read(self, path: Path) -> list:
        raise NotImplementedError

    def dump(self, records: list, path: Path) -> None:
        raise NotImplementedError

    def generator(self, records: Iterable, path: Path) -> None:
        self.dump(list(records), path)

    def append(self, records: list, path: Path) -> None:
        collected = []
        for record in records:
            collected.append(record)  # noqa: PERF402 (as a program would that gets them singly)
        self.dump(collected, path)

    def iterate(self, path: Path) -> None:
        for _record in self.read(path):
            pass

    def tolist(self, path: Path) -> list:
        return self.read(path)


class Stream(Peer):
    """One record after the other: `put` and `each` do the work."""

    def put(self, file):
        """The function that writes one record to the file."""
        raise NotImplementedError

    def each(self, file) -> Iterable:
        raise NotImplementedError

    def dump(self, records: Iterable, path: Path) -> None:
        with open(path, "wb") as file:
            put = self.put(file)
            for record in records:
                put(record)

    generator = append = dump

    def iterate(self, path: Path) -> None:
        with open(path, "rb") as file:
            for _record in self.each(file):
                pass

    def tolist(self, path: Path) -> list:
        with open(path, "rb") as file:
            return list(self.each(file))


class Pickle(Whole):
    modules = ("pickle",)

    def dump(self, records: list, path: Path) -> None:
        with open(path, "wb") as file:
            self.pickle.dump(records, file)

    def read(self, path: Path) -> list:
        with open(path, "rb") as file:
            return self.pickle.load(file)


class PickleRecords(Stream):
    modules = ("pickle",)

    def put(self, file):
        dump = self.pickle.dump
        return lambda record: dump(record, file)

    def dump(self, records: Iterable, path: Path) -> None:
        with open(path, "wb") as file:
            dump = self.pickle.dump
            for record in records:
                dump(record, file)

    generator = append = dump

    def iterate(self, path: Path) -> None:
        with open(path, "rb") as file:
            load = self.pickle.load
            try:
                while True:
                    load(file)
            except EOFError:
                pass

    def tolist(self, path: Path) -> list:
        result = []
        with open(path, "rb") as file:
            load, append = self.pickle.load, result.append
            try:
                while True:
                    append(load(file))
            except EOFError:
                return result


class Marshal(Whole):
    modules = ("marshal",)

    def dump(self, records: list, path: Path) -> None:
        data = self.marshal.dumps(records)  # faster than marshal.dump, as loads is than load
        with open(path, "wb") as file:
            file.write(data)

    def read(self, path: Path) -> list:
        with open(path, "rb") as file:
            return self.marshal.loads(file.read())


class MsgpackStream(Stream):
    modules = ("msgpack",)

    def put(self, file):
        pack, write = self.msgpack.Packer().pack, file.write
        return lambda record: write(pack(record))

    def dump(self, records: Iterable, path: Path) -> None:
        pack = self.msgpack.Packer().pack
        with open(path, "wb") as file:
            write = file.write
            for record in records:
                write(pack(record))

    generator = append = dump

    def each(self, file) -> Iterable:
        return self.msgpack.Unpacker(file, use_list=WORKLOADS[self.workload].has_dicts)


class Msgspec(Whole):
    """Told the type of the records where that is one type: it is faster then, and exact."""

    modules = ("msgspec", "msgspec.msgpack")

    def prepare(self, records: list) -> list:
        record_type = WORKLOADS[self.workload].record_type
        # 'self.msgpack' is msgspec.msgpack
        self.encode = self.msgpack.Encoder().encode
        self.decode = self.msgpack.Decoder(list[record_type] if record_type else list).decode
        return records

    def dump(self, records: list, path: Path) -> None:
        data = self.encode(records)
        with open(path, "wb") as file:
            file.write(data)

    def read(self, path: Path) -> list:
        with open(path, "rb") as file:
            return self.decode(file.read())


class MsgspecRecords(Stream):
    """Each record behind its length in four bytes; its type told, as above."""

    modules = ("msgspec", "msgspec.msgpack")

    def prepare(self, records: list) -> list:
        record_type = WORKLOADS[self.workload].record_type
        self.encode = self.msgpack.Encoder().encode
        self.decode = self.msgpack.Decoder(record_type or dict).decode
        return records

    def dump(self, records: Iterable, path: Path) -> None:
        encode = self.encode
        with open(path, "wb") as file:
            write = file.write
            for record in records:
                data = encode(record)
                write(len(data).to_bytes(4, "little"))
                write(data)

    generator = append = dump

    def each(self, file) -> Iterable:
        read, decode = file.read, self.decode
        while head := read(4):
            yield decode(read(int.from_bytes(head, "little")))


class Ormsgpack(Whole):
    modules = ("ormsgpack",)
    note = "tuples come back as lists"
    normal = staticmethod(untupled)

    def dump(self, records: list, path: Path) -> None:
        data = self.ormsgpack.packb(records)
        with open(path, "wb") as file:
            file.write(data)

    def read(self, path: Path) -> list:
        with open(path, "rb") as file:
            return self.ormsgpack.unpackb(file.read())


class OrjsonLines(Stream):
    modules = ("orjson",)
    note = "tuples come back as lists"
    normal = staticmethod(untupled)

    def dump(self, records: Iterable, path: Path) -> None:
        dumps, option = self.orjson.dumps, self.orjson.OPT_APPEND_NEWLINE
        with open(path, "wb") as file:
            write = file.write
            for record in records:
                write(dumps(record, None, option))

    generator = append = dump

    def each(self, file) -> Iterable:
        return map(self.orjson.loads, file)


class Cbor2(Stream):
    modules = ("cbor2",)
    note = "tuples come back as lists"
    normal = staticmethod(untupled)

    def dump(self, records: Iterable, path: Path) -> None:
        with open(path, "wb") as file:
            encode = self.cbor2.CBOREncoder(file).encode
            for record in records:
                encode(record)

    generator = append = dump

    def each(self, file) -> Iterable:
        decode = self.cbor2.CBORDecoder(file).decode
        try:
            while True:
                yield decode()
        except self.cbor2.CBORDecodeEOF:
            return


def batches(records: Iterable) -> Iterable[list]:
    return iter(lambda source=iter(records): list(islice(source, BATCH)), [])
