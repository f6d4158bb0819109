"""Ask for access for a time, decide on it and use it, as the person who does: identity is what counts here.

A person's words are written under the own source identity, which IAM lets nobody else write; the machine reads
them there and records what became of them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import time
import uuid
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from data_platform.contracts.naming import Naming
    from operations.connection import Connection

# As the machines write them (data_platform.access).
_RECORD = "#elevation"
_TAG = "requester"
ELEVATED = "elevated"
_APPROVER, _SIGN_IN, _MACHINE = "approver", "sign-in", "elevation"
_POLL_SECONDS = 0.5
_PENDING, _GRANTED = "PENDING", "GRANTED"
ENDED = ("REJECTED", "REFUSED", "LAPSED", "REVOKED", "FAILED")


@dataclass(frozen=True, kw_only=True)
class Elevation:
    """One request as the machines recorded it; times are UTC, what has not happened is empty."""

    id: str
    status: str
    requester: str
    dataset: str
    role: str
    zone: str
    reason: str
    seconds: str
    approvers: str
    approver: str
    requested_at: str
    decide_by: str
    decided_at: str
    granted_at: str
    ends_at: str
    revoked_at: str
    revoked_by: str
    objection: str
    error: str
    cause: str

    @property
    def hours(self) -> float:
        """The length of the access in hours."""
        return round(float(self.seconds or 0) / 3600, 2)

    def as_dict(self) -> dict[str, Any]:
        """The request for machines."""
        return {**asdict(self), "hours": self.hours}


def who(connection: Connection, given: str | None) -> str:
    """The person who acts: as given, or as the session is called by an identity provider that names it by mail.

    Raises:
        CommandFailed: when nothing says who it is.
    """
    if person := given or os.environ.get("DP_IDENTITY"):
        return person
    arn = str(connection.client("sts").get_caller_identity()["Arn"])
    name = arn.rsplit("/", 1)[-1]
    if "@" in name:
        return name
    raise CommandFailed(
        f"{arn} does not say who you are. Give --as <your mail address>, or set DP_IDENTITY; your identity provider "
        "must have set the same as source identity.",
        ExitCode.USAGE,
    )


def signed_in(connection: Connection, naming: Naming, person: str) -> Connection:
    """A session that carries the person's identity: your own, or on the embedded AWS one that plays your sign-in."""
    if connection.environment.access.identity_provider == "existing":
        return connection
    return connection.assume(naming.role_arn(_SIGN_IN), person=person)


def holding(connection: Connection, naming: Naming, person: str, role: str) -> Connection:
    """The person in a role of the contracts."""
    return signed_in(connection, naming, person).assume(naming.role_arn(role), person=person)


def domain_of(request: str) -> str:
    """The domain that a request's id begins with.

    Raises:
        CommandFailed: when it is no id of a request.

    Example:
        >>> domain_of("aviation-20261121T0400-0a1b2c3d")
        'aviation'
    """
    domain, *rest = request.rsplit("-", 2)
    if len(rest) != 2 or not domain:  # noqa: PLR2004 - a time and a random part
        raise CommandFailed(f"{request!r} is no request; `dp access list` shows them.", ExitCode.USAGE)
    return domain


def ask(
    connection: Connection,
    naming: Naming,
    *,
    person: str,
    dataset: str,
    role: str,
    hours: str,
    reason: str,
    zone: str = "",
) -> str:
    """Write down what somebody asks for, start the machine on it, and return the request's id.

    Args:
        connection: A session of the person.
        naming: Physical names.
        person: The source identity of the session.
        dataset: A dataset of the domain.
        role: A role of its contract: what that role sees is asked for.
        hours: For how long, as a decimal.
        reason: What for.
        zone: Only what the role sees in this zone; everything when empty.
    """
    now = dt.datetime.now(tz=dt.UTC)
    request = f"{naming.domain}-{now:%Y%m%dT%H%M}-{uuid.uuid4().hex[:8]}"
    said = {"dataset": dataset, "role": role, "hours": hours, "reason": reason, "zone": zone}
    connection.client("dynamodb").put_item(
        TableName=_table(naming),
        Item={
            "person": {"S": person},
            "item": {"S": f"ask#{request}"},
            "at": {"S": now.isoformat()},
            **{name: {"S": value} for name, value in said.items()},
        },
    )
    connection.client("stepfunctions").start_execution(
        stateMachineArn=_machine_arn(naming), name=request, input=json.dumps({"requester": person})
    )
    return request


def decide(connection: Connection, naming: Naming, request: str, *, person: str, decision: str) -> None:
    """Write down a decision (`approve` or `refuse`) and wake the machine, which judges whether it counts.

    Raises:
        CommandFailed: when the request does not wait for one.
    """
    record, token = _read(connection, naming, request)
    if record.status != _PENDING or not token:
        raise CommandFailed(f"{request} is {record.status}: only what is {_PENDING} can be decided.")
    connection.client("dynamodb").put_item(
        TableName=_table(naming),
        Item={
            "person": {"S": person},
            "item": {"S": f"decision#{request}"},
            "decision": {"S": decision},
            "at": {"S": dt.datetime.now(tz=dt.UTC).isoformat()},
        },
    )
    _wake(connection, token, person)


def give_back(connection: Connection, naming: Naming, request: str, *, person: str) -> None:
    """End access before its time.

    Raises:
        CommandFailed: when there is no access to end.
    """
    record, token = _read(connection, naming, request)
    if record.status != _GRANTED or not token:
        raise CommandFailed(f"{request} is {record.status}: only what is {_GRANTED} can be given back.")
    _wake(connection, token, person)


def elevated(connection: Connection, naming: Naming, person: str) -> Connection:
    """The session in which somebody uses what was granted: tagged with the person, as its trust policy demands."""
    return signed_in(connection, naming, person).assume(
        naming.role_arn(ELEVATED), person=person, tags={_TAG: person}
    )


def approving(connection: Connection, naming: Naming, person: str) -> Connection:
    """The session in which an approver decides."""
    return signed_in(connection, naming, person).assume(naming.role_arn(_APPROVER), person=person)


def record(connection: Connection, naming: Naming, request: str) -> Elevation:
    """One request.

    Raises:
        CommandFailed: when there is none of that id.
    """
    return _read(connection, naming, request)[0]


def records(connection: Connection, naming: Naming) -> list[Elevation]:
    """Every request of the domain, the newest last."""
    pages = (
        connection.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=_table(naming),
            KeyConditionExpression="person = :machines",
            ExpressionAttributeValues={":machines": {"S": _RECORD}},
        )
    )
    found = [_elevation(item) for page in pages for item in page["Items"]]
    return sorted(found, key=lambda one: one.requested_at)


def follow(
    connection: Connection,
    naming: Naming,
    request: str,
    *,
    until: Callable[[Elevation], bool],
    seconds: float = 120,
) -> Elevation:
    """Read a request until it is as wanted.

    Raises:
        CommandFailed: when that takes too long; it says what it is instead.
    """
    deadline = time.monotonic() + seconds
    found: Elevation | None = None
    while time.monotonic() < deadline:
        item = _item(connection, naming, request)
        if item:
            found = _elevation(item)
            if until(found):
                return found
        time.sleep(_POLL_SECONDS)
    said = f"it is still {found.status}" if found else "the machine has not recorded it"
    raise CommandFailed(f"{request}: {said} after {seconds:g} s. See docs/runbooks/elevation-failed.md.")


def _read(connection: Connection, naming: Naming, request: str) -> tuple[Elevation, str]:
    item = _item(connection, naming, request)
    if not item:
        raise CommandFailed(f"there is no request {request}; `dp access list` shows them.")
    return _elevation(item), item.get("token", {}).get("S", "")


def _item(connection: Connection, naming: Naming, request: str) -> dict[str, Any]:
    answer = connection.client("dynamodb").get_item(
        TableName=_table(naming),
        Key={"person": {"S": _RECORD}, "item": {"S": request}},
        ConsistentRead=True,
    )
    found: dict[str, Any] = answer.get("Item", {})
    return found


def _elevation(item: dict[str, Any]) -> Elevation:
    names = [field.name for field in fields(Elevation) if field.name != "id"]
    values = {name: next(iter(item[name].values())) if name in item else "" for name in names}
    return Elevation(id=item["item"]["S"], **values)


def _wake(connection: Connection, token: str, person: str) -> None:
    from botocore.exceptions import ClientError

    try:
        connection.client("stepfunctions").send_task_success(
            taskToken=token, output=json.dumps({"by": person})
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken"):
            raise CommandFailed("somebody was faster, or the time is over: see `dp access list`.") from error
        raise


def _table(naming: Naming) -> str:
    return f"{naming.prefix}-access"


def _machine_arn(naming: Naming) -> str:
    return f"arn:aws:states:{naming.region}:{naming.account}:stateMachine:{naming.prefix}-{_MACHINE}"
