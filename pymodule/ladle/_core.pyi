# SPDX-License-Identifier: BSD-2-Clause
import uuid as _uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from typing_extensions import Buffer

from ladle._errors import CorruptError
from ladle._limits import Limits

_T = TypeVar("_T")

class _CanRead(Protocol):
    def read(self, size: int, /) -> Buffer: ...

class _CanReadAt(Protocol):
    def read_at(self, offset: int, size: int, /) -> Buffer: ...
    def size(self) -> int: ...

class _CanWrite(Protocol):
    def write(self, data: bytes, /) -> object: ...

__version__: str

def dumps(
    value: Any,
    *,
    default: Callable[[Any], Any] | None = None,
    limits: Limits | None = None,
) -> bytes: ...
def register(
    cls: type[_T],
    /,
    *,
    name: str | None = None,
    to_state: Callable[[_T], Any] | None = None,
    from_state: Callable[[Any], _T] | None = None,
) -> type[_T]: ...
def _registered() -> dict[str, type]: ...
def loads(data: Buffer, *, types: Iterable[type] = (), limits: Limits | None = None) -> Any: ...
def _verify(
    source: object, name: object, progress: Callable[[int, int], object] | None, /
) -> tuple[dict[str, Any], Exception | None]: ...
def _repair(
    source: object, target: object, name: object, progress: Callable[[int, int], object] | None, /
) -> dict[str, Any]: ...
def _concat(
    sources: tuple[object, ...],
    target: object,
    names: tuple[object, ...],
    progress: Callable[[int, int], object] | None,
    /,
) -> None: ...
def lock(descriptor: int, /) -> bool: ...
def is_locked(descriptor: int, /) -> bool: ...

class _Open(Protocol):
    """What an open file has, to write or to read."""

    @property
    def closed(self) -> bool: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        type: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> None: ...

class Writer(_Open):
    def __init__(
        self,
        target: int | _CanWrite,
        /,
        *,
        name: str | bytes | None = None,
        owns: bool = False,
        compression: str | None = None,
        level: int | None = None,
        block_size: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        default: Callable[[Any], Any] | None = None,
        limits: Limits | None = None,
        uuid: bytes | _uuid.UUID | None = None,
        threads: int = 0,
        append: bool = False,
        directory: str | bytes | None = None,
    ) -> None: ...
    @property
    def cut_size(self) -> int: ...
    @property
    def metadata(self) -> dict[str, Any]: ...
    @property
    def memory_bound(self) -> int: ...
    def append(self, record: Any, /) -> None: ...
    def extend(self, records: Iterable[Any], /) -> None: ...
    def flush(self) -> None: ...
    def sync(self) -> None: ...
    def abort(self) -> None: ...
    def __len__(self) -> int: ...

class Records(_Open, Iterator[Any]):
    def __init__(
        self,
        source: int | _CanReadAt | _CanRead | Buffer,
        /,
        *,
        name: str | bytes | None = None,
        owns: bool = False,
        limits: Limits | None = None,
        types: Iterable[type] = (),
        on_error: str | Callable[[CorruptError], object] = "raise",
        threads: int | None = 0,
        rows: range | None = None,
        live: bool = False,
    ) -> None: ...
    @property
    def position(self) -> int: ...
    @property
    def metadata(self) -> dict[str, Any]: ...
    @property
    def lost(self) -> int: ...
    @property
    def ended(self) -> bool: ...
    @property
    def memory_bound(self) -> int: ...
    def read_into(self, out: Any, *, missing: Any = ...) -> int: ...
    def batches(
        self, size: int, *, strings: str = "fixed", missing: Any = ...
    ) -> Iterator[Any]: ...
    def tolist(self, n: int | None = None) -> list[Any]: ...
    def seek(self, record: int, /) -> None: ...
    def count(self) -> int: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Any: ...
    def __length_hint__(self) -> int: ...

class PickleRecords(_Open, Iterator[Any]):
    def __init__(
        self,
        source: int | _CanRead | Buffer,
        find: Callable[[str, str, bool], tuple[str, str, Any, int] | None],
        spread: Callable[[Any], Iterator[Any]],
        /,
        *,
        name: str | bytes | None = None,
        owns: bool = False,
        items: bool | None = None,
        encoding: str = "ascii",
        limits: Limits | None = None,
    ) -> None: ...
    @property
    def position(self) -> int: ...
    @property
    def offset(self) -> int: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Any: ...
