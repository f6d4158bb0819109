"""A bucket policy of a template goes through S3, with its refusals."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

_DENY = {"Effect": "Deny", "Action": "s3:*", "Principal": "*", "Resource": "*"}


def _resources(statement, **bucket):
    policy = {
        "Bucket": {"Ref": "Bucket"},
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    return {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": bucket},
        "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": policy},
    }


def test_the_policy_is_set_changed_and_removed(aws):
    resources = _resources(_DENY)
    stack = aws.deploy(resources)
    bucket, s3 = aws.resource(stack, "Bucket"), aws.client("s3")
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"] == [_DENY]
    aws.deploy(_resources(_DENY | {"Action": "s3:PutObject"}), stack=stack)
    assert (
        json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Action"] == "s3:PutObject"
    )
    aws.deploy({"Bucket": resources["Bucket"]}, stack=stack)
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=bucket)


def test_block_public_access_refuses_a_public_policy(aws):
    with pytest.raises(AssertionError, match="prevented by the BlockPublicPolicy"):
        aws.deploy(
            _resources(
                _DENY | {"Effect": "Allow", "Action": "s3:GetObject"},
                PublicAccessBlockConfiguration={"BlockPublicPolicy": True},
            )
        )


def test_a_malformed_policy_fails_the_resource(aws):
    with pytest.raises(AssertionError, match="invalid Effect"):
        aws.deploy(_resources(_DENY | {"Effect": "Maybe"}))
