"""pyiceberg's file access on our object store: the same credentials, one request a file, metadata kept in memory."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from pyiceberg.io import FileIO, InputFile, OutputFile

from local.athena.storage import split_uri

if TYPE_CHECKING:
    from types import TracebackType

    from local.athena.storage import ObjectStore

_CACHE_BYTES = 64 * 1024 * 1024
_METADATA_SUFFIXES = (".json", ".avro")
_cache: OrderedDict[tuple[str, str], bytes] = OrderedDict()
_cache_lock = threading.Lock()


class StoreFileIO(FileIO):  # type: ignore[misc] # pyiceberg is untyped here
    """Iceberg's files through an `ObjectStore`.

    Metadata files are written once under a new name and never changed, so what one set of credentials has read
    is kept for it; data files are always read again, so that a revoked right shows at once.
    """

    def __init__(self, store: ObjectStore) -> None:
        super().__init__({})
        self.store = store

    def new_input(self, location: str) -> InputFile:
        """The file at a location, for reading."""
        return _Input(location, self.store)

    def new_output(self, location: str) -> OutputFile:
        """The file at a location, for writing."""
        return _Output(location, self.store)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Removes a file."""
        self.store.delete([location if isinstance(location, str) else location.location])


class _Input(InputFile):  # type: ignore[misc]
    def __init__(self, location: str, store: ObjectStore) -> None:
        super().__init__(location)
        self._store = store

    def __len__(self) -> int:
        return len(self._bytes())

    def exists(self) -> bool:
        return self._store.exists(self.location)

    def open(self, seekable: bool = True) -> Any:  # noqa: FBT001, FBT002 - pyiceberg's signature
        del seekable
        return io.BytesIO(self._bytes())

    def _bytes(self) -> bytes:
        key = (self._store.owner, self.location)
        with _cache_lock:
            if key in _cache:
                _cache.move_to_end(key)
                return _cache[key]
        data = self._store.read(self.location)
        if self.location.endswith(_METADATA_SUFFIXES):
            _remember(key, data)
        return data


class _Output(OutputFile):  # type: ignore[misc]
    def __init__(self, location: str, store: ObjectStore) -> None:
        super().__init__(location)
        self._store = store
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def exists(self) -> bool:
        return self._store.exists(self.location)

    def to_input_file(self) -> InputFile:
        return _Input(self.location, self._store)

    def create(self, overwrite: bool = False) -> Any:  # noqa: FBT001, FBT002 - pyiceberg's signature
        del overwrite  # every name that pyiceberg writes carries a fresh UUID
        return _Upload(self)

    def finish(self, data: bytes) -> None:
        self._size = len(data)
        self._store.write(self.location, data)
        if self.location.endswith(_METADATA_SUFFIXES):
            _remember((self._store.owner, self.location), data)


class _Upload(io.BytesIO):
    """Collects what is written and puts it as one object when it is closed without an error."""

    def __init__(self, target: _Output) -> None:
        super().__init__()
        self._target: _Output | None = target

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._target = None
        super().__exit__(kind, error, traceback)

    def close(self) -> None:
        target, self._target = self._target, None
        if target is not None and not self.closed:
            target.finish(self.getvalue())
        super().close()


def forget() -> None:
    """Drops every remembered metadata file."""
    with _cache_lock:
        _cache.clear()


def _remember(key: tuple[str, str], data: bytes) -> None:
    split_uri(key[1])
    with _cache_lock:
        _cache[key] = data
        _cache.move_to_end(key)
        total = sum(map(len, _cache.values()))
        while total > _CACHE_BYTES and len(_cache) > 1:
            total -= len(_cache.popitem(last=False)[1])
