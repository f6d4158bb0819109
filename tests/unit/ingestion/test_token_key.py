"""The secret of token keys: generated, under the domain's key, and closed to all but two roles."""

from __future__ import annotations

import json

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from data_platform.contracts.naming import Naming
from data_platform.ingestion import TokenKey, eraser_policy, token_keeper_policy, token_reader_policy

NAMING = Naming(organisation="dp", environment="dev", domain="retail", account="111111111111")


@pytest.fixture
def key(stack):
    return kms.Key(stack, "Key")


@pytest.fixture
def secret(stack, key):
    made = TokenKey(stack, "TokenKey", naming=NAMING, key=key, removal_policy=cdk.RemovalPolicy.RETAIN)
    return made.secret


def _only(stack, resource_type):
    (found,) = Template.from_stack(stack).find_resources(resource_type).values()
    return found


def test_cloudformation_generates_the_first_key_in_the_form_that_landing_reads(stack, secret):
    made = _only(stack, "AWS::SecretsManager::Secret")
    asked = made["Properties"]["GenerateSecretString"]
    assert json.loads(asked["SecretStringTemplate"]) == {"current": 1}
    assert (asked["GenerateStringKey"], asked["PasswordLength"]) == ("1", 64)
    assert "SecretString" not in made["Properties"]
    assert made["DeletionPolicy"] == "Retain"


def test_nobody_but_who_masks_what_lands_and_the_keeper_reads_the_keys(stack, secret):
    policy = _only(stack, "AWS::SecretsManager::ResourcePolicy")["Properties"]
    readers, writers = policy["ResourcePolicy"]["Statement"]
    roles = readers["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    assert (readers["Effect"], readers["Action"]) == ("Deny", "secretsmanager:GetSecretValue")
    assert roles == [NAMING.role_arn(duty) for duty in ("landing", "extractor", "token-keeper")]
    assert writers["Condition"]["ArnNotEquals"]["aws:PrincipalArn"] == [NAMING.role_arn("token-keeper")]
    assert policy["BlockPublicPolicy"] is True


def _actions(policy):
    document = policy["Properties"]["PolicyDocument"]["Statement"]
    return [(one["Action"], one["Resource"]) for one in document]


def test_landing_reads_exactly_its_domains_keys(stack, key, secret):
    role = iam.Role.from_role_arn(stack, "Landing", NAMING.role_arn("landing"))
    token_reader_policy(stack, "Reader", role=role, secret_arn=secret.ref, key=key)

    policy = _only(stack, "AWS::IAM::ManagedPolicy")
    assert policy["Properties"]["Roles"] == ["dp-dev-retail-landing"]
    ((read, resource), (decrypt, _)) = _actions(policy)
    assert (read, decrypt) == ("secretsmanager:GetSecretValue", "kms:Decrypt")
    assert resource == {"Ref": stack.get_logical_id(secret)}


def test_the_keeper_writes_one_named_file_and_no_other(stack, key, secret):
    role = iam.Role(stack, "Keeper", assumed_by=iam.AccountRootPrincipal())
    token_keeper_policy(stack, "Policy", role=role, naming=NAMING, secret_arn=secret.ref, key=key)

    resources = [resource for _, resource in _actions(_only(stack, "AWS::IAM::ManagedPolicy"))]
    assert (
        "arn:aws:s3:::dp-dev-retail-staged-111111111111-ap-southeast-2/token_mapping/mapping.parquet"
        in resources
    )
    assert "*" not in str(resources)


LOCKS_OF_A_BUCKET = ["s3:GetBucketObjectLockConfiguration", "s3:ListBucketVersions"]


def test_the_eraser_may_ask_for_locks_and_touch_no_object(stack):
    role = iam.Role(stack, "Eraser", assumed_by=iam.AccountRootPrincipal())
    eraser_policy(stack, "Policy", role=role, naming=NAMING, locked=True)

    actions = [action for action, _ in _actions(_only(stack, "AWS::IAM::ManagedPolicy"))]
    assert actions == [LOCKS_OF_A_BUCKET, "s3:GetObjectRetention"]


def test_the_eraser_asks_no_object_for_a_lock_where_raw_locks_none(stack):
    role = iam.Role(stack, "Eraser", assumed_by=iam.AccountRootPrincipal())
    eraser_policy(stack, "Policy", role=role, naming=NAMING, locked=False)

    actions = [action for action, _ in _actions(_only(stack, "AWS::IAM::ManagedPolicy"))]
    assert actions == [LOCKS_OF_A_BUCKET]
