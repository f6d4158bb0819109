"""KMS: what a template asks of a key is refused when AWS would refuse it."""

from __future__ import annotations

import json
from typing import Any

_ROTATION_DAYS = range(90, 2561)
_WINDOW_DAYS = range(7, 31)


def install() -> None:
    """Check key properties that ministack takes as they come."""
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS["AWS::KMS::Key"]
    create, update = handlers["create"], handlers["update"]

    def created(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        check(properties)
        return create(logical_id, properties, stack_name)

    def updated(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> Any:
        check(new)
        return update(physical_id, old, new, stack_name)

    handlers |= {"create": created, "update": updated}


def check(properties: dict[str, Any]) -> None:
    """Refuse values outside of KMS's limits and a key policy that nobody could ever change.

    Raises:
        ValueError: in the words of KMS.

    Example:
        >>> check({"RotationPeriodInDays": 30})
        Traceback (most recent call last):
        ...
        ValueError: RotationPeriodInDays must be 90 to 2560, but is 30
    """
    for name, allowed in (("RotationPeriodInDays", _ROTATION_DAYS), ("PendingWindowInDays", _WINDOW_DAYS)):
        given = properties.get(name)
        if given is not None and int(given) not in allowed:
            raise ValueError(f"{name} must be {allowed.start} to {allowed.stop - 1}, but is {given}")
    bypass = str(properties.get("BypassPolicyLockoutSafetyCheck", False)).lower() == "true"
    policy = properties.get("KeyPolicy")
    if policy is not None and not bypass and not _can_be_changed(policy):
        raise ValueError(
            "The new key policy will not allow you to update the key policy in the future "
            "(no statement allows kms:PutKeyPolicy)"
        )


def _can_be_changed(policy: Any) -> bool:
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = document.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        actions = statement.get("Action", [])
        for action in [actions] if isinstance(actions, str) else actions:
            if statement.get("Effect") == "Allow" and _covers(str(action)):
                return True
    return False


def _covers(action: str) -> bool:
    from ministack.core.iam_evaluator import fnmatch_iam

    return bool(fnmatch_iam("kms:PutKeyPolicy", action))
