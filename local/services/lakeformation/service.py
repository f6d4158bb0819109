"""Mounts Lake Formation into ministack: routing, IAM actions, persistence."""

from __future__ import annotations

from typing import Any

from ministack import app
from ministack.core import iam_actions, router

from local import hooks, persistence
from local.services.lakeformation import operations, state
from local.services.lakeformation.credentials import ACTION

NAME = "lakeformation"
_VENDING = {"GetTemporaryGlueTableCredentials", "GetTemporaryGluePartitionCredentials"}


def install() -> None:
    """Adds the service: its requests are routed here and checked against `lakeformation:*` policies."""
    app.SERVICE_HANDLERS[NAME] = operations.handle_request
    router.SERVICE_PATTERNS[NAME] = {"host_patterns": [r"lakeformation\."], "credential_scope": NAME}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[NAME] = NAME
    iam_actions._BOTOCORE_SERVICE_MAP[NAME] = [NAME]
    persistence.register(NAME, state.save, state.load)
    _map_vending_to_its_action()


def _map_vending_to_its_action() -> None:
    """Vending credentials is authorised as GetDataAccess, the action that AWS names."""
    old = hooks.replace(iam_actions, "extract_iam_action", None)

    def extract(service: str, method: str, path: str, *rest: Any) -> str | None:
        if service == NAME and path.strip("/") in _VENDING:
            return ACTION
        action: str | None = old(service, method, path, *rest)
        return action

    iam_actions.extract_iam_action = extract
