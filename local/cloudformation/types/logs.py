"""AWS::Logs::LogGroup and QueryDefinition: protection, and saved queries, which ministack has not."""

from __future__ import annotations

import uuid
from typing import Any

from local import persistence
from local.cloudformation.extension import boolean, extend
from local.cloudformation.registry import register

_saved: dict[str, dict[str, Any]] = {}


def install() -> None:
    """Complete the log group's handler; register saved queries."""
    from ministack.services import cloudwatch_logs
    from ministack.services.cloudformation import provisioners

    extend("AWS::Logs::LogGroup", _complete, check=_check)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Logs::LogGroup"]
    old_delete = handlers["delete"]

    def delete(physical_id: str, props: dict[str, Any]) -> None:
        group = cloudwatch_logs._log_groups.get(physical_id) or {}
        if group.get("deletionProtectionEnabled"):
            raise ValueError(f"The log group {physical_id} is protected against deletion")
        old_delete(physical_id, props)

    handlers["delete"] = delete
    register("AWS::Logs::QueryDefinition", create=_create_query, update=_update_query, delete=_delete_query)
    persistence.register("logs-query-definitions", lambda: dict(_saved), _saved.update)


def _check(logical_id: str, props: dict[str, Any]) -> None:
    from ministack.services import cloudwatch_logs

    retention = props.get("RetentionInDays")
    if retention is not None and int(retention) not in cloudwatch_logs._VALID_RETENTION_DAYS:
        allowed = ", ".join(str(days) for days in sorted(cloudwatch_logs._VALID_RETENTION_DAYS))
        raise ValueError(f"{logical_id}: RetentionInDays {retention} is not one of {allowed}")


def _complete(name: str, props: dict[str, Any], _: dict[str, Any]) -> None:
    from ministack.services import cloudwatch_logs

    group = cloudwatch_logs._log_groups[name]
    group["deletionProtectionEnabled"] = boolean(props.get("DeletionProtectionEnabled", False))


def _create_query(logical_id: str, props: dict[str, Any], _: str) -> tuple[str, dict[str, Any]]:
    identifier = str(uuid.uuid4())
    _saved[identifier] = {
        "name": props.get("Name", logical_id),
        "queryString": props.get("QueryString", ""),
        **props,
    }
    return identifier, {"QueryDefinitionId": identifier}


def _update_query(
    physical_id: str, _: dict[str, Any], new: dict[str, Any], __: str
) -> tuple[str, dict[str, Any]]:
    _saved[physical_id] = {"name": new.get("Name", ""), "queryString": new.get("QueryString", ""), **new}
    return physical_id, {"QueryDefinitionId": physical_id}


def _delete_query(physical_id: str, _: dict[str, Any]) -> None:
    _saved.pop(physical_id, None)
