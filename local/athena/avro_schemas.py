"""Iceberg's manifests are many and their schemas few: each is understood once, where pyiceberg does it for each file.

It took a tenth of the time of a run. What is kept is made of schemas alone, never of what a file holds.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import pyiceberg.avro.file as avro_file
from pyiceberg.avro.file import AvroFileHeader
from pyiceberg.utils.schema_conversion import AvroSchemaConversion

from local import hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SCHEMA = "avro.schema"
_KEPT = 1024


def install() -> None:
    """Put the functions that keep what they found in the place of pyiceberg's."""

    def schema(self: Any) -> Any:
        """The schema that a file's header tells."""
        return _understood(self.meta[_SCHEMA]) if _SCHEMA in self.meta else untold(self)

    untold = hooks.replace(AvroFileHeader, "get_schema", schema, parameters="self")
    readers = _Readers(avro_file.resolve_reader)
    hooks.replace(
        avro_file, "resolve_reader", readers, parameters="file_schema read_schema read_types read_enums"
    )


@functools.lru_cache(maxsize=_KEPT)
def _understood(text: str) -> Any:
    return AvroSchemaConversion().avro_to_iceberg(json.loads(text))


class _Readers:
    """Readers by the very schemas that they stand between; a reader keeps nothing of what it read."""

    def __init__(self, resolve: Callable[..., Any]) -> None:
        self._resolve = resolve
        self._known: dict[tuple[Any, ...], tuple[Any, Any, Any]] = {}

    def __call__(
        self,
        file_schema: Any,
        read_schema: Any,
        read_types: Mapping[int, Any],
        read_enums: Mapping[int, Any],
    ) -> Any:
        """The reader of a file."""
        key = (id(file_schema), id(read_schema), *read_types.items(), *read_enums.items())
        found = self._known.get(key)
        if found is None:
            made = self._resolve(file_schema, read_schema, read_types, read_enums)
            while len(self._known) >= _KEPT:
                self._known.pop(next(iter(self._known)), None)
            # The schemas are kept with it, so that no other can come to have their ids.
            found = self._known[key] = (made, file_schema, read_schema)
        return found[0]
