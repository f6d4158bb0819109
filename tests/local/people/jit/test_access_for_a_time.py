"""Access for a time on the embedded AWS: granted, used, expired, given back, refused."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import uuid

import pytest
from botocore.exceptions import ClientError

from operations import elevated_queries, elevations
from operations.exit_codes import CommandFailed
from operations.queries import ask

pytestmark = pytest.mark.local

ANN, BOB = "ann@example.com", "bob@example.com"
OWNER, PLATFORM_OWNER, REFERENCE_OWNER = (
    "operations.owner@example.com",
    "platform.owner@example.com",
    "reference.owner@example.com",
)
REASON = "ticket 42: why were these flights quarantined"
SHORT = "0.005"  # hours: 18 seconds
DENIED = r"Insufficient Lake Formation permission|AccessDenied"


def test_access_is_granted_used_and_expires_by_itself(desk):
    assert desk.sees() is None
    granted = desk.granted(hours=SHORT)
    assert desk.sees() is not None
    ended = desk.ended(granted.id)
    assert desk.sees() is None

    assert (ended.status, ended.requester, ended.approver, ended.reason) == ("REVOKED", ANN, OWNER, REASON)
    assert ended.revoked_by == "elevation"
    times = [ended.requested_at, ended.decided_at, ended.granted_at, ended.ends_at, ended.revoked_at]
    assert times == sorted(times)
    late = dt.datetime.fromisoformat(ended.revoked_at) - dt.datetime.fromisoformat(ended.ends_at)
    assert late.total_seconds() < 10


def test_what_is_granted_to_one_person_is_nothing_to_another_or_in_another_role(desk):
    desk.granted()
    assert desk.sees(ANN) is not None
    assert desk.sees(BOB) is None
    analyst = elevations.holding(desk.connection, desk.names, ANN, "analyst")
    with pytest.raises(CommandFailed, match=DENIED):
        ask(analyst, f"SELECT count(*) FROM {desk.table}", workgroup=desk.names.workgroup_of("analyst"))


def test_only_what_the_role_sees_in_the_zone_that_was_asked_for_is_granted(desk):
    raw = f'"{desk.names.database("raw")}"."flights"'
    desk.granted(role="engineer", zone="staged")
    assert desk.sees() is not None
    assert desk.sees(table=raw) is None


def test_nobody_uses_the_access_of_somebody_else_under_that_name(desk):
    desk.granted()
    bob = elevations.signed_in(desk.connection, desk.names, BOB)
    sts = bob.client("sts")
    for session, tag in ((ANN, ANN), (BOB, ANN), (ANN, BOB)):
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.assume_role(
                RoleArn=desk.names.role_arn("elevated"),
                RoleSessionName=session,
                Tags=[{"Key": "requester", "Value": tag}],
            )
    with pytest.raises(ClientError, match="AccessDenied"):  # no source identity at all
        desk.connection.client("sts").assume_role(
            RoleArn=desk.names.role_arn("elevated"),
            RoleSessionName=ANN,
            Tags=[{"Key": "requester", "Value": ANN}],
        )


def test_access_can_be_given_back_before_its_end(desk):
    granted = desk.granted()
    own = elevations.holding(desk.connection, desk.names, ANN, "analyst")
    elevations.give_back(own, desk.names, granted.id, person=ANN)
    assert desk.ended(granted.id).status == "REVOKED"
    assert desk.sees() is None


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"reason": "because"}, "NoReason"),
        ({"reason": "          \t "}, "NoReason"),
        ({"hours": "12.1"}, "InvalidHours"),
        ({"hours": "0"}, "InvalidHours"),
        ({"hours": "-1"}, "InvalidHours"),
        ({"hours": "forever"}, "InvalidHours"),
        ({"dataset": "passengers"}, "UnknownDataset"),
        ({"role": "emperor"}, "UnknownRole"),
        ({"zone": "raw"}, "UnknownZone"),
        ({"person": OWNER}, "NoApprover"),
    ],
    ids=lambda value: value if isinstance(value, str) else json.dumps(value),
)
def test_a_request_that_breaks_a_rule_is_rejected_and_recorded(desk, asked, error):
    rejected = desk.ask(**asked)
    assert (rejected.status, rejected.error) == ("REJECTED", error)
    assert rejected.cause


def test_nobody_approves_the_own_request_whatever_the_session_is_called(desk):
    request = desk.ask(PLATFORM_OWNER, role="engineer")
    assert request.status == "PENDING"
    assert "SelfApproval" in desk.decide(request.id, PLATFORM_OWNER).objection

    person = elevations.signed_in(desk.connection, desk.names, PLATFORM_OWNER)
    disguised = person.client("sts").assume_role(
        RoleArn=desk.names.role_arn("approver"), RoleSessionName="somebody-else"
    )["Credentials"]
    session = type(desk.connection.session)(
        disguised["AccessKeyId"],
        disguised["SecretAccessKey"],
        disguised["SessionToken"],
        region_name=desk.names.region,
    )
    item = {
        "person": {"S": "somebody-else"},
        "item": {"S": f"decision#{request.id}"},
        "decision": {"S": "approve"},
    }
    with pytest.raises(ClientError, match="AccessDenied"):
        desk.platform.client("dynamodb", session).put_item(TableName=f"{desk.names.prefix}-access", Item=item)
    assert desk.sees(PLATFORM_OWNER) is None
    assert desk.decide(request.id, OWNER).status == "GRANTED"


def test_whom_the_contract_does_not_name_cannot_approve(desk):
    request = desk.ask()
    assert "NotAnApprover" in desk.decide(request.id, REFERENCE_OWNER).objection
    with pytest.raises(CommandFailed, match="AccessDenied"):
        desk.decide(request.id, BOB)  # no contract names him: he is no approver at all
    assert desk.sees() is None
    assert desk.decide(request.id, OWNER, "refuse").status == "REFUSED"


def test_waking_the_machine_in_the_name_of_an_approver_approves_nothing(desk):
    request = desk.ask()
    own = elevations.holding(desk.connection, desk.names, ANN, "analyst")
    table = f"{desk.names.prefix}-access"
    key = {"person": {"S": "#elevation"}, "item": {"S": request.id}}
    token = own.client("dynamodb").get_item(TableName=table, Key=key)["Item"]["token"]["S"]
    own.client("stepfunctions").send_task_success(taskToken=token, output=json.dumps({"by": OWNER}))
    assert "NoDecision" in desk.until(request.id, lambda one: one.objection).objection
    assert desk.sees() is None
    forged = {
        "person": {"S": OWNER},
        "item": {"S": f"decision#{request.id}"},
        "decision": {"S": "approve"},
    }
    for item in (forged, {**key, "status": {"S": "GRANTED"}}):
        with pytest.raises(ClientError, match="AccessDenied"):
            own.client("dynamodb").put_item(TableName=table, Item=item)


def test_a_second_elevation_to_the_same_dataset_waits_for_the_end_of_the_first(desk):
    desk.granted()
    second = desk.ask(role="engineer")
    assert desk.decide(second.id, OWNER).error == "AlreadyElevated"
    assert desk.sees() is not None


def test_a_request_of_which_nobody_wrote_is_not_followed(desk):
    name = f"aviation-20260101T0000-{uuid.uuid4().hex[:8]}"
    started = desk.platform.client("stepfunctions").start_execution(
        stateMachineArn=desk.execution(name).replace(":execution:", ":stateMachine:").rsplit(":", 1)[0],
        name=name,
        input=json.dumps({"requester": ANN}),
    )
    run = desk.platform.wait(started["executionArn"])
    assert (run.status, run.output["error"]) == ("SUCCEEDED", "NothingAsked")


def test_the_command_asks_approves_uses_and_gives_back_with_a_code_for_the_shell(desk):
    def dp(*words):
        ended = subprocess.run(
            [sys.executable, "-c", "from operations.cli import main; main()", "access", *words],
            env={**os.environ, "DP_LOCAL_STATE": str(desk.platform.state)},
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout, ended.stderr

    asking = ("request", "aviation.flights", "--role", "engineer", "--hours", "0.5", "--json")
    code, _, said = dp(*asking, "--reason", "no", "--as", PLATFORM_OWNER)
    assert (code, "NoReason" in said) == (1, True)
    code, out, said = dp(*asking, "--reason", REASON, "--as", PLATFORM_OWNER)
    assert code == 0, said
    request = json.loads(out)[0]["id"]

    code, _, said = dp("approve", request, "--as", PLATFORM_OWNER)
    assert (code, "Nobody approves the own request" in said) == (1, True)
    code, _, said = dp("approve", request, "--as", REFERENCE_OWNER)
    assert (code, "does not name you" in said) == (1, True)
    code, out, said = dp("approve", request, "--as", OWNER, "--json")
    assert (code, json.loads(out)[0]["status"]) == (0, "GRANTED"), said
    code, _, said = dp("approve", request, "--as", OWNER)
    assert (code, "only what is PENDING" in said) == (1, True)

    code, out, said = dp(
        "query",
        f"SELECT count(*) AS rows FROM {desk.table}",
        "-d",
        "aviation",
        "--json",
        "--as",
        PLATFORM_OWNER,
    )
    assert code == 0, said
    assert int(json.loads(out)[0]["rows"]) >= 0
    code, out, _ = dp("list", "aviation", "--open", "--json")
    assert (code, request in [one["id"] for one in json.loads(out)]) == (0, True)
    code, out, said = dp("revoke", request, "--as", PLATFORM_OWNER, "--json")
    assert (code, json.loads(out)[0]["status"]) == (0, "REVOKED"), said
    code, _, said = dp("approve", "nonsense", "--as", OWNER)
    assert (code, "is no request" in said) == (2, True)
    assert "Traceback" not in said


def test_whoever_is_elevated_to_a_role_with_a_filter_sees_its_rows_and_columns_only(retail, desk_of):
    desk = desk_of(retail)
    curated = f'"{desk.names.database("curated")}"."customers"'
    request = desk.ask(dataset="customers", role="analyst")
    granted = desk.decide(request.id, "customers.owner@example.com")
    assert granted.status == "GRANTED", (granted.error, granted.cause)
    try:
        steward, analyst = (retail.as_role(duty) for duty in ("steward", "analyst"))
        everyone = int(retail.query(f"SELECT count(*) FROM {curated}", steward)[0][0])
        seen = desk.sees(table=curated)
        assert 0 < seen < everyone
        assert seen == int(retail.query(f"SELECT count(*) FROM {curated}", analyst)[0][0])
        with pytest.raises(CommandFailed, match="COLUMN_NOT_FOUND"):
            elevated_queries.answer(
                desk.connection, desk.names, person=ANN, sql=f"SELECT phone FROM {curated}"
            )
    finally:
        own = elevations.holding(desk.connection, desk.names, ANN, "analyst")
        elevations.give_back(own, desk.names, granted.id, person=ANN)
        desk.ended(granted.id)
    assert desk.sees(table=curated) is None
