"""AWS::SSM::Parameter: the limits of its tiers, which CloudFormation reports as the service does."""

from __future__ import annotations

from typing import Any

from local.cloudformation.extension import extend

_LIMITS = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}


def install() -> None:
    """Complete the parameter's handler."""
    extend("AWS::SSM::Parameter", lambda *_: None, check=_check)


def _check(logical_id: str, props: dict[str, Any]) -> None:
    tier = props.get("Tier", "Standard")
    if tier not in _LIMITS:
        raise ValueError(f"{logical_id}: Tier '{tier}' is not one of {', '.join(_LIMITS)}")
    size = len(str(props.get("Value", "")).encode())
    if size > _LIMITS[tier]:
        raise ValueError(
            f"{logical_id}: the value has {size} bytes; tier {tier} allows {_LIMITS[tier]}. "
            "Use the Advanced tier for up to 8192 bytes."
        )
