"""A secret part is made up by CloudFormation, under a customer key, and a reviewer reads why no timer changes it."""

from __future__ import annotations

import json

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_kms as kms

from data_platform.acknowledgement import UnacceptableAcknowledgementError
from data_platform.generated_secret import generated_secret

KEY = "arn:aws:kms:ap-southeast-2:111111111111:key/0d9b9f0e-0000-4000-8000-000000000000"
WHY = "The owner of the database rotates it by the page on databases, and only the owner can decrypt it."


def secret(stack, **given):
    return generated_secret(
        stack,
        **{
            "name": "dp-test-login",
            "description": "Login of a test",
            "known": json.dumps({"username": "capture"}),
            "key": kms.Key.from_key_arn(stack, "Key", KEY),
            "removal_policy": cdk.RemovalPolicy.RETAIN,
            "without_timer": WHY,
        }
        | given,
    )


def template_of(stack):
    (found,) = assertions.Template.from_stack(stack).find_resources("AWS::SecretsManager::Secret").values()
    return found


def test_a_password_is_made_up_beside_what_is_known_and_stands_in_no_template(stack):
    secret(stack)

    made = template_of(stack)["Properties"]
    assert made["GenerateSecretString"] == {
        "SecretStringTemplate": '{"username": "capture"}',
        "GenerateStringKey": "password",
        "PasswordLength": 40,
        "ExcludePunctuation": True,
        "IncludeSpace": False,
    }
    assert made["KmsKeyId"] == KEY
    assert "SecretString" not in made


def test_what_is_made_up_can_have_another_name_and_length(stack):
    secret(stack, generated="1", characters=64)

    asked = template_of(stack)["Properties"]["GenerateSecretString"]
    assert (asked["GenerateStringKey"], asked["PasswordLength"]) == ("1", 64)


@pytest.mark.parametrize(
    ("policy", "kept"), [(cdk.RemovalPolicy.RETAIN, "Retain"), (cdk.RemovalPolicy.DESTROY, "Delete")]
)
def test_it_outlives_its_stack_where_the_environment_says_so(stack, policy, kept):
    secret(stack, removal_policy=policy)

    assert template_of(stack)["DeletionPolicy"] == kept


def test_each_pack_that_wants_a_timer_reads_why_there_is_none(stack):
    made = secret(stack)

    told = {
        rule: reason
        for each in made.node.metadata
        if each.type == "aws:cdk:acknowledged-rules"
        for rule, reason in each.data.items()
    }
    assert told == {
        "AwsSolutions::AwsSolutions-SMG4": WHY,
        "HIPAA.Security::HIPAA.Security-SecretsManagerRotationEnabled": WHY,
        "NIST.800.53.R5::NIST.800.53.R5-SecretsManagerRotationEnabled": WHY,
    }


def test_a_reason_that_explains_nothing_is_refused(stack):
    with pytest.raises(UnacceptableAcknowledgementError, match="too short"):
        secret(stack, without_timer="not needed")
