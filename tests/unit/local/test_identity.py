"""Who acts: callers, roles and transport, as policies see them."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError


def test_a_root_client_is_the_account_root(secured_aws):
    assert secured_aws.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"


def test_an_assumed_role_has_only_the_rights_of_its_policies(secured_aws):
    bucket = "only-list"
    secured_aws.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
    )
    role = secured_aws.role(
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    )
    s3 = secured_aws.client_as(role, "s3")
    s3.list_objects_v2(Bucket=bucket)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"")


def test_plain_http_from_outside_is_insecure_whatever_it_claims(secured_aws):
    bucket = "tls-only"
    s3 = secured_aws.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
    role = secured_aws.role(
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )
    secured_aws.client_as(role, "s3").list_objects_v2(Bucket=bucket)
    plain = secured_aws.client_as(role, "s3", plain=True)
    plain.meta.events.register("before-send.s3", _claim_tls)
    with pytest.raises(ClientError, match="AccessDenied"):
        plain.list_objects_v2(Bucket=bucket)


def _claim_tls(request, **_):
    request.headers["x-forwarded-proto"] = "https"
    request.headers["x-local-internal"] = "0" * 64
