"""A schedule starts its target by its own role, with the time it was due, and fails into its own queue."""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
from pathlib import Path

import pytest

from local.services.scheduler.expressions import Expression
from tests.waiting import received

_ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_SERVICE = "scheduler.amazonaws.com"


@pytest.fixture
def clock(secured_aws):
    """Moves the server's clock to just before a moment, instead of waiting for it."""
    file = Path(secured_aws.endpoint.state_dir) / "clock-offset"

    def move(to):
        file.write_text(str(to.timestamp() - time.time()))

    yield move
    file.unlink(missing_ok=True)


def _next_five_in_melbourne():
    now = dt.datetime.now(dt.UTC)
    return Expression(text="cron(0 5 * * ? *)", zone="Australia/Melbourne").next_after(now, anchor=now)


def _queue(aws):
    name = f"q-{uuid.uuid4().hex[:6]}"
    url = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url, f"arn:aws:sqs:ap-southeast-2:000000000000:{name}"


def _schedule(aws, target, role, **given):
    properties = {
        "ScheduleExpression": "cron(0 5 * * ? *)",
        "ScheduleExpressionTimezone": "Australia/Melbourne",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": target, "RoleArn": role, **given},
    }
    return aws.deploy({"S": {"Type": "AWS::Scheduler::Schedule", "Properties": properties}})


def _fire(secured_aws, clock):
    planned = _next_five_in_melbourne()
    clock(planned - dt.timedelta(seconds=60))
    time.sleep(4)  # at least one sweep must see the schedule before its time
    clock(planned + dt.timedelta(seconds=1))
    return planned


def test_a_schedule_in_melbourne_fires_with_the_time_it_was_due(secured_aws, clock):
    url, arn = _queue(secured_aws)
    role = secured_aws.role({"Effect": "Allow", "Action": "sqs:*", "Resource": arn}, service=_SERVICE)
    stack = _schedule(secured_aws, arn, role, Input='{"at":"<aws.scheduler.scheduled-time>"}')
    found = secured_aws.client("scheduler").get_schedule(Name=secured_aws.resource(stack, "S"))
    assert found["ScheduleExpressionTimezone"] == "Australia/Melbourne"
    planned = _fire(secured_aws, clock)
    body = json.loads(received(secured_aws, url)["Body"])
    assert body == {"at": planned.strftime("%Y-%m-%dT%H:%M:%SZ")}
    secured_aws.delete(stack)


def test_what_the_role_may_not_start_goes_to_the_dead_letter_queue(secured_aws, clock):
    url, arn = _queue(secured_aws)
    role = secured_aws.role({"Effect": "Allow", "Action": "sqs:*", "Resource": arn}, service=_SERVICE)
    machine = "arn:aws:states:ap-southeast-2:000000000000:stateMachine:none"
    dead = {"DeadLetterConfig": {"Arn": arn}, "RetryPolicy": {"MaximumRetryAttempts": 2}}
    stack = _schedule(secured_aws, machine, role, Input='{"x":1}', **dead)
    _fire(secured_aws, clock)
    message = received(secured_aws, url)
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert message["Body"] == '{"x":1}'
    assert attributes["ERROR_CODE"].startswith("AccessDenied")
    assert attributes["TARGET_ARN"] == machine
    secured_aws.delete(stack)


def test_a_role_that_does_not_trust_the_scheduler_is_refused_at_creation(secured_aws):
    _, arn = _queue(secured_aws)
    client = secured_aws.client("scheduler")
    with pytest.raises(
        client.exceptions.ValidationException, match="must allow AWS EventBridge Scheduler to assume"
    ):
        client.create_schedule(
            Name="untrusted",
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": secured_aws.role(_ALLOW_ALL)},
        )
