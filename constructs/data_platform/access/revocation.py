"""Taking access away again: the same states for the machine that gave it and for the sweeper that comes after.

Both may do it twice: what is gone already counts as taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.access.states import CLAIM_KEY, CONFLICT, change, expect, task, text
from data_platform.states_language import choose, jsonata

if TYPE_CHECKING:
    from data_platform.states_language import State

# A table or a grant that is gone is what revoking is for.
_LEFT = """[$states.result.Failures[
    $not($contains($string(Error.ErrorMessage), 'No permissions revoked'))
    and Error.ErrorCode != 'EntityNotFoundException'
].Error.ErrorMessage]"""
MOST_TRIES = 5
_PAUSE_SECONDS = 20


def revocation_states(table: str, *, by: str, status: str, then: str, broken: str) -> dict[str, State]:
    """From granted permissions to a record that says they are gone.

    The states read the variables `id`, `requester`, `dataset`, `entries` and `tries`.

    Args:
        table: Name of the access records.
        by: Who revokes, as the record will say.
        status: Expression for the record's last status.
        then: State that follows.
        broken: State that follows when permissions could not be revoked.
    """
    revoked = task(
        "Revoke",
        "aws-sdk:lakeformation:batchRevokePermissions",
        {"Entries": jsonata("$entries")},
        assign={"left": jsonata(_LEFT), "tries": jsonata("$tries + 1")},
        then="JudgeRevocation",
        otherwise=broken,
    )
    judged = choose(
        "JudgeRevocation",
        ("$count($left) = 0", "RecordRevocation"),
        (f"$tries < {MOST_TRIES}", "PauseRevocation"),
        otherwise="KeptPermissions",
    )
    kept: State = {
        "Type": "Pass",
        "Assign": {
            "failure": {
                "error": "PermissionsLeft",
                "cause": jsonata("$substring($join($left, '; '), 0, 1000)"),
            }
        },
        "Output": {},
        "Next": broken,
    }
    recorded = task(
        "RecordRevocation",
        "dynamodb:updateItem",
        change(
            table,
            values={
                "status": text(status),
                "revoked_at": text("$now()"),
                "revoked_by": {"S": by},
            },
            forget=("open", "token"),
        ),
        then="ReleaseClaim",
        otherwise=broken,
    )
    released = task(
        "ReleaseClaim",
        "dynamodb:deleteItem",
        {
            "TableName": table,
            "Key": CLAIM_KEY,
            "ConditionExpression": "#request = :id",
            "ExpressionAttributeNames": {"#request": "request"},
            "ExpressionAttributeValues": {":id": text("$id")},
        },
        catches=[expect(CONFLICT, then=then)],  # another request of the same person holds it
        then=then,
        otherwise=broken,
    )
    pause: State = {"Type": "Wait", "Seconds": _PAUSE_SECONDS, "Output": {}, "Next": "Revoke"}
    return {**revoked, **judged, "PauseRevocation": pause, "KeptPermissions": kept, **recorded, **released}
