"""Runs small state machines for the tests of this folder."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.waiting import until

ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


class Machines:
    """Creates and runs state machines with one role that may do everything."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.client = aws.client("stepfunctions")
        self.role = aws.role(ALLOW_ALL, service="states.amazonaws.com")

    def create(
        self, states: dict[str, Any], *, role: str | None = None, logging: Any = None, **definition: Any
    ) -> str:
        whole = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **definition}
        given = {"loggingConfiguration": logging} if logging else {}
        made = self.client.create_state_machine(
            name=f"m-{uuid.uuid4().hex[:8]}", roleArn=role or self.role, definition=json.dumps(whole), **given
        )
        return str(made["stateMachineArn"])

    def start(self, states: dict[str, Any], given: Any = None, **options: Any) -> str:
        arn = self.create(states, **options)
        text = json.dumps({} if given is None else given)
        return str(self.client.start_execution(stateMachineArn=arn, input=text)["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            seen: dict[str, Any] = self.client.describe_execution(executionArn=execution)
            return None if seen["status"] == "RUNNING" else seen

        return dict(until(found, every=0.03))

    def run(self, states: dict[str, Any], given: Any = None, **options: Any) -> dict[str, Any]:
        return self.ended(self.start(states, given, **options))

    def output(self, states: dict[str, Any], given: Any = None, **options: Any) -> Any:
        found = self.run(states, given, **options)
        assert found["status"] == "SUCCEEDED", found
        return json.loads(found["output"])

    def failure(self, states: dict[str, Any], given: Any = None, **options: Any) -> tuple[str, str]:
        found = self.run(states, given, **options)
        assert found["status"] == "FAILED", found
        return found["error"], found.get("cause", "")


def task(resource: str, arguments: Any, **more: Any) -> dict[str, Any]:
    """A Task state of an integration."""
    end = {} if "Next" in more else {"End": True}
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, **end, **more}
