"""The second revoker: every few minutes it takes away what has ended and is still there, whoever crashed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.access.revocation import revocation_states
from data_platform.access.states import task, text
from data_platform.states_language import choose, jsonata

if TYPE_CHECKING:
    from data_platform.access.parts import ElevationParts
    from data_platform.states_language import State

# The machine that granted revokes by itself; before this, the sweeper would only race with it.
PATIENCE_SECONDS = 30
LATE_SECONDS = 600
_AT_ONCE = 5
_SECONDS = 240


def sweep_definition(parts: ElevationParts) -> State:
    """The sweeper in the Amazon States Language. It fails, and so pages, when access lasted too long."""
    found = task(
        "FindEnded",
        "aws-sdk:dynamodb:query",
        {
            "TableName": parts.table,
            "IndexName": parts.index,
            "KeyConditionExpression": "#open = :yes AND #ends_at <= :now",
            "ExpressionAttributeNames": {"#open": "open", "#ends_at": "ends_at"},
            "ExpressionAttributeValues": {
                ":yes": {"S": "yes"},
                ":now": text(f"$fromMillis($millis() - {PATIENCE_SECONDS * 1000})"),
            },
        },
        assign={"ended": jsonata("[$states.result.Items]"), "failure": {"error": "", "cause": ""}},
        then="RevokeEach",
        otherwise="NotSwept",
    )
    each: State = {
        "Type": "Map",
        "Items": jsonata("$ended"),
        "MaxConcurrency": _AT_ONCE,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "ReadEnded",
            "States": _each(parts),
        },
        "Assign": {"results": jsonata("[$states.result]")},
        "Output": {},
        "Next": "JudgeSweep",
    }
    judged = choose(
        "JudgeSweep",
        ("$count($results[revoked = false]) > 0", "NotRevoked"),
        (f"$count($results[late > {LATE_SECONDS}]) > 0", "RevokedLate"),
        otherwise="Swept",
    )
    return {
        "Comment": f"Takes away access to {parts.domain} that has ended and was not taken away",
        "QueryLanguage": "JSONata",
        "StartAt": "FindEnded",
        "TimeoutSeconds": _SECONDS,
        "States": {
            **found,
            "RevokeEach": each,
            **judged,
            "Swept": {"Type": "Succeed", "Output": {"revoked": jsonata("[$results.request]")}},
            "NotSwept": _fail("NotSwept", "$failure.error & ': ' & $failure.cause"),
            "NotRevoked": _fail(
                "NotRevoked",
                "'still there: ' & $join([$results[revoked = false].(request & ' (' & cause & ')')], '; ')",
            ),
            "RevokedLate": _fail(
                "RevokedLate",
                f"'taken away more than {LATE_SECONDS // 60} minutes late: '"
                f" & $join([$results[late > {LATE_SECONDS}].request], ', ')",
            ),
        },
    }


def _each(parts: ElevationParts) -> dict[str, State]:
    """One request that has ended; its entries are those that were granted, whatever contracts say by now."""
    item = "$states.input"
    read: State = {
        "Type": "Pass",
        "Assign": {
            "id": jsonata(f"{item}.item.S"),
            "requester": jsonata(f"{item}.requester.S"),
            "dataset": jsonata(f"{item}.dataset.S"),
            "entries": jsonata(f"[$parse({item}.entries.S)]"),
            "late": jsonata(f"$floor(($millis() - $toMillis({item}.ends_at.S)) / 1000)"),
            "tries": 4,  # one try: the next sweep is the next one
            "failure": {"error": "", "cause": ""},
        },
        "Output": {},
        "Next": "Revoke",
    }
    result = {"request": jsonata("$id"), "late": jsonata("$late")}
    return {
        "ReadEnded": read,
        **revocation_states(
            parts.table, by="sweeper", status="'REVOKED'", then="Revoked", broken="StillThere"
        ),
        "Revoked": {"Type": "Pass", "Output": {**result, "revoked": True, "cause": ""}, "End": True},
        "StillThere": {
            "Type": "Pass",
            "Output": {**result, "revoked": False, "cause": jsonata("$failure.cause")},
            "End": True,
        },
    }


def _fail(error: str, cause: str) -> State:
    return {
        "Type": "Fail",
        "Error": error,
        "Cause": jsonata(f"{cause} & '. Mend: docs/runbooks/revocation-failed.md'"),
    }
