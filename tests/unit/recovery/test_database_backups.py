"""Databases in the plan: what the role may copy, and what it may never touch."""

from __future__ import annotations

import json

import pytest
from aws_cdk import aws_rds as rds
from aws_cdk.assertions import Template

from data_platform.recovery import DatabaseBackups

VAULTS = [
    "arn:aws:backup:ap-southeast-2:111111111111:backup-vault:v",
    "arn:aws:backup:ap-southeast-4:1:backup-vault:v",
]


@pytest.fixture
def template(stack):
    DatabaseBackups(
        stack,
        "Backups",
        databases={name: rds.CfnDBInstance(stack, name) for name in ("shop", "books")},
        plan_id="plan",
        vault_arns=VAULTS,
        key_arns=["arn:aws:kms:ap-southeast-2:111111111111:key/domain"],
        name="dp-dev-retail-database-backup",
    )
    return Template.from_stack(stack)


@pytest.fixture
def statements(template):
    (policy,) = template.find_resources("AWS::IAM::ManagedPolicy").values()
    return policy["Properties"]["PolicyDocument"]["Statement"]


def test_one_selection_holds_all_databases_of_the_stack(template):
    (selection,) = template.find_resources("AWS::Backup::BackupSelection").values()

    assert len(selection["Properties"]["BackupSelection"]["Resources"]) == 2


def test_the_role_changes_no_instance_and_deletes_no_snapshot_but_its_own(statements):
    deleting = [each for each in statements if "rds:DeleteDBSnapshot" in each["Action"]]

    assert [each["Resource"] for each in deleting] == ["arn:aws:rds:*:111111111111:snapshot:awsbackup:*"]
    assert "rds:ModifyDBInstance" not in json.dumps(statements)
    assert "rds:DeleteDBInstance" not in json.dumps(statements)


def test_grants_of_keys_are_for_services_only(statements):
    (grant,) = (each for each in statements if each["Action"] == "kms:CreateGrant")

    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_only_aws_backup_of_this_account_takes_the_role(template):
    (role,) = template.find_resources("AWS::IAM::Role").values()
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "backup.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}
