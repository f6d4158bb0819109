"""AWS::SNS::Topic: encryption and the other attributes that ministack's handler drops."""

from __future__ import annotations

import json
from typing import Any

from local.cloudformation.extension import extend

_ATTRIBUTES = (
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
    "FifoTopic",
    "ContentBasedDeduplication",
)


def install() -> None:
    """Complete the topic's handler."""
    extend("AWS::SNS::Topic", _complete)


def _complete(arn: str, props: dict[str, Any], old: dict[str, Any]) -> None:
    from ministack.services import sns

    attributes = sns._topics[arn]["attributes"]
    if not old:
        attributes["Policy"] = _own_account_only(attributes["Policy"])
    for name in _ATTRIBUTES:
        if name in props:
            value = props[name]
            attributes[name] = str(value).lower() if isinstance(value, bool) else str(value)
        elif name in old:
            attributes.pop(name, None)


def _own_account_only(policy: str) -> str:
    """The default policy with its condition: without it every service and account could publish."""
    from ministack.core.responses import get_account_id

    document = json.loads(policy)
    for statement in document["Statement"]:
        if statement.get("Sid") == "__default_statement_ID":
            statement["Condition"] = {"StringEquals": {"AWS:SourceOwner": get_account_id()}}
    return json.dumps(document)
