"""DynamoDB tables as AWS Backup copies them: the definition and every item, at one moment."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from typing import Any

from local.services.refusal import Refusal

TYPE = "DynamoDB"
_DEFINITION = (
    "KeySchema",
    "AttributeDefinitions",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "StreamSpecification",
)
_INDEX = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput")
_OK_BELOW = 300


def named(arn: str) -> dict[str, Any]:
    """The live table of an ARN.

    Raises:
        Refusal: when it is no table, or there is none.
    """
    from ministack.services import dynamodb

    kind, _, name = arn.split(":", 5)[-1].partition("/")
    if arn.split(":")[2:3] != ["dynamodb"] or kind != "table":
        raise Refusal(
            "InvalidParameterValueException",
            f"{arn}: the embedded AWS Backup copies DynamoDB tables and DB instances only.",
        )
    table: dict[str, Any] | None = dynamodb._tables.get(name)
    if table is None:
        raise Refusal("ResourceNotFoundException", f"Table {name} does not exist.")
    return table


def snapshot(arn: str) -> dict[str, Any]:
    """Definition and items of a table, copied under DynamoDB's own lock."""
    from ministack.services import dynamodb

    table = named(arn)
    with dynamodb._lock:
        items = copy.deepcopy(dict(table["items"]))
        definition = {key: copy.deepcopy(table[key]) for key in _DEFINITION if table.get(key)}
    billing = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    throughput = table.get("ProvisionedThroughput") or {}
    return {
        "table": {"TableName": table["TableName"], "BillingMode": billing, **definition}
        | ({"ProvisionedThroughput": _throughput(throughput)} if billing == "PROVISIONED" else {}),
        "items": items,
    }


def size_bytes(content: dict[str, Any]) -> int:
    """Bytes of a copy's items, as JSON."""
    return len(json.dumps(list(content["items"].values()), default=str))


def key_of(arn: str) -> str | None:
    """The customer key that encrypts a table."""
    found = (named(arn).get("SSEDescription") or {}).get("KMSMasterKeyArn")
    return str(found) if found and "alias/aws/" not in str(found) else None


def restore(content: dict[str, Any], name: str, key: str | None) -> str:
    """Make a new table of a copy and return its ARN.

    Raises:
        Refusal: when a table of that name exists, or DynamoDB refuses the definition.
    """
    from ministack.services import dynamodb

    if name in dynamodb._tables:
        raise Refusal("AlreadyExistsException", f"Table already exists: {name}")
    definition = {k: v for k, v in content["table"].items() if k != "StreamSpecification"}
    for field in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if field in definition:
            definition[field] = [_index(index, definition["BillingMode"]) for index in definition[field]]
    request = {**definition, "TableName": name}
    status, _, body = dynamodb._create_table(request)
    if status >= _OK_BELOW:
        raise Refusal("InvalidParameterValueException", f"Table {name}: {body!r}")
    table = dynamodb._tables[name]
    if key:
        table["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
    with dynamodb._lock:
        table["items"] = defaultdict(dict, copy.deepcopy(content["items"]))
        dynamodb._items_replaced(table)
    return str(table["TableArn"])


def _index(index: dict[str, Any], billing: str) -> dict[str, Any]:
    kept = {field: index[field] for field in _INDEX if field in index}
    if billing == "PAY_PER_REQUEST":
        kept.pop("ProvisionedThroughput", None)
    elif "ProvisionedThroughput" in kept:
        kept["ProvisionedThroughput"] = _throughput(kept["ProvisionedThroughput"])
    return kept


def _throughput(given: dict[str, Any]) -> dict[str, int]:
    return {unit: max(1, int(given.get(unit, 1))) for unit in ("ReadCapacityUnits", "WriteCapacityUnits")}
