"""Avro values as columns: many records are decoded at once, and a broken one is found alone, by fastavro."""

from __future__ import annotations

import gc
import io
import json
import os
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import fastavro

from stream_loader.avro_vectors import NotFlat, Vectors
from stream_loader.poison import Poison
from stream_loader.writer_types import writer_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream_loader.writer_types import WriterType

_MARK = "_loader_mark"
_MARK_BYTES = 8
_FEW = 8  # records that are decoded one by one, when one among them is broken


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """The values of a group of records.

    Args:
        columns: Values by the field's name, as Avro's primitive types, or an Arrow array of them (integers of 64 bits,
            doubles, texts, bytes, booleans); those of a broken record are None.
        broken: What is wrong with a record, by its place in the group.
    """

    columns: dict[str, Sequence[Any]]
    broken: dict[int, Poison]


class AvroReader:
    r"""Reads what was written by one schema; logical types are left to whoever knows the column's type.

    Flat records are read a field at a time (`avro_vectors`). Others are joined to one Avro array, in which a random
    mark follows each: where the bytes of a record do not end as its schema says, the mark is not met, so that a broken
    record is never taken for a part of its neighbour.

    Args:
        definition: The writer's schema, JSON.

    Raises:
        Poison: `SchemaMismatch` when it is no record.

    Example:
        >>> reader = AvroReader('{"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]}')
        >>> reader.read([b"\x02", b"\x80", b"\x04"]).columns["a"].to_pylist()
        [1, None, 2]
    """

    def __init__(self, definition: str) -> None:
        schema = json.loads(definition)
        if not isinstance(schema, dict) or schema.get("type") != "record":
            raise Poison("SchemaMismatch", "the writer's schema is no record, and a value is one row")
        self.types: dict[str, WriterType | None] = {
            field["name"]: writer_type(field["type"]) for field in schema["fields"]
        }
        plain = _without_logical_types(schema)
        mark = {"name": _MARK, "type": {"type": "fixed", "name": f"{_MARK}_type", "size": _MARK_BYTES}}
        marked = {**plain, "fields": [*plain["fields"], mark]}
        self._one = fastavro.parse_schema(plain)
        self._many = fastavro.parse_schema({"type": "array", "items": marked})
        try:
            self._vectors: Vectors | None = Vectors(
                [(field["name"], field["type"]) for field in plain["fields"]]
            )
        except NotFlat:
            self._vectors = None

    def read(self, bodies: Sequence[bytes]) -> Decoded:
        """Decode a group of records."""
        broken: dict[int, Poison] = {}
        if self._vectors:
            columns, places = self._vectors.read(bodies)
            for place in places:
                self._alone(bodies[place], place, broken)
            if len(broken) == len(places):
                return Decoded(columns=columns, broken=broken)
        return self._by_rows(bodies)

    def _by_rows(self, bodies: Sequence[bytes]) -> Decoded:
        broken: dict[int, Poison] = {}
        rows = self._read(bodies, 0, broken)
        names = list(self.types)
        if len(names) == 1:
            return Decoded(columns={names[0]: tuple(row[names[0]] for row in rows)}, broken=broken)
        values = zip(*map(itemgetter(*names), rows), strict=True) if rows else ((),) * len(names)
        return Decoded(columns=dict(zip(names, values, strict=True)), broken=broken)

    def _read(self, bodies: Sequence[bytes], start: int, broken: dict[int, Poison]) -> list[dict[str, Any]]:
        rows = self._joined(bodies) if len(bodies) > 1 else None
        if rows is not None:
            return rows
        if len(bodies) <= _FEW:
            return [self._alone(body, start + place, broken) for place, body in enumerate(bodies)]
        half = len(bodies) // 2
        return [
            *self._read(bodies[:half], start, broken),
            *self._read(bodies[half:], start + half, broken),
        ]

    def _joined(self, bodies: Sequence[bytes]) -> list[dict[str, Any]] | None:
        """The rows; None when a record among them is broken."""
        mark = os.urandom(_MARK_BYTES)
        stream = io.BytesIO(b"".join((_count(len(bodies)), mark.join(bodies), mark, b"\0")))
        collecting = gc.isenabled()
        gc.disable()  # many rows come to life and none goes: to look for garbage among them takes a third of the time
        try:
            rows: list[dict[str, Any]] = fastavro.schemaless_reader(stream, self._many, None)  # type: ignore[assignment]
        except Exception:  # noqa: BLE001 - fastavro raises whatever Python does with such bytes
            return None
        finally:
            if collecting:
                gc.enable()
        if len(rows) != len(bodies) or any(row[_MARK] != mark for row in rows):
            return None
        return rows

    def _alone(self, body: bytes, place: int, broken: dict[int, Poison]) -> dict[str, Any]:
        stream = io.BytesIO(body)
        try:
            row: dict[str, Any] = fastavro.schemaless_reader(stream, self._one, None)  # type: ignore[assignment]
        except (EOFError, IndexError):
            broken[place] = Poison("TruncatedValue", "the value ends before the writer's schema does")
        except Exception as error:  # noqa: BLE001 - fastavro raises whatever Python does with such bytes
            broken[place] = Poison(
                "UndecodableValue", f"the value is not what its schema says ({type(error).__name__})"
            )
        else:
            if stream.tell() == len(body):
                return row
            left = len(body) - stream.tell()
            broken[place] = Poison("UndecodableValue", f"{left} bytes follow what the writer's schema says")
        return dict.fromkeys(self.types)


def _without_logical_types(schema: Any) -> Any:
    """The schema whose values are Avro's primitive types."""
    if isinstance(schema, list):
        return [_without_logical_types(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: value for name, value in schema.items() if name not in ("logicalType", "default")}
    return {
        name: _without_logical_types(value) if name in ("type", "fields", "items", "values") else value
        for name, value in kept.items()
    }


def _count(number: int) -> bytes:
    r"""A number as Avro writes a long.

    Example:
        >>> _count(1), _count(64)
        (b'\x02', b'\x80\x01')
    """
    number <<= 1
    written = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
