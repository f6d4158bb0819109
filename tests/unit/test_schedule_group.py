"""Schedules stand beside what they start, wait for what they need, and lose no call."""

from __future__ import annotations

import json

import pytest
from aws_cdk import assertions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from data_platform.schedule_group import TIMEZONE, ScheduleGroup

TARGET = "arn:aws:states:ap-southeast-2:111111111111:stateMachine:sweep"
EVERY = {"name": "sweep", "description": "Sweep", "when": "rate(5 minutes)", "target": TARGET}


@pytest.fixture
def clock(stack):
    return Construct(stack, "Clock")


@pytest.fixture
def rights(clock):
    return iam.CfnManagedPolicy(clock, "Rights", policy_document={})


@pytest.fixture
def group(stack, clock, rights):
    return ScheduleGroup(
        clock,
        name="dp-test-sweep",
        role=iam.Role.from_role_name(stack, "Role", "starter"),
        dead_letters=sqs.Queue.from_queue_arn(stack, "Queue", "arn:aws:sqs:ap-southeast-2:111111111111:dead"),
        longest_try_seconds=240,
        most_tries=5,
        after=(rights,),
    )


def schedules(stack):
    found = assertions.Template.from_stack(stack).find_resources("AWS::Scheduler::Schedule")
    return {each["Properties"]["Name"]: each for each in found.values()}


def test_a_call_is_made_again_for_a_time_and_then_kept(stack, group):
    group.schedule("Sweep", **EVERY)

    target = schedules(stack)["sweep"]["Properties"]["Target"]
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 240, "MaximumRetryAttempts": 5}
    assert target["DeadLetterConfig"] == {"Arn": "arn:aws:sqs:ap-southeast-2:111111111111:dead"}


def test_each_schedule_of_the_group_comes_after_the_group_and_what_it_needs(stack, clock, group, rights):
    group.schedule("Sweep", **EVERY)
    group.schedule("Look", **{**EVERY, "name": "look"})

    needed = sorted(stack.get_logical_id(each) for each in (rights, clock.node.find_child("Group")))
    assert [sorted(each["DependsOn"]) for each in schedules(stack).values()] == [needed, needed]


def test_group_and_schedule_are_children_of_the_scope(clock, group):
    made = group.schedule("Sweep", **EVERY)

    assert made.node.path == "Stack/Clock/Sweep"
    assert clock.node.find_child("Group").name == made.group_name == "dp-test-sweep"


def test_what_is_given_arrives_as_json_in_its_order(stack, group):
    group.schedule("Run", **{**EVERY, "name": "run", "given": {"phase": "deadline", "dataset": "orders"}})
    group.schedule("Sweep", **EVERY)

    made = {name: each["Properties"]["Target"]["Input"] for name, each in schedules(stack).items()}
    assert made == {"run": json.dumps({"phase": "deadline", "dataset": "orders"}), "sweep": "{}"}


def test_it_fires_at_its_minute_by_the_clock_it_names_unless_it_is_off(stack, group):
    group.schedule("Sweep", **EVERY)
    group.schedule(
        "Run",
        **{**EVERY, "name": "run", "when": "cron(0 5 * * ? *)", "timezone": TIMEZONE, "enabled": False},
    )

    sweep, run = (schedules(stack)[name]["Properties"] for name in ("sweep", "run"))
    assert sweep["FlexibleTimeWindow"] == run["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert (sweep["State"], sweep.get("ScheduleExpressionTimezone")) == ("ENABLED", None)
    assert (run["State"], run["ScheduleExpressionTimezone"]) == ("DISABLED", "Australia/Melbourne")
