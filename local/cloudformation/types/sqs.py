"""AWS::SQS::Queue: the numeric limits that the service checks, before the queue is made."""

from __future__ import annotations

from typing import Any

from local.cloudformation.extension import extend


def install() -> None:
    """Complete the queue's handler."""
    extend("AWS::SQS::Queue", lambda *_: None, check=_check)


def _check(logical_id: str, props: dict[str, Any]) -> None:
    both = props.get("KmsMasterKeyId") and str(props.get("SqsManagedSseEnabled", "")).lower() == "true"
    if both:
        raise ValueError(f"{logical_id}: You can use one type of server-side encryption (SSE) at one time.")
