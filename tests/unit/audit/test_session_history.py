"""Who came through the bastion is kept day by day, and a day that fails is not silent."""

from __future__ import annotations

import json

import pytest

from data_platform.audit.session_history import definition

UNTIL = "2026-11-28T01:00:00Z"


@pytest.fixture
def states(names):
    return definition(names, "/dp-dev/bastion")["States"]


def test_each_call_is_limited_retried_and_caught(states):
    calls = [state for state in states.values() if state["Type"] == "Task"]

    assert len(calls) == 2
    assert all(state["TimeoutSeconds"] and state["Retry"] and state["Catch"] for state in calls)


def test_every_state_leads_somewhere(states):
    led = {
        target
        for state in states.values()
        for target in [
            state.get("Next"),
            state.get("Default"),
            *(choice["Next"] for choice in state.get("Choices", [])),
            *(caught["Next"] for caught in state.get("Catch", [])),
        ]
        if target
    }

    assert led | {"Day"} == set(states)


def test_a_page_of_long_lines_fits_into_a_state(states):
    asked = states["Read"]["Arguments"]
    line = {"EventId": "3" * 56, "IngestionTime": 1764291600000, "LogStreamName": "i-" + "0" * 17}
    line |= {"Message": "x" * 300, "Timestamp": 1764291600000}

    assert "'Limit': 500" in asked
    assert 500 * len(json.dumps(line)) < 256 * 1024


def test_what_is_put_under_a_lock_has_a_checksum(states):
    assert states["Keep"]["Arguments"]["ChecksumAlgorithm"] == "SHA256"


def test_the_machine_adds_to_its_own_part_of_the_store_and_takes_nothing_away(audit):
    statements = [
        statement
        for policy in audit().find_resources("AWS::S3::BucketPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Sid") == "SessionHistoryAdds"
    ]

    assert [statement["Action"] for statement in statements] == ["s3:PutObject"]
    assert "/sessions/*" in json.dumps(statements[0]["Resource"])


def test_a_day_that_is_not_kept_raises_an_alarm(audit):
    audit().has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {"AlarmName": "dp-dev-session-history-lost", "MetricName": "ExecutionsFailed"},
    )


def test_it_runs_every_night_after_the_day_has_ended(audit):
    (schedule,) = audit().find_resources("AWS::Scheduler::Schedule").values()
    found = schedule["Properties"]

    assert (found["ScheduleExpression"], found["ScheduleExpressionTimezone"]) == ("cron(0 1 * * ? *)", "UTC")
    assert json.loads(found["Target"]["Input"]) == {"until": "<aws.scheduler.scheduled-time>"}
