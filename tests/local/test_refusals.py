"""What storage refuses, to anyone: wrong keys, plain HTTP, deletion of what is locked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.local


def test_an_upload_under_another_key_is_denied(platform):
    other = platform.client("kms").create_key(Description="another domain's key")["KeyMetadata"]["Arn"]
    s3 = platform.client("s3", platform.as_role("landing"))

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(
            Bucket=platform.names.bucket("raw"),
            Key="flights/wrong-key",
            Body=b"x",
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=other,
        )


def test_an_upload_without_kms_is_denied(platform):
    s3 = platform.client("s3", platform.as_role("landing"))

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(
            Bucket=platform.names.bucket("raw"),
            Key="flights/aes256",
            Body=b"x",
            ServerSideEncryption="AES256",
        )


def test_plain_http_is_denied(platform):
    s3 = platform.client("s3", platform.as_role("landing"), plain=True)

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=platform.names.bucket("raw"), Key="flights/plain", Body=b"x")


def test_a_locked_version_cannot_be_deleted(platform):
    key = platform.deliver("flights", "2013-03-01", b"locked")
    bucket = platform.names.bucket("raw")
    version = platform.client("s3").list_object_versions(Bucket=bucket, Prefix=key)["Versions"][0][
        "VersionId"
    ]

    with pytest.raises(ClientError, match=r"AccessDenied|object lock"):
        platform.client("s3").delete_object(Bucket=bucket, Key=key, VersionId=version)
    assert (
        platform.client("s3").get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read()
        == b"locked"
    )


def test_no_role_of_the_platform_deletes_or_shortens_what_is_locked(platform):
    key = platform.deliver("flights", "2013-03-03", b"locked for all")
    bucket, s3 = platform.names.bucket("raw"), platform.client("s3")
    version = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"][0]["VersionId"]
    place = {"Bucket": bucket, "Key": key, "VersionId": version}
    until = s3.get_object_retention(**place)["Retention"]
    shorter = {"Mode": until["Mode"], "RetainUntilDate": datetime.now(UTC) + timedelta(minutes=5)}
    roles = {
        role["RoleName"]: role["Arn"]
        for page in platform.client("iam").get_paginator("list_roles").paginate()
        for role in page["Roles"]
        if role["RoleName"].startswith(platform.names.platform_prefix)
    }
    tried = set()

    for name, arn in roles.items():
        try:
            client = platform.client("s3", platform.session(arn))
        except ClientError:  # a service's: nobody takes it, and the IAM matrix says what it may do
            continue
        tried.add(name)
        for refused in (
            lambda client=client: client.delete_object(**place),
            lambda client=client: client.delete_object(**place, BypassGovernanceRetention=True),
            lambda client=client: client.put_object_retention(**place, Retention=shorter),
            lambda client=client: client.put_object_retention(
                **place, Retention=shorter, BypassGovernanceRetention=True
            ),
        ):
            with pytest.raises(ClientError, match=r"AccessDenied|object lock"):
                refused()
    duties = ("analyst", "engineer", "steward", "landing")
    assert {
        platform.of(domain).names.role(duty) for domain in ("aviation", "retail") for duty in duties
    } <= tried
    assert s3.get_object_retention(**place)["Retention"] == until


def test_a_role_without_the_key_cannot_read_raw(platform):
    key = platform.deliver("flights", "2013-03-02", b"secret")

    with pytest.raises(ClientError, match="AccessDenied"):
        platform.client("s3", platform.as_role("analyst")).get_object(
            Bucket=platform.names.bucket("raw"), Key=key
        )
