"""AWS::Scheduler::Schedule: created and updated through the API, with every property."""

from __future__ import annotations

from typing import Any

from local.cloudformation.registry import register

_PROPERTIES = (
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
)


def install() -> None:
    """Register the type."""
    register("AWS::Scheduler::Schedule", create=_create, update=_update, delete=_delete)


def _client() -> Any:
    from local import identity

    return identity.client(identity.root_session(), "scheduler")


def _request(name: str, props: dict[str, Any]) -> dict[str, Any]:
    given = {key: props[key] for key in _PROPERTIES if key in props}
    target = dict(given.get("Target") or {})
    policy = target.get("RetryPolicy")
    if policy:
        target["RetryPolicy"] = {key: int(value) for key, value in policy.items()}
    window = dict(given.get("FlexibleTimeWindow") or {"Mode": "OFF"})
    if "MaximumWindowInMinutes" in window:
        window["MaximumWindowInMinutes"] = int(window["MaximumWindowInMinutes"])
    return {**given, "Name": name, "Target": target, "FlexibleTimeWindow": window}


def _create(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    from ministack.services.cloudformation import provisioners

    name = props.get("Name") or provisioners._physical_name(stack_name, logical_id, max_len=64)
    return name, {"Arn": _client().create_schedule(**_request(name, props))["ScheduleArn"]}


def _update(
    physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
) -> tuple[str, dict[str, Any]]:
    moved = new.get("GroupName", "default") != old.get("GroupName", "default")
    if moved or new.get("Name", physical_id) != physical_id:
        made = _create(physical_id, {**new, "Name": new.get("Name", physical_id)}, stack_name)
        if moved:  # same name in another group: the engine would not see a replacement
            _delete(physical_id, old)
        return made
    return physical_id, {"Arn": _client().update_schedule(**_request(physical_id, new))["ScheduleArn"]}


def _delete(physical_id: str, props: dict[str, Any]) -> None:
    client = _client()
    try:
        client.delete_schedule(Name=physical_id, GroupName=props.get("GroupName", "default"))
    except client.exceptions.ResourceNotFoundException:
        return
