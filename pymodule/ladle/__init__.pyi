# SPDX-License-Identifier: BSD-2-Clause
import os
import uuid as _uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, BinaryIO, Literal, Protocol, TypeAlias, overload

from ladle._classes import Opaque
from ladle._core import PickleRecords, Records, Writer, dumps, loads, register
from ladle._errors import (
    CorruptError,
    Error,
    FormatError,
    LimitError,
    RecoveryWarning,
    TruncatedError,
    UnsupportedError,
)
from ladle._limits import Limits
from ladle._reader import Reader
from ladle._recover import Loss, RepairReport, concat, repair
from ladle._schema import Info, Schema

class _CanRead(Protocol):
    def read(self, size: int, /) -> bytes: ...

class _CanWrite(Protocol):
    def write(self, data: bytes, /) -> object: ...

_Path: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]
_Compression: TypeAlias = Literal["zlib", "zstd", "lz4"] | None

_OnError: TypeAlias = Literal["raise", "tail", "skip"] | Callable[[CorruptError], object]

__version__: str
__all__: list[str]

def from_pickle(
    file: _Path | BinaryIO,
    *,
    items: bool | None = None,
    unknown: Literal["refuse", "opaque"] = "refuse",
    types: Iterable[type] = (),
    encoding: Literal["ascii", "latin1", "utf-8", "bytes"] = "ascii",
    limits: Limits | None = None,
) -> PickleRecords: ...
def convert(
    source: _Path | BinaryIO,
    target: _Path | BinaryIO,
    *,
    source_format: str | None = None,
    target_format: str | None = None,
    progress: Callable[[int, float | None], object] | None = None,
    **options: Any,
) -> int: ...
def dump(
    records: Iterable[Any],
    file: _Path | _CanWrite,
    *,
    compression: _Compression = None,
    level: int | None = None,
    block_size: int | None = None,
    metadata: Mapping[str, Any] | None = None,
    default: Callable[[Any], Any] | None = None,
    limits: Limits | None = None,
    uuid: bytes | _uuid.UUID | None = None,
    threads: int = 0,
) -> int: ...
def load(
    file: _Path | _CanRead,
    *,
    limits: Limits | None = None,
    types: Iterable[type] = (),
    on_error: _OnError = "raise",
    threads: int | None = 0,
) -> Records: ...
@overload
def open(
    file: _Path | Sequence[_Path] | BinaryIO,
    mode: Literal["r", "rb"] = "r",
    *,
    limits: Limits | None = None,
    types: Iterable[type] = (),
    on_error: _OnError = "raise",
    threads: int | None = 0,
) -> Reader: ...
@overload
def open(
    file: _Path | _CanWrite,
    mode: Literal["w", "wb", "x", "xb", "a", "ab"],
    *,
    compression: _Compression = None,
    level: int | None = None,
    block_size: int | None = None,
    metadata: Mapping[str, Any] | None = None,
    default: Callable[[Any], Any] | None = None,
    limits: Limits | None = None,
    uuid: bytes | _uuid.UUID | None = None,
    threads: int = 0,
) -> Writer: ...
