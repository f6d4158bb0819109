"""The desk at which people ask for access for a time, decide and use it, on the deployed platform."""

from __future__ import annotations

import datetime as dt

import pytest

from operations import elevated_queries, elevations
from operations.connection import connect
from operations.exit_codes import CommandFailed


class Desk:
    """Where people ask, decide and use."""

    ann, bob, owner = "ann@example.com", "bob@example.com", "operations.owner@example.com"
    reason = "ticket 42: why were these flights quarantined"

    def __init__(self, platform):
        self.platform, self.names = platform, platform.names
        self.table = f'"{self.names.database("staged")}"."flights_quarantine"'

    @property
    def connection(self):
        return connect("local", state=self.platform.state)

    def ask(self, person=ann, *, role="steward", hours="1", reason=reason, dataset="flights", zone=""):
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

    def until(self, request, wanted, seconds=240):
        return elevations.follow(self.connection, self.names, request, until=wanted, seconds=seconds)

    def ended(self, request, seconds=240):
        return self.until(request, lambda one: one.status in elevations.ENDED, seconds)

    def granted(self, person=ann, **asked):
        request = self.ask(person, **asked)
        assert request.status == "PENDING", (request.error, request.cause)
        granted = self.decide(request.id, self.owner)
        assert granted.status == "GRANTED", (granted.error, granted.cause)
        return granted

    def sees(self, person=ann, table=None):
        """The number of rows that somebody counts in the table while elevated; None when it is refused."""
        question = f"SELECT count(*) FROM {table or self.table}"
        try:
            answer = elevated_queries.answer(self.connection, self.names, person=person, sql=question)
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
def desk_of():
    """Makes the desk of a domain."""
    return Desk


@pytest.fixture
def desk(platform):
    made = Desk(platform)
    yield made
    for one in elevations.records(made.connection, made.names):  # a test that failed leaves no access behind
        if one.status == "GRANTED":
            made.abandon(one.id, ended=dt.timedelta(minutes=2))
            assert made.sweep().status == "SUCCEEDED"
