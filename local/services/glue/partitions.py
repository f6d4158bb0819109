"""Partitions: the operations that ministack lacks, and the checks that AWS makes."""

from __future__ import annotations

import time
from typing import Any

from ministack.core.concurrency import resource_lock
from ministack.core.iam_evaluator import caller_arn
from ministack.services import glue

from local.services.glue import visibility
from local.services.glue.partition_filter import matching
from local.services.refusal import Refusal

Request = dict[str, Any]


def create(request: Request) -> None:
    """Adds one partition.

    Raises:
        Refusal: when the table does not exist, the values do not fit its keys, or the partition exists.
    """
    failed = create_batch({**request, "PartitionInputList": [request["PartitionInput"]]})["Errors"]
    if failed:
        raise Refusal(failed[0]["ErrorDetail"]["ErrorCode"], failed[0]["ErrorDetail"]["ErrorMessage"])


def create_batch(request: Request) -> Request:
    """Adds partitions; the answer names those that exist already.

    Raises:
        Refusal: when the table does not exist, or values do not fit its keys.
    """
    table, key = _table(request)
    errors = []
    with resource_lock("glue-partitions", key):
        held = {tuple(partition["Values"]) for partition in glue._partitions.get(key) or []}
        added = []
        for wanted in request["PartitionInputList"]:
            _require_fits(table, wanted)
            if tuple(wanted["Values"]) in held:
                errors.append(_error(wanted["Values"], "AlreadyExistsException", "Partition already exists."))
                continue
            held.add(tuple(wanted["Values"]))
            added.append(_entry(table, wanted))
        glue._partitions[key] = [*(glue._partitions.get(key) or []), *added]
    return {"Errors": errors}


def update(request: Request) -> None:
    """Replaces one partition, possibly under other values.

    Raises:
        Refusal: when it does not exist, or the new values are taken.
    """
    table, key = _table(request)
    wanted, values = request["PartitionInput"], list(request["PartitionValueList"])
    wanted = {**wanted, "Values": wanted.get("Values") or values}
    _require_fits(table, wanted)
    with resource_lock("glue-partitions", key):
        held = glue._partitions.get(key) or []
        old = next((partition for partition in held if partition["Values"] == values), None)
        if old is None:
            raise Refusal("EntityNotFoundException", f"Cannot find partition {values} of {table['Name']}.")
        if wanted["Values"] != values and any(partition["Values"] == wanted["Values"] for partition in held):
            raise Refusal("AlreadyExistsException", f"Partition {wanted['Values']} already exists.")
        entry = {**_entry(table, wanted), "CreationTime": old.get("CreationTime")}
        glue._partitions[key] = [entry if partition is old else partition for partition in held]


def delete(request: Request) -> None:
    """Removes one partition.

    Raises:
        Refusal: when it does not exist.
    """
    failed = delete_batch({**request, "PartitionsToDelete": [{"Values": request["PartitionValues"]}]})[
        "Errors"
    ]
    if failed:
        raise Refusal(failed[0]["ErrorDetail"]["ErrorCode"], failed[0]["ErrorDetail"]["ErrorMessage"])


def delete_batch(request: Request) -> Request:
    """Removes partitions; the answer names those that do not exist.

    Raises:
        Refusal: when the table does not exist.
    """
    _, key = _table(request)
    gone = [list(entry["Values"]) for entry in request["PartitionsToDelete"]]
    with resource_lock("glue-partitions", key):
        held = glue._partitions.get(key) or []
        known = [partition["Values"] for partition in held]
        glue._partitions[key] = [partition for partition in held if partition["Values"] not in gone]
    for values in gone:
        statistics = glue._partition_column_statistics.get(key) or []
        glue._partition_column_statistics[key] = [
            entry for entry in statistics if entry.get("Values") != values
        ]
    missing = [values for values in gone if values not in known]
    return {
        "Errors": [_error(values, "EntityNotFoundException", "Cannot find partition.") for values in missing]
    }


def get(request: Request) -> Request:
    """One partition.

    Raises:
        Refusal: when the table or the partition does not exist.
    """
    found = get_batch({**request, "PartitionsToGet": [{"Values": request["PartitionValues"]}]})["Partitions"]
    if not found:
        raise Refusal("EntityNotFoundException", "Cannot find partition.")
    return {"Partition": found[0]}


def get_batch(request: Request) -> Request:
    """Partitions by their values; the answer names those that do not exist.

    Raises:
        Refusal: when the table does not exist.
    """
    _, key = _table(request)
    wanted = [list(entry["Values"]) for entry in request["PartitionsToGet"]]
    held = {tuple(partition["Values"]): partition for partition in glue._partitions.get(key) or []}
    caller = caller_arn()
    return {
        "Partitions": [
            visibility.partition_as_seen(held[tuple(values)], caller=caller)
            for values in wanted
            if tuple(values) in held
        ],
        "UnprocessedKeys": [{"Values": values} for values in wanted if tuple(values) not in held],
    }


def listed(request: Request) -> Request:
    """The partitions that the expression admits, page by page.

    Raises:
        Refusal: when the table does not exist, or the expression is not one that Glue reads.
    """
    table, key = _table(request)
    found = matching(
        glue._partitions.get(key) or [], table.get("PartitionKeys") or [], request.get("Expression")
    )
    start, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or 1000)
    chosen = found[start : start + size]
    caller = caller_arn()
    chosen = [visibility.partition_as_seen(partition, caller=caller) for partition in chosen]
    if request.get("ExcludeColumnSchema"):
        chosen = [_without_columns(partition) for partition in chosen]
    page: Request = {"Partitions": chosen}
    if start + size < len(found):
        page["NextToken"] = str(start + size)
    return page


def _without_columns(partition: dict[str, Any]) -> dict[str, Any]:
    descriptor = {
        name: value for name, value in (partition.get("StorageDescriptor") or {}).items() if name != "Columns"
    }
    return {**partition, "StorageDescriptor": descriptor}


def _table(request: Request) -> tuple[dict[str, Any], str]:
    key = f"{request['DatabaseName']}/{request['TableName']}"
    table = glue._tables.get(key)
    if table is None:
        raise Refusal("EntityNotFoundException", f"Table {request['TableName']} not found.")
    return table, key


def _require_fits(table: dict[str, Any], wanted: dict[str, Any]) -> None:
    keys, values = table.get("PartitionKeys") or [], wanted.get("Values") or []
    if len(keys) != len(values):
        raise Refusal(
            "InvalidInputException",
            f"The number of partition keys do not match the number of partition values: {table['Name']} has "
            f"{[key['Name'] for key in keys]}, the partition {values}.",
        )


def _entry(table: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    return {
        **wanted,
        "DatabaseName": table["DatabaseName"],
        "TableName": table["Name"],
        "CreationTime": now,
        "LastAccessTime": now,
        "CatalogId": table["CatalogId"],
    }


def _error(values: list[str], code: str, text: str) -> dict[str, Any]:
    return {"PartitionValues": values, "ErrorDetail": {"ErrorCode": code, "ErrorMessage": text}}
