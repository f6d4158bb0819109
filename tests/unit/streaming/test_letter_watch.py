"""Loaders are called to look at their dead letters, each by its own schedule, and nobody else may be called."""

from __future__ import annotations

import json

import pytest
from aws_cdk import assertions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from data_platform.streaming import LetterWatch

NAMES = ("orders", "web_requests")


@pytest.fixture
def template(stack):
    LetterWatch(
        stack,
        "Watch",
        name="dp-test-retail-load",
        functions={name: lambda_.Function.from_function_name(stack, name, f"load-{name}") for name in NAMES},
        dead_letters=sqs.Queue(stack, "Queue"),
        dead_letters_key=kms.Key(stack, "Key"),
    )
    return assertions.Template.from_stack(stack)


def test_each_loader_looks_every_five_minutes(template):
    schedules = [each["Properties"] for each in template.find_resources("AWS::Scheduler::Schedule").values()]

    assert sorted(each["Name"] for each in schedules) == sorted(NAMES)
    assert {each["ScheduleExpression"] for each in schedules} == {"rate(5 minutes)"}
    assert [json.loads(each["Target"]["Input"]) for each in schedules] == [{"look": "dead-letters"}] * 2


def test_a_call_that_cannot_be_made_is_kept_and_the_next_look_is_not_waited_for(template):
    for each in template.find_resources("AWS::Scheduler::Schedule").values():
        target = each["Properties"]["Target"]

        assert "Arn" in target["DeadLetterConfig"]
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] < 300


def test_the_role_calls_these_functions_alone_and_for_schedules_of_the_account_alone(template):
    (policy,) = template.find_resources("AWS::IAM::ManagedPolicy").values()
    (role,) = template.find_resources("AWS::IAM::Role").values()
    called = policy["Properties"]["PolicyDocument"]["Statement"][0]

    assert called["Action"] == "lambda:InvokeFunction"
    assert len(called["Resource"]) == len(NAMES)
    assert "*" not in json.dumps(called["Resource"])
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}
