"""Every state machine is traced and logged to an encrypted log group."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from data_platform.logged_machine import logged_machine

NOTHING = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}


def _template(stack, **given):
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    given = {"log_data": True, **given}
    logged_machine(
        stack,
        name="dp-nothing",
        definition=NOTHING,
        role=role,
        log_key=kms.Key(stack, "Key"),
        log_retention_days=30,
        removal_policy=cdk.RemovalPolicy.DESTROY,
        **given,
    )
    return assertions.Template.from_stack(stack)


@pytest.mark.parametrize("log_data", [True, False])
def test_everything_is_logged_and_data_only_where_it_may_be(stack, log_data):
    _template(stack, log_data=log_data).has_resource_properties(
        "AWS::StepFunctions::StateMachine",
        {
            "TracingConfiguration": {"Enabled": True},
            "LoggingConfiguration": {
                "Level": "ALL",
                "IncludeExecutionData": log_data,
                "Destinations": assertions.Match.any_value(),
            },
        },
    )


def test_the_log_lies_where_no_resource_policy_grows(stack):
    _template(stack).has_resource_properties(
        "AWS::Logs::LogGroup",
        {"LogGroupName": "/aws/vendedlogs/states/dp-nothing", "KmsKeyId": assertions.Match.any_value()},
    )


def test_an_express_machine_says_so(stack):
    _template(stack, kind="EXPRESS").has_resource_properties(
        "AWS::StepFunctions::StateMachine", {"StateMachineType": "EXPRESS"}
    )
