"""Who reaches the objects of a zone: exactly the roles that the bucket's own policy names."""

from __future__ import annotations

import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from data_platform.contracts.naming import Naming
from data_platform.storage import LakeRole, LandingRole

NAMES = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
WHO = ["arn:aws:iam::111111111111:root"]


@pytest.fixture
def template(stack):
    key = kms.Key(stack, "Key")
    zones = {zone: s3.Bucket(stack, zone.title()) for zone in ("raw", "staged", "curated", "sandbox")}
    LakeRole(stack, "Lake", naming=NAMES, key=key, buckets=zones)
    LandingRole(stack, "Landing", naming=NAMES, key=key, raw=zones["raw"], principals=WHO)
    return Template.from_stack(stack)


def _allowed(template, role):
    """Actions that bucket policies allow a role, by bucket."""
    found = {}
    for policy in template.find_resources("AWS::S3::BucketPolicy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if role in str(statement["Principal"]):
                found.setdefault(policy["Properties"]["Bucket"]["Ref"][:3], set()).update(statement["Action"])
    return found


def test_only_lake_formation_of_this_account_takes_the_lake_role(template):
    roles = template.find_resources("AWS::IAM::Role", {"Properties": {"RoleName": "dp-dev-aviation-lake"}})
    (role,) = roles.values()
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lakeformation.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}


def test_the_lake_role_reaches_the_governed_zones_and_not_the_sandbox(template):
    assert sorted(_allowed(template, "LakeRole")) == ["Cur", "Raw", "Sta"]


def test_the_landing_role_writes_to_raw_and_reads_nothing_back(template):
    assert _allowed(template, "LandingRole") == {"Raw": {"s3:AbortMultipartUpload", "s3:PutObject"}}


def test_no_policy_of_these_roles_speaks_of_objects(template):
    assert "s3:" not in str(template.find_resources("AWS::IAM::ManagedPolicy"))
