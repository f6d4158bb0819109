"""Who writes to raw for databases: the extractor and DMS, each to its own place, and the machine takes from there."""

from __future__ import annotations

import json

import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from data_platform.contracts.naming import Naming
from data_platform.storage import ExtractorRole, ReplicationRole

NAMES = Naming(organisation="dp", environment="dev", domain="retail", account="111111111111")


@pytest.fixture
def statements(stack):
    """Statements of the bucket's policy by their names."""
    raw, key = s3.Bucket(stack, "Raw"), kms.Key(stack, "Key")
    ExtractorRole(stack, "Extractor", naming=NAMES, key=key, raw=raw)
    ReplicationRole(stack, "Replication", naming=NAMES, key=key, raw=raw, datasets=["orders"])
    (policy,) = Template.from_stack(stack).find_resources("AWS::S3::BucketPolicy").values()
    return {each["Sid"]: each for each in policy["Properties"]["PolicyDocument"]["Statement"]}


def test_the_extractor_reads_back_manifests_and_no_row(statements):
    assert statements["ReadOwnManifests"]["Action"] == "s3:GetObject"
    assert json.dumps(statements["ReadOwnManifests"]["Resource"]).count("/_extractions/*") == 1


def test_the_extractor_deletes_nothing(statements):
    assert statements["ExtractFiles"]["Action"] == ["s3:AbortMultipartUpload", "s3:PutObject"]


def test_dms_reaches_its_own_place_only(statements):
    assert json.dumps(statements["ReplicateFiles"]["Resource"]).count("/_dms/*") == 1


def test_the_machine_alone_takes_what_dms_wrote_to_the_datasets_that_it_copies(statements):
    who = {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/dp-dev-retail-pipeline"}}
    taken, registered = statements["TakeReplicatedFiles"], statements["RegisterReplicatedFiles"]

    assert taken["Condition"] == registered["Condition"] == who
    assert "/orders/source=*" in json.dumps(registered["Resource"])
