"""A schedule's role makes one call, keeps what it could not make, and works for its own account alone."""

from __future__ import annotations

import pytest
from aws_cdk import assertions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from data_platform.schedule_role import schedule_role

TARGET = "arn:aws:states:ap-southeast-2:111111111111:stateMachine:sweep"
QUEUE = "arn:aws:sqs:ap-southeast-2:111111111111:dead"
KEY = "arn:aws:kms:ap-southeast-2:111111111111:key/0d9b9f0e-0000-4000-8000-000000000000"


@pytest.fixture
def made(stack):
    return schedule_role(
        stack,
        "Starter",
        policy_id="StarterPolicy",
        name="dp-test-sweep-starter",
        description="Starts the sweeper",
        action="states:StartExecution",
        on=[TARGET],
        dead_letters=sqs.Queue.from_queue_arn(stack, "Queue", QUEUE),
        dead_letters_key=kms.Key.from_key_arn(stack, "Key", KEY),
    )


def only(stack, kind):
    (found,) = assertions.Template.from_stack(stack).find_resources(kind).values()
    return found["Properties"]


def test_only_schedules_of_the_stacks_account_take_it(stack, made):
    (trust,) = only(stack, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}


def test_it_makes_its_call_and_keeps_dead_letters_and_nothing_else(stack, made):
    statements = only(stack, "AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]

    assert [(each["Action"], each["Resource"]) for each in statements] == [
        ("states:StartExecution", TARGET),
        ("sqs:SendMessage", QUEUE),
        (["kms:Decrypt", "kms:GenerateDataKey"], KEY),
    ]


def test_role_and_policy_stand_under_the_names_that_the_caller_says(stack, made):
    role, policy = made

    assert (role.node.path, policy.node.path) == ("Stack/Starter", "Stack/StarterPolicy")
    assert only(stack, "AWS::IAM::ManagedPolicy")["Roles"] == [
        {"Ref": stack.get_logical_id(role.node.default_child)}
    ]
