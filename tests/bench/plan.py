# SPDX-License-Identifier: BSD-2-Clause
"""Which peers there are, and which measurements make a run."""

from collections.abc import Iterator
from dataclasses import dataclass

import peers
import peers_columns as columns
from workloads import WORKLOADS

OPERATIONS = {
    "dump": "dump from a list",
    "generator": "dump from a generator",
    "append": "append in a loop",
    "iterate": "iterate and drop",
    "tolist": "all into a list",
}
WRITES = ("dump", "generator", "append")

LADLE = {
    "ladle": peers.ladle_with(),
    "ladle zlib-1": peers.ladle_with("zlib", 1),
    "ladle zstd-1": peers.ladle_with("zstd", 1),
    "ladle lz4": peers.ladle_with("lz4"),
    "ladle threads": peers.ladle_with(threads=1),
    "ladle zstd-1 threads": peers.ladle_with("zstd", 1, threads=1),
}
MAIN = {
    "pickle": peers.Pickle,
    "pickle per record": peers.PickleRecords,
    "marshal": peers.Marshal,
    "msgpack stream": peers.MsgpackStream,
    "msgspec": peers.Msgspec,
    "msgspec per record": peers.MsgspecRecords,
}
OTHERS = {
    "ormsgpack": peers.Ormsgpack,
    "orjson lines": peers.OrjsonLines,
    "cbor2": peers.Cbor2,
    "fastavro": columns.Fastavro,
    "Arrow IPC": columns.ArrowIpc,
    "Parquet": columns.Parquet,
    "Arrow IPC by column": columns.ArrowIpcByColumn,
    "Parquet by column": columns.ParquetByColumn,
    "Parquet zstd": columns.ParquetZstd,
    "h5py": columns.H5py,
    "numpy.save": columns.NumpySave,
}
PEERS = LADLE | MAIN | OTHERS
BY_COLUMN = " by column"  # another way to read the files of the peer before it


@dataclass(frozen=True)
class Step:
    """One measurement. `workload` and `operation` are keys of WORKLOADS and OPERATIONS."""

    workload: str
    peer: str
    operation: str


def operations_of(workload: str, peer: str) -> tuple[str, ...]:
    """What the default run measures."""
    if peer == "ladle":
        return tuple(OPERATIONS)
    if peer in LADLE:
        return ("dump", "iterate") if workload in "TDJ" else ()
    if peer in MAIN:
        return ("dump", "iterate") if peer.endswith("per record") else ("dump", "iterate", "tolist")
    if peer.endswith(BY_COLUMN):
        return ("iterate",) if workload in "TDJ" else ()
    return ("dump", "iterate") if workload in "TDJ" else ()


def steps(workload: str, chosen: list[str], full: bool) -> Iterator[Step]:
    """In an order in which a file is written before it is read."""
    assert workload in WORKLOADS
    for operation in OPERATIONS:
        for peer in chosen:
            wanted = operations_of(workload, peer)
            if full:
                wanted = ("iterate", "tolist") if peer.endswith(BY_COLUMN) else tuple(OPERATIONS)
            kind = PEERS[peer]
            if operation in wanted and workload in kind.workloads and hasattr(kind, operation):
                yield Step(workload, peer, operation)
