"""What a writer's schema says of a field, whoever made it: our own schemas, Debezium, Kafka Connect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_DEBEZIUM, _CONNECT = "io.debezium.time", "org.apache.kafka.connect.data"
_TIMESTAMPS = {
    f"{_DEBEZIUM}.Timestamp": "ms",
    f"{_DEBEZIUM}.MicroTimestamp": "us",
    f"{_DEBEZIUM}.NanoTimestamp": "ns",
    f"{_CONNECT}.Timestamp": "ms",
    "timestamp-millis": "ms",
    "timestamp-micros": "us",
    "timestamp-nanos": "ns",
    "local-timestamp-millis": "ms",
    "local-timestamp-micros": "us",
    "local-timestamp-nanos": "ns",
}
_TIMES = {
    f"{_DEBEZIUM}.Time": "ms",
    f"{_DEBEZIUM}.MicroTime": "us",
    f"{_DEBEZIUM}.NanoTime": "ns",
    f"{_CONNECT}.Time": "ms",
    "time-millis": "ms",
    "time-micros": "us",
}
_UNITS = _TIMESTAMPS | _TIMES
# Kind and base types of each name.
_NAMES: dict[str, tuple[str, tuple[str, ...]]] = {
    **dict.fromkeys(_TIMESTAMPS, ("timestamp", ("long",))),
    **dict.fromkeys(_TIMES, ("time", ("int", "long"))),
    **dict.fromkeys((f"{_DEBEZIUM}.Date", f"{_CONNECT}.Date", "date"), ("date", ("int",))),
    **dict.fromkeys((f"{_CONNECT}.Decimal", "decimal"), ("decimal", ("bytes", "fixed"))),
    "io.debezium.data.VariableScaleDecimal": ("variable-decimal", ("record",)),
    f"{_DEBEZIUM}.ZonedTimestamp": ("zoned", ("string",)),
}
_PLAIN = {
    "boolean": "boolean",
    "int": "integer",
    "long": "integer",
    "float": "float",
    "double": "double",
    "string": "string",
    "enum": "string",
    "bytes": "binary",
    "fixed": "binary",
}


@dataclass(frozen=True, kw_only=True)
class WriterType:
    """A field as it was written.

    Args:
        kind: boolean, integer, float, double, string, binary, decimal, variable-decimal, decimal-text, date,
            timestamp, time or zoned.
        unit: ms, us or ns, of a timestamp or a time.
        scale: Of a decimal.
        written: As the schema says it, for messages.
    """

    kind: str
    unit: str = ""
    scale: int = 0
    written: str = ""


def writer_type(schema: Any) -> WriterType | None:
    """What a field's type means; None when no column can hold it.

    A name that Kafka Connect gave (`connect.name`) says more than Avro's logical type, which says more than the type.

    Example:
        >>> writer_type(["null", {"type": "int", "connect.name": "io.debezium.time.Date"}]).kind
        'date'
        >>> writer_type({"type": "long", "logicalType": "timestamp-micros"}).unit
        'us'
    """
    schema = _without_null(schema)
    if isinstance(schema, str):
        return WriterType(kind=_PLAIN[schema], written=schema) if schema in _PLAIN else None
    if not isinstance(schema, dict):
        return None
    if isinstance(schema.get("type"), dict | list):
        return writer_type(schema["type"])
    base = schema.get("type")
    names = [name for name in (schema.get("connect.name"), schema.get("logicalType")) if name]
    for name in names:
        known = _meant(name, base, schema)
        if known:
            return known
    return WriterType(kind=_PLAIN[base], written=" ".join([base, *names])) if base in _PLAIN else None


def _meant(name: str, base: Any, schema: dict[str, Any]) -> WriterType | None:
    """What a name says of a base type; None when it says nothing of it."""
    kind, bases = _NAMES.get(name, ("", ()))
    if base not in bases:
        return None
    scale = (
        schema.get("scale", schema.get("connect.parameters", {}).get("scale", 0)) if kind == "decimal" else 0
    )
    unit = _UNITS.get(name, "")
    return WriterType(
        kind=kind, unit=unit, scale=int(scale), written=f"{name}, scale {scale}" if scale else name
    )


def _without_null(schema: Any) -> Any:
    if isinstance(schema, list):
        others = [each for each in schema if each != "null"]
        return others[0] if len(others) == 1 else schema
    return schema
