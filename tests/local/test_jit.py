"""Access for a time on the embedded AWS: granted, used, expired, given back, refused, and with crashed revokers."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from operations import elevations
from operations.connection import connect
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
SHORT, LONG = "0.005", "1"  # hours: 18 seconds, and more than a test waits
DENIED = r"Insufficient Lake Formation permission|AccessDenied"
PATIENCE_SECONDS = 30  # the sweeper's, before it takes away what another should have


class Desk:
    """Where people ask, decide and use."""

    def __init__(self, platform):
        self.platform, self.names = platform, platform.names
        self.table = f'"{self.names.database("staged")}"."flights_quarantine"'

    @property
    def connection(self):
        return connect("local", state=self.platform.state)

    def ask(self, person=ANN, *, role="steward", hours=LONG, reason=REASON, dataset="flights", zone=""):
        own = elevations.holding(self.connection, self.names, person, "analyst")
        request = elevations.ask(
            own, self.names, person=person, dataset=dataset, role=role, hours=hours, reason=reason, zone=zone
        )
        return self.until(request, lambda one: one.status != "REQUESTED")

    def decide(self, request, person, decision="approve"):
        approver = elevations.approving(self.connection, self.names, person)
        before = elevations.record(approver, self.names, request)
        elevations.decide(approver, self.names, request, person=person, decision=decision)
        return self.until(
            request,
            lambda one: one.objection != before.objection or one.status in ("GRANTED", *elevations.ENDED),
        )

    def until(self, request, wanted, seconds=90):
        return elevations.follow(self.connection, self.names, request, until=wanted, seconds=seconds)

    def ended(self, request, seconds=120):
        return self.until(request, lambda one: one.status in elevations.ENDED, seconds)

    def granted(self, person=ANN, **asked):
        request = self.ask(person, **asked)
        assert request.status == "PENDING", (request.error, request.cause)
        granted = self.decide(request.id, OWNER)
        assert granted.status == "GRANTED", (granted.error, granted.cause)
        return granted

    def sees(self, person=ANN, table=None):
        """The number of rows that somebody counts in the table while elevated; None when it is refused."""
        elevated = elevations.elevated(self.connection, self.names, person)
        try:
            answer = ask(
                elevated, f"SELECT count(*) FROM {table or self.table}", workgroup=self.names.workgroup
            )
        except CommandFailed as refused:
            if "Insufficient Lake Formation permission" not in str(refused):
                raise
            return None
        return int(answer.rows[0][0])

    def execution(self, request):
        return f"arn:aws:states:{self.names.region}:{self.names.account}:execution:{self.names.prefix}-elevation:{request}"

    def sweep_by_the_clock(self):
        """Let five minutes pass for the schedules."""
        file = self.platform.state / "clock-offset"
        before = float(file.read_text()) if file.exists() else 0.0
        file.write_text(str(before + 301))

    def abandon(self, request, *, ended):
        """The machine is gone, and by its record the access ended so long ago."""
        self.platform.client("stepfunctions").stop_execution(executionArn=self.execution(request))
        past = (dt.datetime.now(tz=dt.UTC) - ended).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        self.platform.client("dynamodb").update_item(
            TableName=f"{self.names.prefix}-access",
            Key={"person": {"S": "#elevation"}, "item": {"S": request}},
            UpdateExpression="SET ends_at = :past",
            ExpressionAttributeValues={":past": {"S": past}},
        )

    def sweep(self):
        arn = f"arn:aws:states:{self.names.region}:{self.names.account}:stateMachine:{self.names.prefix}-elevation-sweeper"
        started = self.platform.client("stepfunctions").start_execution(stateMachineArn=arn)
        return self.platform.wait(started["executionArn"])


@pytest.fixture
def desk(platform):
    made = Desk(platform)
    yield made
    for one in elevations.records(made.connection, made.names):  # a test that failed leaves no access behind
        if one.status == "GRANTED":
            made.abandon(one.id, ended=dt.timedelta(minutes=2))
            assert made.sweep().status == "SUCCEEDED"


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
        ask(analyst, f"SELECT count(*) FROM {desk.table}", workgroup=desk.names.workgroup)


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


@pytest.mark.parametrize("crash", ["the execution is stopped", "the process is killed"])
def test_access_ends_also_when_the_revoker_crashed(desk, crash):
    granted = desk.granted(hours=SHORT)
    time.sleep(2)  # the embedded AWS writes what it holds every second
    if crash == "the execution is stopped":
        desk.platform.client("stepfunctions").stop_execution(executionArn=desk.execution(granted.id))
    else:
        os.kill(json.loads((desk.platform.state / "endpoint.json").read_text())["pid"], signal.SIGKILL)
        desk.platform.server("start")
    end = dt.datetime.fromisoformat(granted.ends_at)
    time.sleep(max(0.0, (end - dt.datetime.now(tz=dt.UTC)).total_seconds()) + PATIENCE_SECONDS + 2)
    assert desk.sees() is not None, "nobody has taken it away yet: the revoker crashed"

    desk.sweep_by_the_clock()
    ended = desk.ended(granted.id)
    assert (ended.status, ended.revoked_by) == ("REVOKED", "sweeper")
    assert desk.sees() is None


def test_access_that_lasted_too_long_is_taken_away_and_wakes_somebody(desk):
    granted = desk.granted()
    desk.abandon(granted.id, ended=dt.timedelta(hours=1))
    swept = desk.sweep()
    assert (swept.status, swept.error) == ("FAILED", "RevokedLate")
    assert granted.id in swept.cause
    assert desk.ended(granted.id).revoked_by == "sweeper"
    assert desk.sees() is None
    assert _rings(desk, "revocation-failed")


def test_a_grant_that_cannot_be_taken_away_is_tried_again_and_wakes_somebody(desk):
    granted = desk.granted()
    machine = desk.names.role_arn("elevation")
    lake = desk.platform.client("lakeformation")
    table = {"Table": {"DatabaseName": desk.names.database("staged"), "Name": "flights_quarantine"}}
    options = {
        "Principal": {"DataLakePrincipalIdentifier": machine},
        "Resource": table,
        "Permissions": ["SELECT", "DESCRIBE"],
        "PermissionsWithGrantOption": ["SELECT", "DESCRIBE"],
    }
    lake.revoke_permissions(**options)
    desk.abandon(granted.id, ended=dt.timedelta(minutes=2))
    failed = desk.sweep()
    assert (failed.status, failed.error) == ("FAILED", "NotRevoked")
    assert granted.id in failed.cause
    lake.grant_permissions(**options)
    assert desk.sweep().status == "SUCCEEDED"
    assert desk.ended(granted.id).status == "REVOKED"
    assert desk.sees() is None


def test_a_request_of_which_nobody_wrote_is_not_followed(desk):
    name = f"aviation-20260101T0000-{uuid.uuid4().hex[:8]}"
    started = desk.platform.client("stepfunctions").start_execution(
        stateMachineArn=desk.execution(name).replace(":execution:", ":stateMachine:").rsplit(":", 1)[0],
        name=name,
        input=json.dumps({"requester": ANN}),
    )
    run = desk.platform.wait(started["executionArn"])
    assert (run.status, run.output["error"]) == ("SUCCEEDED", "NothingAsked")


def _rings(desk, alarm, seconds=90):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = desk.platform.client("cloudwatch").describe_alarms(
            AlarmNames=[f"{desk.names.prefix}-{alarm}"]
        )
        if found["MetricAlarms"][0]["StateValue"] == "ALARM":
            return True
        time.sleep(1)
    return False


def test_whoever_is_elevated_to_a_role_with_a_filter_sees_its_rows_and_columns_only(retail):
    desk = Desk(retail)
    curated = f'"{desk.names.database("curated")}"."customers"'
    request = desk.ask(dataset="customers", role="analyst")
    granted = desk.decide(request.id, "customers.owner@example.com")
    assert granted.status == "GRANTED", (granted.error, granted.cause)
    try:
        elevated = elevations.elevated(desk.connection, desk.names, ANN)
        steward, analyst = (retail.as_role(duty) for duty in ("steward", "analyst"))
        everyone = int(retail.query(f"SELECT count(*) FROM {curated}", steward)[0][0])
        seen = desk.sees(table=curated)
        assert 0 < seen < everyone
        assert seen == int(retail.query(f"SELECT count(*) FROM {curated}", analyst)[0][0])
        with pytest.raises(CommandFailed, match="COLUMN_NOT_FOUND"):
            ask(elevated, f"SELECT phone FROM {curated}", workgroup=desk.names.workgroup)
    finally:
        own = elevations.holding(desk.connection, desk.names, ANN, "analyst")
        elevations.give_back(own, desk.names, granted.id, person=ANN)
        desk.ended(granted.id)
    assert desk.sees(table=curated) is None
