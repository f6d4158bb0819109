"""The key of a change: a JSON object of the key columns, as Kafka Connect's JsonConverter writes it without schemas."""

from __future__ import annotations

import base64
import binascii
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stream_loader.poison import Poison
from stream_loader.writer_types import WriterType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream_loader.plan import Column

_KINDS = {
    "int": "integer",
    "bigint": "integer",
    "smallint": "integer",
    "tinyint": "integer",
    "binary": "binary",
}


def values(key: bytes | None, columns: Sequence[str]) -> dict[str, Any]:
    """The key columns' values as JSON has them.

    Raises:
        Poison: `MissingKey` when there is no key, or a column is missing in it.

    Example:
        >>> values(b'{"order_id": 7}', ["order_id"])
        {'order_id': 7}
    """
    if not key:
        raise Poison("MissingKey", f"the record has no key; it must name {', '.join(columns)}")
    try:
        found = json.loads(key, parse_float=Decimal)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Poison("MissingKey", f"the key is no JSON object of {', '.join(columns)}")
    missing = [name for name in columns if found.get(name) is None]
    if missing:
        raise Poison("MissingKey", f"the key does not say {', '.join(missing)}", missing[0])
    return found


def is_object(key: bytes | None) -> bool:
    """Whether a key looks like one, for records whose row says the key columns itself.

    Example:
        >>> is_object(b'{"order_id": 7}'), is_object(b"7"), is_object(None)
        (True, False, False)
    """
    return key is not None and key[:1] == b"{" and key[-1:] == b"}"


def decoded(value: Any, writer: WriterType, column: Column) -> Any:
    """A value of JSON as Avro would have given it.

    Raises:
        Poison: `UndecodableValue` when it is no such value.
    """
    try:
        if writer.kind in ("decimal", "binary"):
            return base64.b64decode(value, validate=True)
        if writer.kind == "variable-decimal":
            return {"scale": int(value["scale"]), "value": base64.b64decode(value["value"], validate=True)}
    except (binascii.Error, TypeError, KeyError, ValueError):
        raise Poison(
            "UndecodableValue", f"the key's {column.name} is no {writer.written}", column.name
        ) from None
    return float(value) if isinstance(value, Decimal) else value


def assumed(column: Column) -> WriterType:
    """What a key column is taken for where no value was ever written, so that no schema says it.

    Example:
        >>> from stream_loader.plan import Column
        >>> assumed(Column(name="day", type="timestamp", target="timestamp")).unit
        'us'
    """
    kind, _, size = column.type.partition("(")
    if kind == "decimal":
        return WriterType(kind="decimal", scale=int(size[:-1].split(",")[1]), written=column.type)
    return WriterType(
        kind=_KINDS.get(kind, kind), unit="us" if kind == "timestamp" else "", written=column.type
    )
