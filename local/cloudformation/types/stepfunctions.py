"""AWS::StepFunctions::StateMachine: what ministack's handler stores in another shape or not at all."""

from __future__ import annotations

import json
from typing import Any

from local.cloudformation.extension import camel, extend


def install() -> None:
    """Complete the state machine's handler."""
    extend("AWS::StepFunctions::StateMachine", _complete, check=_check)


def _check(logical_id: str, props: dict[str, Any]) -> None:
    """Refuse a definition that the service would refuse."""
    from ministack.services.cloudformation import provisioners

    try:
        definition = json.loads(provisioners._sfn_definition(props))
    except ValueError as error:
        raise ValueError(f"{logical_id}: the state machine's definition is not JSON: {error}") from error
    missing = [name for name in ("StartAt", "States") if name not in definition]
    if missing:
        raise ValueError(f"{logical_id}: the state machine's definition has no {' and no '.join(missing)}")
    if not props.get("RoleArn"):
        raise ValueError(f"{logical_id}: RoleArn is required")


def _complete(arn: str, props: dict[str, Any], _: dict[str, Any]) -> None:
    from ministack.services import stepfunctions

    machine = stepfunctions._state_machines[arn]
    if "LoggingConfiguration" in props:
        logging = camel(props["LoggingConfiguration"])
        logging["includeExecutionData"] = str(logging.get("includeExecutionData", False)).lower() == "true"
        machine["loggingConfiguration"] = logging
    enabled = (props.get("TracingConfiguration") or {}).get("Enabled", False)
    machine["tracingConfiguration"] = {"enabled": str(enabled).lower() == "true"}
