# SPDX-License-Identifier: BSD-2-Clause
"""Peers that need a schema: Avro, Arrow, Parquet, HDF5 and NumPy.

They are given what suits them before the clock starts where that is only a renaming, and do
the work of turning rows into columns, and back, themselves.
"""

from collections.abc import Iterable
from pathlib import Path

from peers import BATCH, Peer, Whole, batches, without_none
from workloads import WORKLOADS

LONG, STRING, DOUBLE = "long", "string", "double"
TEXTS = {"type": "array", "items": STRING}


def optional(kind) -> list:
    return ["null", kind]


FIELDS = {
    "T": {"f0": DOUBLE, "f1": STRING, "f2": LONG},
    "D": {"id": LONG, "name": STRING, "score": DOUBLE, "tags": TEXTS},
    "R": {f"f{i}": DOUBLE for i in range(16)},
    "J": {
        "ts": STRING,
        "level": STRING,
        "msg": STRING,
        "request": {"id": LONG, "path": STRING},
        "user": optional(LONG),
        "tags": TEXTS,
        "error": optional(STRING),
        "attempt": optional(LONG),
    },
    "U": {
        "kind": STRING,
        "id": LONG,
        "at": optional({"type": "array", "items": LONG}),
        "item": optional(STRING),
        "price": optional(DOUBLE),
        "tags": optional(TEXTS),
        "user": optional({"name": STRING, "age": LONG}),
        "page": optional(STRING),
    },
}
FIELDS["S"] = FIELDS["T"]


def avro_type(name: str, kind):
    """The type of a field; that of a record is named after it."""
    if isinstance(kind, list):
        return [avro_type(name, inner) for inner in kind]
    if not isinstance(kind, dict) or "items" in kind:
        return kind
    fields = []
    for field, inner in kind.items():
        default = {"default": None} if isinstance(inner, list) else {}
        fields.append({"name": field, "type": avro_type(field, inner), **default})
    return {"type": "record", "name": name, "fields": fields}


class Fastavro(Peer):
    modules = ("fastavro",)
    note = "given dicts, integers as 63 bits; an absent key comes back as None"
    normal = staticmethod(without_none)

    def prepare(self, records: list) -> list:
        schema = avro_type(self.workload, FIELDS[self.workload])
        self.schema = self.fastavro.parse_schema(schema)
        if WORKLOADS[self.workload].has_dicts:
            return records
        names = list(FIELDS[self.workload])
        return [
            {name: value >> 1 if type(value) is int else value for name, value in zip(names, record)}
            for record in records
        ]

    def dump(self, records: Iterable, path: Path) -> None:
        with open(path, "wb") as file:
            self.fastavro.writer(file, self.schema, records)

    generator = dump

    def iterate(self, path: Path) -> None:
        with open(path, "rb") as file:
            for _record in self.fastavro.reader(file):
                pass

    def tolist(self, path: Path) -> list:
        with open(path, "rb") as file:
            return list(self.fastavro.reader(file))


class Arrow(Peer):
    """Rows become record batches of BATCH rows, and batches rows again."""

    modules = ("pyarrow", "pyarrow.parquet")
    note = "rows are dicts; an absent key comes back as None"
    codec = "none"

    def normal(self, value):
        if WORKLOADS[self.workload].has_dicts:
            return without_none(value)
        return tuple(value.values()) if isinstance(value, dict) else value

    def prepare(self, records: list) -> list:
        self.schema = self._schema()
        return records

    def _schema(self):
        pa = self.pyarrow

        def arrow_type(kind):
            if isinstance(kind, list):
                return arrow_type(kind[1])
            if isinstance(kind, dict) and "items" in kind:
                return pa.list_(arrow_type(kind["items"]))
            if isinstance(kind, dict):
                return pa.struct([(name, arrow_type(inner)) for name, inner in kind.items()])
            return {
                LONG: pa.uint64(),
                STRING: pa.string(),
                DOUBLE: pa.float64(),
                "boolean": pa.bool_(),
            }[kind]

        fields = FIELDS[self.workload].items()
        return pa.schema([(name, arrow_type(kind)) for name, kind in fields])

    def _batch(self, records: list):
        pa = self.pyarrow
        if WORKLOADS[self.workload].has_dicts:
            return pa.RecordBatch.from_pylist(records, schema=self.schema)
        columns = zip(zip(*records), self.schema.types)
        arrays = [pa.array(values, type=kind) for values, kind in columns]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def dump(self, records: Iterable, path: Path) -> None:
        with self._writer(path) as writer:
            for part in batches(records):
                writer.write_batch(self._batch(part))

    generator = dump

    def _rows(self, batch) -> Iterable:
        return batch.to_pylist()

    def iterate(self, path: Path) -> None:
        for batch in self._batches(path):
            for _record in self._rows(batch):
                pass

    def tolist(self, path: Path) -> list:
        return [record for batch in self._batches(path) for record in self._rows(batch)]


class ByColumn(Arrow):
    """The columns to lists and those to rows, which is faster than a dict for each row."""

    def _rows(self, batch) -> Iterable:
        columns = [column.to_pylist() for column in batch.columns]
        if not WORKLOADS[self.workload].has_dicts:
            return zip(*columns)
        names = batch.schema.names
        return (dict(zip(names, values)) for values in zip(*columns))


class ArrowIpc(Arrow):
    modules = ("pyarrow", "pyarrow.ipc")

    def _writer(self, path: Path):
        return self.pyarrow.ipc.new_file(str(path), self.schema)

    def _batches(self, path: Path) -> Iterable:
        with self.pyarrow.OSFile(str(path)) as file:
            reader = self.pyarrow.ipc.open_file(file)
            for i in range(reader.num_record_batches):
                yield reader.get_batch(i)


class Parquet(Arrow):
    """Row groups of its default length: for files, which are smaller so, many batches are one."""

    def dump(self, records: Iterable, path: Path) -> None:
        parts = [self._batch(part) for part in batches(records)]
        table = self.pyarrow.Table.from_batches(parts, schema=self.schema)
        self.parquet.write_table(table, path, compression=self.codec)

    generator = dump

    def _batches(self, path: Path) -> Iterable:
        with self.parquet.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=BATCH)


class ArrowIpcByColumn(ByColumn, ArrowIpc):
    pass


class ParquetByColumn(ByColumn, Parquet):
    pass


class ParquetZstd(Parquet):
    codec = "zstd"


NUMPY_TYPES = {
    "T": [("f0", "f8"), ("f1", "S20"), ("f2", "u8")],
    "S": [("f0", "f8"), ("f1", "S20"), ("f2", "u8")],
    "R": [(f"f{i}", "f8") for i in range(16)],
}


def texts_as_bytes(record: tuple) -> tuple:
    return tuple(value.encode() if isinstance(value, str) else value for value in record)


class NumpySave(Whole):
    modules = ("numpy",)
    workloads = "TRS"
    note = "str comes back as bytes"
    normal = staticmethod(texts_as_bytes)

    def _array(self, records: list):
        return self.numpy.array(records, dtype=NUMPY_TYPES[self.workload])

    def dump(self, records: list, path: Path) -> None:
        with open(path, "wb") as file:
            self.numpy.save(file, self._array(records))

    def read(self, path: Path) -> list:
        with open(path, "rb") as file:
            return self.numpy.load(file).tolist()


class H5py(NumpySave):
    modules = ("h5py", "numpy")

    def dump(self, records: list, path: Path) -> None:
        with self.h5py.File(path, "w") as file:
            file["records"] = self._array(records)

    def generator(self, records: Iterable, path: Path) -> None:
        dtype = self.numpy.dtype(NUMPY_TYPES[self.workload])
        with self.h5py.File(path, "w") as file:
            table = file.create_dataset("records", (0,), dtype, maxshape=(None,), chunks=(BATCH,))
            for part in batches(records):
                table.resize((len(table) + len(part),))
                table[-len(part) :] = self._array(part)

    append = generator

    def iterate(self, path: Path) -> None:
        with self.h5py.File(path) as file:
            table = file["records"]
            for start in range(0, len(table), BATCH):
                for _record in table[start : start + BATCH].tolist():
                    pass

    def read(self, path: Path) -> list:
        with self.h5py.File(path) as file:
            return file["records"][:].tolist()
