"""A change set that changes only outputs is executable, as in AWS: another stack may wait for the new output."""

from __future__ import annotations

from typing import Any

from local import hooks

_NO_CHANGES = "The submitted information didn't contain changes."


def install() -> None:
    """Look at each new change set that ministack called empty."""
    from ministack.services.cloudformation import handlers

    old = hooks.replace(handlers, "_create_change_set", handlers._create_change_set, parameters="params")

    def create_change_set(params: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        answer: tuple[int, dict[str, str], bytes] = old(params)
        _revive(params)
        return answer

    handlers._create_change_set = create_change_set
    handlers._ACTION_HANDLERS["CreateChangeSet"] = create_change_set


def _revive(params: dict[str, Any]) -> None:
    from ministack.services.cloudformation import _change_sets, _stacks

    name, stack_name = _text(params, "ChangeSetName"), _text(params, "StackName")
    for change_set in _change_sets.values():
        if change_set["ChangeSetName"] != name or change_set["StackName"] not in (stack_name, None):
            continue
        stack = _stacks.get(change_set["StackName"]) or {}
        before = stack.get("_template", {}).get("Outputs", {})
        after = change_set["_template"].get("Outputs", {})
        if change_set["StatusReason"].startswith(_NO_CHANGES) and before != after:
            change_set.update(Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="")


def _text(params: dict[str, Any], name: str) -> str:
    value = params.get(name, "")
    return str(value[0] if isinstance(value, list) else value)
