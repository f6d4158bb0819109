"""From an approved request to access, until its end; whatever goes wrong on the way takes the access away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.access.revocation import revocation_states
from data_platform.access.states import BROKEN, CLAIM_KEY, CONFLICT, PASSING, change, expect, task, text
from data_platform.states_language import choose, jsonata

if TYPE_CHECKING:
    from data_platform.access.parts import ElevationParts
    from data_platform.states_language import State

_REFUSED = "[$states.result.Failures.Error.ErrorMessage]"
_REMAINING = "$max([1, $ceil(($toMillis($ends_at) - $millis()) / 1000)])"


def grant_states(parts: ElevationParts) -> dict[str, State]:
    """Claim, grant, hold until the end or until somebody gives it back, revoke."""
    return {
        **_claim(parts),
        **_give(parts),
        **_hold(parts),
        **revocation_states(
            parts.table, by="elevation", status="$outcome", then="ChooseEnd", broken="RecordBroken"
        ),
        **_ends(parts),
    }


def _claim(parts: ElevationParts) -> dict[str, State]:
    """One elevation a person and dataset: a second one's end would take away the first one's grants."""
    claimed = task(
        "Claim",
        "dynamodb:putItem",
        {
            "TableName": parts.table,
            "Item": {**CLAIM_KEY, "request": text("$id")},
            "ConditionExpression": "attribute_not_exists(#item)",
            "ExpressionAttributeNames": {"#item": "item"},
        },
        catches=[expect(CONFLICT, then="RecordSecond")],
        then="Grant",
        otherwise="FailGrant",
    )
    second = task(
        "RecordSecond",
        "dynamodb:updateItem",
        change(
            parts.table,
            values={
                "status": {"S": "REJECTED"},
                "error": {"S": "AlreadyElevated"},
                "cause": text(
                    "$requester & ' already has access to ' & $dataset & '. Mend: dp access list.'"
                ),
            },
            forget=("open",),
        ),
        then="Ended",
    )
    return {**claimed, **second}


def _give(parts: ElevationParts) -> dict[str, State]:
    granted = task(
        "Grant",
        "aws-sdk:lakeformation:batchGrantPermissions",
        {"Entries": jsonata("$entries")},
        assign={"left": jsonata(_REFUSED)},
        then="JudgeGrant",
        otherwise="FailGrant",
    )
    judged = choose("JudgeGrant", ("$count($left) > 0", "NotGranted"), otherwise="RecordGrant")
    refused: State = {
        "Type": "Pass",
        "Assign": {
            "failure": {
                "error": "GrantFailed",
                "cause": jsonata("$substring($join($left, '; '), 0, 1000)"),
            }
        },
        "Output": {},
        "Next": "FailGrant",
    }
    failed: State = {"Type": "Pass", "Assign": {"outcome": "FAILED"}, "Output": {}, "Next": "Revoke"}
    recorded = task(
        "RecordGrant",
        "dynamodb:updateItem",
        change(parts.table, values={"status": {"S": "GRANTED"}, "granted_at": text("$now()")}),
        then="Hold",
        otherwise="FailGrant",
    )
    return {**granted, **judged, "NotGranted": refused, "FailGrant": failed, **recorded}


def _hold(parts: ElevationParts) -> dict[str, State]:
    """Wait for the end. Whoever holds the token can only make it come sooner."""
    return task(
        "Hold",
        "aws-sdk:dynamodb:updateItem.waitForTaskToken",
        change(parts.table, values={"token": text("$states.context.Task.Token")}),
        timeout_seconds=jsonata(_REMAINING),
        retries=[PASSING],
        catches=[expect("States.Timeout", then="Revoke")],
        then="RecordReturn",
        otherwise="Revoke",
    ) | task(
        "RecordReturn",
        "dynamodb:updateItem",
        change(parts.table, values={"returned_at": text("$now()")}),
        then="Revoke",
        otherwise="Revoke",
    )


def _ends(parts: ElevationParts) -> dict[str, State]:
    """How an execution ends: an answer succeeds, a defect fails and wakes somebody."""
    broken = task(
        "RecordBroken",
        "dynamodb:updateItem",
        change(
            parts.table,
            values={"error": text("$failure.error"), "cause": text("$failure.cause")},
        ),
        then=BROKEN,
    )
    return {
        **choose("ChooseEnd", ("$outcome = 'FAILED'", "RecordBroken"), otherwise="Ended"),
        "Ended": {"Type": "Succeed", "Output": {"request": jsonata("$id")}},
        **broken,
        BROKEN: {
            "Type": "Fail",
            "Error": jsonata("$failure.error = '' ? 'TaskFailed' : $failure.error"),
            "Cause": jsonata(
                "'request ' & $id & ': ' & $failure.cause & '. Mend: docs/runbooks/elevation-failed.md'"
            ),
        },
    }
