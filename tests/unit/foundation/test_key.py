from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from data_platform.foundation import CustomerKey, KeyService

ROLE = "arn:aws:iam::111111111111:role/dp-dev-aviation-pipeline"
READER = "arn:aws:iam::111111111111:role/dp-dev-aviation-analyst"
BUCKET = "arn:aws:s3:::sandbox"


@pytest.fixture
def statements(stack):
    def make(**settings):
        CustomerKey(
            stack,
            "Key",
            alias="dp-dev",
            description="Test",
            removal_policy=cdk.RemovalPolicy.RETAIN,
            **settings,
        )
        (key,) = Template.from_stack(stack).find_resources("AWS::KMS::Key").values()
        return {statement["Sid"]: statement for statement in key["Properties"]["KeyPolicy"]["Statement"]}

    return make


def test_the_key_rotates_and_has_an_alias(stack, statements):
    statements()
    template = Template.from_stack(stack)

    template.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})
    template.has_resource_properties("AWS::KMS::Alias", {"AliasName": "alias/dp-dev"})


def test_administrators_cannot_use_the_key(statements):
    actions = set(statements()["AdministrationWithoutUse"]["Action"])

    assert (
        actions & {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:*"} == set()
    )


def test_a_key_without_users_has_only_administrators(statements):
    assert list(statements()) == ["AdministrationWithoutUse"]


def test_only_named_roles_use_the_key(statements):
    statement = statements(role_arns=[ROLE])["UseByNamedRoles"]

    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": [ROLE]}}


def test_a_bucket_user_gets_the_key_only_through_s3_for_that_bucket(statements):
    condition = statements(bucket_users={BUCKET: [READER]})["UseThroughBucket1"]["Condition"]

    assert condition == {
        "ArnEquals": {"aws:PrincipalArn": [READER]},
        "StringEquals": {"kms:ViaService": "s3.ap-southeast-2.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [BUCKET, f"{BUCKET}/*"]},
    }


def test_logs_use_the_key_only_for_log_groups_of_the_account(statements):
    statement = statements(services=[KeyService.LOGS])["UseByLogs"]

    assert statement["Principal"] == {"Service": "logs.ap-southeast-2.amazonaws.com"}
    assert statement["Condition"]["ArnLike"] == {
        "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:ap-southeast-2:111111111111:log-group:*"
    }


@pytest.mark.parametrize(
    ("service", "sid"),
    [(KeyService.CLOUDWATCH_ALARMS, "UseByCloudwatchAlarms"), (KeyService.EVENTBRIDGE, "UseByEventbridge")],
)
def test_a_service_uses_the_key_only_for_this_account(statements, service, sid):
    statement = statements(services=[service])[sid]

    assert statement["Principal"] == {"Service": f"{service.value}.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}


def test_grants_are_made_only_through_the_service_that_holds_them(statements):
    statement = statements(role_arns=[ROLE], granting_services=["dynamodb"])["UseThroughDynamodb"]

    assert "kms:CreateGrant" in statement["Action"]
    assert statement["Condition"]["StringEquals"] == {
        "kms:ViaService": "dynamodb.ap-southeast-2.amazonaws.com"
    }


def test_no_action_is_a_wildcard(statements):
    every = statements(
        role_arns=[ROLE],
        bucket_users={BUCKET: [READER]},
        services=list(KeyService),
        granting_services=["ecr"],
    )

    assert [action for statement in every.values() for action in statement["Action"] if "*" in action] == []


def test_a_secret_user_gets_the_key_only_through_secrets_manager_for_secrets_of_the_account(statements):
    condition = statements(secret_users=[ROLE])["UseThroughSecretsManager"]["Condition"]

    assert ROLE in condition["ArnEquals"]["aws:PrincipalArn"]
    assert condition["StringEquals"] == {"kms:ViaService": "secretsmanager.ap-southeast-2.amazonaws.com"}
    assert condition["StringLike"] == {
        "kms:EncryptionContext:SecretARN": "arn:aws:secretsmanager:ap-southeast-2:111111111111:secret:*"
    }


def test_a_service_holds_the_key_for_its_resources_by_grants_that_only_it_can_be_given(statements):
    made = statements(resource_services={"rds": [ROLE]})
    grants = made["GrantsToRds"]

    assert grants["Action"] == "kms:CreateGrant"
    assert grants["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}
    assert grants["Condition"]["StringEquals"] == {
        "kms:CallerAccount": "111111111111",
        "kms:ViaService": "rds.ap-southeast-2.amazonaws.com",
    }
    assert ROLE in grants["Condition"]["ArnEquals"]["aws:PrincipalArn"]
    assert made["ResourcesOfRds"]["Condition"]["StringEquals"] == grants["Condition"]["StringEquals"]
