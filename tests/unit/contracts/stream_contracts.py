"""Contracts with a stream, made from the real contract of airlines, for tests of streams."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from contract_files import AVIATION

from data_platform.contracts.model import Check, CheckKind, Column, Dataset, OnFailure, Severity
from data_platform.contracts.odcs import load_dataset
from data_platform.contracts.streams import Stream, topic_name

if TYPE_CHECKING:
    from pathlib import Path

    from contract_files import Contracts

BASE = load_dataset(AVIATION / "airlines.odcs.yaml")
STREAM = {"partitions": 6, "retention": "P7D"}
CDC = {
    "name": "shop",
    "format": "parquet",
    "delivery": "daily",
    "method": "cdc",
    "table": "public.airlines",
}
EVENTS = {"name": "shop", "format": "parquet", "delivery": "onChange"}


def streaming(
    contracts: Contracts,
    *,
    stream: dict[str, Any] | None,
    source: dict[str, Any],
    topic: bool = False,
    load_mode: str = "partition",
    **columns: dict[str, Any],
) -> Path:
    """The contract of airlines (carrier is its key, name is not) with a stream, without its rule of a day's rows.

    `columns` adds customProperties, or other fields, to a column.
    """
    value = contracts.read("airlines")
    if stream is not None:
        value["schema"][0]["quality"] = [
            rule for rule in value["schema"][0].get("quality", []) if rule["metric"] != "rowCount"
        ]
    replaced = {"source": source, "loadMode": load_mode, "stream": stream}
    properties = [item for item in value["customProperties"] if item["property"] not in replaced]
    value["customProperties"] = properties + [
        {"property": name, "value": item} for name, item in replaced.items() if item is not None
    ]
    if topic:
        value["schema"][0]["physicalType"] = "topic"
    for name, more in columns.items():
        column = contracts.column(value, name)
        custom = more.pop("custom", {})
        column.update(more)
        column["customProperties"] = column.get("customProperties", []) + [
            {"property": key, "value": item} for key, item in custom.items()
        ]
    return contracts.write("airlines", value)


def column(name: str, physical: str = "string", *, required: bool = False, **more: Any) -> Column:
    family = physical.partition("(")[0]
    logical = {
        "int": "integer",
        "bigint": "integer",
        "float": "number",
        "double": "number",
        "decimal": "number",
    }.get(family, family)
    fields = {"source_type": physical, "description": f"The {name}."} | more
    return Column(name=name, logical_type=logical, physical_type=physical, required=required, **fields)


def accepted(name: str, *values: str, severity: Severity = Severity.ERROR) -> Check:
    """The rule that a column holds one of some values."""
    error = severity is Severity.ERROR
    return Check(
        id=f"retail.orders.{name}.accepted",
        kind=CheckKind.ACCEPTED,
        columns=(name,),
        severity=severity,
        on_failure=OnFailure.QUARANTINE if error else None,
        dimension="conformity",
        description="one of some",
        parameters={"values": values},
    )


def events(
    *columns: Column, checks: tuple[Check, ...] = (), version: str = "1.0.0", **stream: Any
) -> Dataset:
    """A dataset of events `retail.orders` whose first column is its key."""
    key = (columns[0].name,)
    topic = topic_name("retail", "orders", version)
    fields = {
        "topic": topic,
        "dead_letters": f"{topic}.dlq",
        "partitions": 6,
        "retention_ms": 604_800_000,
        "dead_letter_retention_ms": 1_209_600_000,
        "cleanup": ("delete",),
        "key": key,
        "format": "avro",
        "compatibility": "BACKWARD_ALL",
    } | stream
    return dataclasses.replace(
        BASE,
        domain="retail",
        name="orders",
        version=version,
        description="Orders as they are placed.",
        columns=columns,
        primary_key=key,
        checks=checks,
        physical_type="topic",
        stream=Stream(**fields),
    )
