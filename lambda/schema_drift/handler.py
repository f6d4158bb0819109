"""Compares what a crawler found in one day's raw files with what the contract promises.

It steers and never reads data: the crawler inferred each delivery's columns, this function judges them. The
names of its errors are part of the state machine's interface.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import boto3

from schema_drift.types import readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Step Functions keeps 32,768 characters of a cause; twenty differences are more than anybody mends at once.
MOST_DIFFERENCES = 20
_LOG = logging.getLogger("schema_drift")
_LOG.setLevel(logging.INFO)


class SchemaDrift(Exception):
    """A delivery lacks a promised column or holds it in a type that does not read as the promised one."""


class PoisonFile(Exception):
    """A delivery holds files that nobody can read as the contract's format."""


def handle(event: Mapping[str, Any], _context: object, *, glue: Any | None = None) -> dict[str, Any]:
    """Judge one day's deliveries.

    Args:
        event: `database` and `table` of the crawler; `bucket` and `prefixes`, the deliveries that were listed;
            `ingest_date`; `expected`, the contract's raw columns as `{"name", "type", "required"}`.
        glue: Client of AWS Glue, for tests.

    Returns:
        `{"prefixes": 2, "columns": 19, "warnings": [{"column", "type", "prefix", "message"}]}`; a warning is a column
        that the contract does not know: it stays in raw and is not loaded.

    Raises:
        PoisonFile: when a delivery has no readable columns.
        SchemaDrift: when a promised column is missing or of a wrong type.
    """
    client = glue or boto3.client("glue")
    found = dict(_partitions(client, event))
    deliveries = {prefix: found.get(_location(event["bucket"], prefix)) for prefix in event["prefixes"]}
    _refuse_poison(event, deliveries)
    readable_deliveries = {prefix: part for prefix, part in deliveries.items() if part}
    _refuse_drift(event, readable_deliveries)
    warnings = list(_extra_columns(event, readable_deliveries))
    report = {
        "prefixes": len(deliveries),
        "columns": len(event["expected"]),
        "warnings": warnings[:MOST_DIFFERENCES],
    }
    _LOG.info(json.dumps({"table": event["table"], "ingest_date": event["ingest_date"], **report}))
    return report


def _partitions(client: Any, event: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The day's partitions by location, each with its own columns, as the crawler left them."""
    pages = client.get_paginator("get_partitions").paginate(
        DatabaseName=event["database"],
        TableName=event["table"],
        Expression=f"ingest_date = '{event['ingest_date']}'",
    )
    try:
        for page in pages:
            for partition in page["Partitions"]:
                yield partition["StorageDescriptor"].get("Location", "").rstrip("/"), partition
    except client.exceptions.EntityNotFoundException:
        return  # the crawler made no table, since it could read no file


def _location(bucket: str, prefix: str) -> str:
    return f"s3://{bucket}/{prefix}".rstrip("/")


def _refuse_poison(event: Mapping[str, Any], deliveries: Mapping[str, Mapping[str, Any] | None]) -> None:
    poison = [prefix for prefix, partition in deliveries.items() if not partition or not _columns(partition)]
    if not poison:
        return
    raise PoisonFile(
        f"{event['table']} {event['ingest_date']}: {len(poison)} of {len(deliveries)} deliveries cannot be read: "
        + ", ".join(f"{_location(event['bucket'], prefix)}/" for prefix in poison[:MOST_DIFFERENCES])
        + ". Nothing was loaded. Mend: deliver the files again in the contract's format under a new run_id, delete "
        "the broken files (versions stay), then run the day again."
    )


def _columns(partition: Mapping[str, Any]) -> dict[str, str]:
    if _classification(partition) == "unknown":
        return {}
    return {
        column["Name"].lower(): column["Type"] for column in partition["StorageDescriptor"].get("Columns", [])
    }


def _classification(partition: Mapping[str, Any]) -> str:
    descriptor = partition["StorageDescriptor"]
    parameters = {**descriptor.get("Parameters", {}), **partition.get("Parameters", {})}
    return str(parameters.get("classification", "")).lower()


def _refuse_drift(event: Mapping[str, Any], deliveries: Mapping[str, Mapping[str, Any]]) -> None:
    differences = [
        difference
        for prefix, partition in deliveries.items()
        for difference in _differences(event["expected"], partition, _location(event["bucket"], prefix))
    ]
    if not differences:
        return
    more = len(differences) - MOST_DIFFERENCES
    raise SchemaDrift(
        f"{event['table']} {event['ingest_date']} differs from its contract in {len(differences)} place(s): "
        + "; ".join(differences[:MOST_DIFFERENCES])
        + (f"; and {more} more" if more > 0 else "")
        + ". Nothing was loaded. Mend: let the producer deliver the promised columns under a new run_id and delete "
        "the wrong files, or change the contract (`dp contract diff` says whether that breaks consumers), then run "
        "the day again."
    )


def _differences(
    expected: Sequence[Mapping[str, Any]], partition: Mapping[str, Any], location: str
) -> Iterator[str]:
    columns, classification = _columns(partition), _classification(partition)
    for column in expected:
        name, promised = str(column["name"]), str(column["type"])
        found = columns.get(name.lower())
        if found is None:
            yield f"column {name!r} ({promised}) is missing in {location}/"
        elif not readable(found, promised, classification=classification):
            yield f"column {name!r} is {found} in {location}/ where the contract promises {promised}"


def _extra_columns(
    event: Mapping[str, Any], deliveries: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, str]]:
    known = {str(column["name"]).lower() for column in event["expected"]}
    seen: set[str] = set()
    for prefix, partition in deliveries.items():
        for name, found in _columns(partition).items():
            if name not in known and name not in seen:
                seen.add(name)
                yield {
                    "column": name,
                    "type": found,
                    "prefix": _location(event["bucket"], prefix) + "/",
                    "message": f"the contract has no column {name!r}; it stays in raw and is not loaded",
                }
