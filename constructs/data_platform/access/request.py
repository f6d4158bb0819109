"""From what somebody asks to a recorded request: read as the person wrote it, checked against the contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.access.states import BROKEN, CONFLICT, RECORD, expect, task, text
from data_platform.states_language import choose, jsonata

if TYPE_CHECKING:
    from data_platform.access.parts import ElevationParts
    from data_platform.states_language import State

# A reason that says less than this tells an auditor nothing.
LEAST_REASON = 10
_ASKED = "$states.result.Item"
# What a source identity may be made of; it becomes part of Lake Formation's condition.
_IDENTITY = r"$contains($requester, /^[A-Za-z0-9_+=,.@-]+$/)"


def request_states(parts: ElevationParts) -> dict[str, State]:
    """Read the input, the person's own words, judge them and write the record."""
    read: State = {
        "Type": "Pass",
        "Assign": {
            "id": jsonata("$states.context.Execution.Name"),
            "requester": jsonata(
                "$exists($states.input.requester) ? $string($states.input.requester) : 'nobody'"
            ),
            "plan": parts.plan,
            "tries": 0,
            "outcome": "REVOKED",
            "failure": {"error": "", "cause": ""},
        },
        "Output": {},
        "Next": "ReadRequest",
    }
    return {"ReadInput": read, **_words(parts), **_judge(parts), **_record(parts), **_announce(parts)}


def _words(parts: ElevationParts) -> dict[str, State]:
    """Only the person can have written the item under the own identity: IAM's LeadingKeys say so."""
    words = {
        name: jsonata(f"$exists({_ASKED}.{name}.S) ? $trim({_ASKED}.{name}.S) : ''")
        for name in ("dataset", "role", "zone", "reason")
    }
    hours = f"$string({_ASKED}.hours.S)"
    return task(
        "ReadRequest",
        "dynamodb:getItem",
        {
            "TableName": parts.table,
            "Key": {"person": text("$requester"), "item": text("'ask#' & $id")},
            "ConsistentRead": True,
        },
        assign={
            **words,
            "asked": jsonata(f"$exists({_ASKED})"),
            "seconds": jsonata(
                rf"$exists({_ASKED}.hours.S) and $contains({hours}, /^[0-9]{{1,4}}(\.[0-9]{{1,6}})?$/)"
                f" ? $number({hours}) * 3600 : 0"
            ),
        },
        then="JudgeRequest",
    )


def _judge(parts: ElevationParts) -> dict[str, State]:
    """The first thing that is wrong with a request, in words for the person who asks."""
    roles = "$lookup($plan, $dataset)"
    chosen = f"$lookup({roles}, $role)"
    others = f"$count({chosen}.approvers[$ != $lowercase($requester)])"
    problem = f"""(
        $known := $exists({roles});
        $granted := $known and $exists({chosen});
        $not($asked and {_IDENTITY}) ? {{'error': 'NothingAsked', 'cause': 'no request of ' & $requester
            & ' with this id was written by that person. Mend: dp access request.'}}
        : $length($reason) < {LEAST_REASON} ? {{'error': 'NoReason', 'cause': 'the reason must have {LEAST_REASON}'
            & ' characters or more. Mend: say what for, such as the number of a ticket and the question.'}}
        : $seconds < {parts.least_seconds} or $seconds > {parts.most_seconds} ? {{'error': 'InvalidHours',
            'cause': 'the time must be from {parts.least_seconds} seconds to {parts.most_seconds // 3600} hours.'}}
        : $not($known) ? {{'error': 'UnknownDataset', 'cause': '{parts.domain} has no dataset "' & $dataset
            & '"; it has: ' & $join($sort($keys($plan)), ', ') & '.'}}
        : $not($granted) ? {{'error': 'UnknownRole', 'cause': 'the contract of ' & $dataset & ' has no role "'
            & $role & '"; it has: ' & $join($sort($keys({roles})), ', ') & '.'}}
        : $count({chosen}.tables[$zone = '' or zone = $zone]) = 0 ? {{'error': 'UnknownZone',
            'cause': $role & ' sees nothing of ' & $dataset & ' in zone "' & $zone & '"; it does in: '
            & $join($distinct({chosen}.tables.zone), ', ') & '.'}}
        : {others} = 0 ? {{'error': 'NoApprover', 'cause': 'nobody but the requester may approve this.'
            & ' Mend: name a second approver in the contract of ' & $dataset & '.'}}
        : {{'error': '', 'cause': ''}}
    )"""
    judged: State = {
        "Type": "Pass",
        "Assign": {
            "failure": jsonata(problem),
            "approvers": jsonata(f"[{chosen}.approvers]"),
            "tables": jsonata(f"[{chosen}.tables[$zone = '' or zone = $zone]]"),
            "decide_by": jsonata(f"$fromMillis($millis() + {parts.approval_seconds * 1000})"),
        },
        "Output": {},
        "Next": "ChooseRequest",
    }
    return {
        "JudgeRequest": judged,
        **choose(
            "ChooseRequest",
            ("$failure.error = 'NothingAsked'", "NothingAsked"),
            otherwise="RecordRequest",
        ),
        "NothingAsked": {
            "Type": "Succeed",
            "Output": {
                "status": "REJECTED",
                "error": jsonata("$failure.error"),
                "cause": jsonata("$failure.cause"),
            },
        },
    }


def _record(parts: ElevationParts) -> dict[str, State]:
    said = {name: text(f"${name}") for name in ("requester", "dataset", "role", "zone", "reason")}
    recorded = task(
        "RecordRequest",
        "dynamodb:putItem",
        {
            "TableName": parts.table,
            "Item": {
                "person": {"S": RECORD},
                "item": text("$id"),
                **said,
                "seconds": {"N": jsonata("$string($seconds)")},
                "status": text("$failure.error = '' ? 'REQUESTED' : 'REJECTED'"),
                "error": text("$failure.error"),
                "cause": text("$failure.cause"),
                "approvers": text("$join($approvers, ', ')"),
                "requested_at": text("$now()"),
                "decide_by": text("$decide_by"),
                "execution": text("$states.context.Execution.Id"),
            },
            "ConditionExpression": "attribute_not_exists(#item)",
            "ExpressionAttributeNames": {"#item": "item"},
        },
        catches=[expect(CONFLICT, then="SeenBefore")],
        then="ChooseRecorded",
    )
    return {
        **recorded,
        **choose("ChooseRecorded", ("$failure.error != ''", "Ended"), otherwise="Announce"),
        "SeenBefore": {"Type": "Succeed", "Output": {"status": "SEEN BEFORE"}},
    }


def _announce(parts: ElevationParts) -> dict[str, State]:
    """Tell approvers; the message holds no token: approving needs the approver's own identity."""
    entry = {
        "EventBusName": "default",
        "Source": f"{parts.organisation}.{parts.domain}",
        "DetailType": "Elevation Requested",
        "Detail": {
            "domain": parts.domain,
            "request": jsonata("$id"),
            "requester": jsonata("$requester"),
            "role": jsonata("$role"),
            "dataset": jsonata("$dataset"),
            "hours": jsonata("$round($seconds / 3600, 2)"),
            "reason": jsonata("$reason"),
            "approvers": jsonata("$join($approvers, ', ')"),
            "decide_by": jsonata("$decide_by"),
        },
    }
    return task("Announce", "events:putEvents", {"Entries": [entry]}, then="AwaitDecision", otherwise=BROKEN)
