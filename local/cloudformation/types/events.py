"""AWS::Events::Archive is not emulated; AWS::Events::Rule keeps the target fields as the API names them."""

from __future__ import annotations

import json
from typing import Any

from local.cloudformation.extension import extend


def install() -> None:
    """Complete the rule's handler."""
    extend("AWS::Events::Rule", _complete, check=_check)


def _check(logical_id: str, props: dict[str, Any]) -> None:
    """Refuse a rule that could never fire."""
    if not props.get("EventPattern") and not props.get("ScheduleExpression"):
        raise ValueError(f"{logical_id}: Parameter(s) EventPattern or ScheduleExpression must be specified.")


def _complete(name: str, props: dict[str, Any], _: dict[str, Any]) -> None:
    from ministack.services import eventbridge
    from ministack.services.cloudformation import provisioners

    key = eventbridge._rule_key(name, provisioners._eb_rule_bus_name(props))
    for target in eventbridge._targets.get(key, []):
        if isinstance(target.get("Input"), dict):
            target["Input"] = json.dumps(target["Input"])
        policy = target.get("RetryPolicy")
        if policy:
            target["RetryPolicy"] = {field: int(value) for field, value in policy.items()}
