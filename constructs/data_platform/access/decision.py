"""From a recorded request to a decision of somebody who may decide it, and who is not the requester.

Whoever holds the task token can wake the machine, and nothing more: the machine believes only the item that the
approver wrote under the own identity, which IAM lets nobody else write. Identity is the session's source
identity, so another session name or another role is still the same person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.access.states import CONFLICT, PASSING, change, expect, task, text
from data_platform.states_language import choose, jsonata

if TYPE_CHECKING:
    from data_platform.access.parts import ElevationParts
    from data_platform.states_language import State

_DECISION = "$exists($states.result.Item.decision.S) ? $states.result.Item.decision.S : ''"
_OBJECTION = f"""(
    $decision := {_DECISION};
    $own := $lowercase($decider) = $lowercase($requester);
    $not($decision in ['approve', 'refuse']) ? 'NoDecision'
    : $own and $decision = 'approve' ? 'SelfApproval'
    : $not($own) and $not($lowercase($decider) in $approvers) ? 'NotAnApprover'
    : ''
)"""


def decision_states(parts: ElevationParts) -> dict[str, State]:
    """Wait for a decision, ask again after one that does not count, and end a request that nobody decides."""
    remaining = "$max([1, $ceil(($toMillis($decide_by) - $millis()) / 1000)])"
    waiting = task(
        "AwaitDecision",
        "aws-sdk:dynamodb:updateItem.waitForTaskToken",
        change(
            parts.table,
            values={"status": {"S": "PENDING"}, "token": text("$states.context.Task.Token")},
        ),
        assign={
            "decider": jsonata(
                "$exists($states.result.by) and $string($states.result.by) != ''"
                " ? $string($states.result.by) : 'nobody'"
            )
        },
        timeout_seconds=jsonata(remaining),
        retries=[PASSING],
        catches=[expect("States.Timeout", then="RecordLapse")],
        then="ReadDecision",
    )
    lapsed = task(
        "RecordLapse",
        "dynamodb:updateItem",
        change(parts.table, values={"status": {"S": "LAPSED"}}, forget=("token",)),
        then="Ended",
    )
    read = task(
        "ReadDecision",
        "dynamodb:getItem",
        {
            "TableName": parts.table,
            "Key": {"person": text("$decider"), "item": text("'decision#' & $id")},
            "ConsistentRead": True,
        },
        assign={"decision": jsonata(_DECISION), "objection": jsonata(_OBJECTION)},
        then="JudgeDecision",
    )
    judged = choose(
        "JudgeDecision",
        ("$objection != ''", "RecordAttempt"),
        ("$decision = 'refuse'", "RecordRefusal"),
        otherwise="PlanGrant",
    )
    attempt = {"M": {"by": text("$decider"), "objection": text("$objection"), "at": text("$now()")}}
    attempted = task(
        "RecordAttempt",
        "dynamodb:updateItem",
        change(
            parts.table,
            values={"objection": text("$objection & ': ' & $decider & ', ' & $now()")},
            append={"attempts": attempt},
        ),
        then="AwaitDecision",
    )
    refused = task(
        "RecordRefusal",
        "dynamodb:updateItem",
        change(
            parts.table,
            values={
                "status": {"S": "REFUSED"},
                "approver": text("$decider"),
                "decided_at": text("$now()"),
            },
            forget=("token",),
        ),
        then="Ended",
    )
    return {**waiting, **lapsed, **read, **judged, **attempted, **refused, **_approve(parts)}


def _approve(parts: ElevationParts) -> dict[str, State]:
    """Write what will be granted and when it ends before granting it: a crash in between leaves a trace to sweep."""
    condition = (
        """'context.iam.principalTags.hasTag("requester") && """
        """context.iam.principalTags.getTag("requester") == "' & $requester & '"'"""
    )
    entries = f"""[$map($tables, function($table, $number) {{
        {{
            'Id': $string($number),
            'Principal': {{'DataLakePrincipalIdentifier': '{parts.account}:IAMPrincipals'}},
            'Resource': $table.resource,
            'Permissions': [$table.permissions],
            'Condition': {{'Expression': {condition}}}
        }}
    }})]"""
    planned: State = {
        "Type": "Pass",
        "Assign": {
            "entries": jsonata(entries),
            "ends_at": jsonata("$fromMillis($millis() + $round($seconds * 1000))"),
        },
        "Output": {},
        "Next": "RecordApproval",
    }
    approved = task(
        "RecordApproval",
        "dynamodb:updateItem",
        change(
            parts.table,
            values={
                "status": {"S": "APPROVED"},
                "approver": text("$decider"),
                "decided_at": text("$now()"),
                "ends_at": text("$ends_at"),
                "open": {"S": "yes"},
                "entries": text("$string($entries)"),
            },
            forget=("token",),
            condition="#status = :pending",
            compared={":pending": {"S": "PENDING"}},
        ),
        catches=[expect(CONFLICT, then="Ended")],
        then="Claim",
    )
    return {"PlanGrant": planned, **approved}
