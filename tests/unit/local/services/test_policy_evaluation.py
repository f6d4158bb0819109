"""Policies are parsed once: what a document says holds for exactly its text, and a changed one counts at once."""

from __future__ import annotations

import json
import uuid

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def _document(*actions):
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
        }
    )


@pytest.fixture
def role(secured_aws):
    name = f"parsed-{uuid.uuid4()}"
    iam = secured_aws.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    return name, arn


def _lists(aws, arn):
    try:
        aws.client_as(arn, "sqs").list_queues()
    except ClientError as refused:
        return refused.response["Error"]["Code"]
    return "allowed"


def test_a_policy_that_changes_counts_at_the_next_request(secured_aws, role):
    name, arn = role
    iam = secured_aws.client("iam")
    seen = []
    for document in (_document("sqs:GetQueueUrl"), _document("sqs:List*"), _document("sqs:GetQueueUrl")):
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        seen.append(_lists(secured_aws, arn))
    assert seen == ["AccessDenied", "allowed", "AccessDenied"]


def test_roles_with_the_same_text_do_not_share_what_is_added_to_one(secured_aws, role):
    name, arn = role
    iam = secured_aws.client("iam")
    other = iam.create_role(RoleName=f"other-{uuid.uuid4()}", AssumeRolePolicyDocument=json.dumps(TRUST))[
        "Role"
    ]
    for one in (name, other["RoleName"]):
        iam.put_role_policy(RoleName=one, PolicyName="p", PolicyDocument=_document("sqs:GetQueueUrl"))
    iam.put_role_policy(RoleName=name, PolicyName="more", PolicyDocument=_document("sqs:ListQueues"))
    assert (_lists(secured_aws, arn), _lists(secured_aws, other["Arn"])) == ("allowed", "AccessDenied")


def test_a_document_decides_each_action_for_itself(secured_aws, role):
    name, arn = role
    mixed = json.loads(_document("sqs:*"))
    mixed["Statement"].append({"Effect": "Deny", "Action": "sqs:CreateQueue", "Resource": "*"})
    secured_aws.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(mixed))
    assert _lists(secured_aws, arn) == "allowed"
    with pytest.raises(ClientError, match="explicit deny"):
        secured_aws.client_as(arn, "sqs").create_queue(QueueName="denied")
    assert _lists(secured_aws, arn) == "allowed"


def test_a_bucket_policy_that_changes_counts_at_the_next_request(secured_aws, role):
    _, arn = role
    s3, bucket = secured_aws.client("s3"), f"parsed-{uuid.uuid4()}"
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": secured_aws.endpoint.region}
    )
    statement = {"Principal": {"AWS": arn}, "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    seen = []
    for effect in ("Allow", "Deny"):
        policy = {"Version": "2012-10-17", "Statement": [statement | {"Effect": effect}]}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        try:
            secured_aws.client_as(arn, "s3").list_objects_v2(Bucket=bucket)
            seen.append("allowed")
        except ClientError as refused:
            seen.append(refused.response["Error"]["Code"])
    assert seen == ["allowed", "AccessDenied"]
