"""SSE-KMS on a server that enforces IAM: the key decides, as in AWS."""

from __future__ import annotations

import json
import uuid

import pytest
from botocore.exceptions import ClientError

_ROOT = "arn:aws:iam::000000000000:root"
_CRYPTO = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]


@pytest.fixture
def zone(secured_aws):
    """A key that only one named role may use, and a bucket whose default it is."""

    class Zone:
        kms = secured_aws.client("kms")
        s3 = secured_aws.client("s3")
        bucket = f"zone-{uuid.uuid4().hex[:8]}"

        def __init__(self):
            rights = [
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                {"Effect": "Allow", "Action": _CRYPTO, "Resource": "*"},
            ]
            self.writer = secured_aws.role(*rights)
            self.stranger = secured_aws.role(*rights)
            self.keyless = secured_aws.role(rights[0])
            key = self.kms.create_key(Policy=json.dumps(_key_policy(self.writer, self.keyless)))
            self.key = key["KeyMetadata"]["Arn"]
            self.s3.create_bucket(
                Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
            )
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.key}
            rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
            self.s3.put_bucket_encryption(
                Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
            )

        def as_(self, role):
            return secured_aws.client_as(role, "s3")

    return Zone()


def _key_policy(*roles):
    administer = {
        "Effect": "Allow",
        "Action": ["kms:Describe*", "kms:Put*", "kms:Disable*", "kms:Enable*", "kms:ScheduleKeyDeletion"],
    }
    use = {
        "Effect": "Allow",
        "Action": _CRYPTO,
        "Condition": {"ArnEquals": {"aws:PrincipalArn": list(roles)}},
    }
    everyone = {"Principal": {"AWS": _ROOT}, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [administer | everyone, use | everyone]}


def test_the_named_role_writes_and_reads_by_default_encryption(zone):
    s3 = zone.as_(zone.writer)
    s3.put_object(Bucket=zone.bucket, Key="k", Body=b"1")
    assert s3.get_object(Bucket=zone.bucket, Key="k")["Body"].read() == b"1"


def test_a_role_that_the_key_policy_does_not_name_can_neither_write_nor_read(zone):
    zone.as_(zone.writer).put_object(Bucket=zone.bucket, Key="k", Body=b"1")
    stranger = zone.as_(zone.stranger)
    with pytest.raises(ClientError, match="not authorized to perform: kms:GenerateDataKey"):
        stranger.put_object(Bucket=zone.bucket, Key="other", Body=b"1")
    with pytest.raises(ClientError, match="not authorized to perform: kms:Decrypt"):
        stranger.get_object(Bucket=zone.bucket, Key="k")
    stranger.head_object(Bucket=zone.bucket, Key="k")


def test_a_key_that_is_used_through_one_bucket_opens_that_buckets_objects_only(zone):
    s3 = zone.as_(zone.writer)
    s3.put_object(Bucket=zone.bucket, Key="k", Body=b"1")
    for bucket in ("another-bucket", zone.bucket):
        policy = _key_policy(zone.writer)
        context = {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}"}
        policy["Statement"][1]["Condition"]["StringEquals"] = context
        zone.kms.put_key_policy(KeyId=zone.key, Policy=json.dumps(policy), PolicyName="default")
        if bucket == zone.bucket:
            assert s3.get_object(Bucket=zone.bucket, Key="k")["Body"].read() == b"1"
        else:
            with pytest.raises(ClientError, match="not authorized to perform: kms:Decrypt"):
                s3.get_object(Bucket=zone.bucket, Key="k")


def test_a_role_without_an_identity_policy_for_the_key_cannot_read(zone):
    zone.as_(zone.writer).put_object(Bucket=zone.bucket, Key="k", Body=b"1")
    with pytest.raises(ClientError, match="kms:Decrypt"):
        zone.as_(zone.keyless).get_object(Bucket=zone.bucket, Key="k")


def test_a_refused_write_leaves_no_object(zone):
    with pytest.raises(ClientError, match="AccessDenied"):
        zone.as_(zone.stranger).put_object(Bucket=zone.bucket, Key="k", Body=b"1")
    assert "Contents" not in zone.s3.list_objects_v2(Bucket=zone.bucket)


def test_a_copy_needs_the_key_of_its_source(zone):
    zone.as_(zone.writer).put_object(Bucket=zone.bucket, Key="k", Body=b"1")
    source = {"Bucket": zone.bucket, "Key": "k"}
    with pytest.raises(ClientError, match="kms:Decrypt"):
        zone.as_(zone.stranger).copy_object(
            Bucket=zone.bucket, Key="copy", CopySource=source, ServerSideEncryption="AES256"
        )


def test_a_multipart_upload_needs_the_key(zone):
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        zone.as_(zone.stranger).create_multipart_upload(Bucket=zone.bucket, Key="big")


def test_a_disabled_key_blocks_even_the_root(zone):
    zone.s3.put_object(Bucket=zone.bucket, Key="k", Body=b"1")
    zone.kms.disable_key(KeyId=zone.key)
    with pytest.raises(ClientError, match=r"KMS\.DisabledException"):
        zone.s3.get_object(Bucket=zone.bucket, Key="k")
    with pytest.raises(ClientError, match=r"KMS\.DisabledException"):
        zone.s3.put_object(Bucket=zone.bucket, Key="k", Body=b"1")
    zone.kms.enable_key(KeyId=zone.key)
    assert zone.s3.get_object(Bucket=zone.bucket, Key="k")["Body"].read() == b"1"


def test_a_key_that_waits_for_its_deletion_blocks(zone):
    zone.s3.put_object(Bucket=zone.bucket, Key="k", Body=b"1")
    zone.kms.schedule_key_deletion(KeyId=zone.key, PendingWindowInDays=7)
    with pytest.raises(ClientError, match="pending deletion"):
        zone.s3.get_object(Bucket=zone.bucket, Key="k")


def test_a_bucket_policy_refuses_uploads_under_another_key(zone):
    wrong = {
        "Effect": "Deny",
        "Action": "s3:PutObject",
        "Principal": "*",
        "Resource": f"arn:aws:s3:::{zone.bucket}/*",
        "Condition": {
            "Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"},
            "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": zone.key},
        },
    }
    zone.s3.put_bucket_policy(
        Bucket=zone.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [wrong]})
    )
    other = zone.kms.create_key()["KeyMetadata"]["Arn"]
    s3 = zone.as_(zone.writer)
    s3.put_object(Bucket=zone.bucket, Key="k", Body=b"1")
    s3.put_object(
        Bucket=zone.bucket, Key="k", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=zone.key
    )
    with pytest.raises(ClientError, match="explicit deny"):
        s3.put_object(
            Bucket=zone.bucket, Key="k", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=other
        )


def test_a_bucket_policy_sees_the_tls_version(zone):
    old = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Principal": "*",
        "Resource": [f"arn:aws:s3:::{zone.bucket}", f"arn:aws:s3:::{zone.bucket}/*"],
        "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [old]}
    zone.s3.put_bucket_policy(Bucket=zone.bucket, Policy=json.dumps(policy))
    zone.as_(zone.writer).list_objects_v2(Bucket=zone.bucket)
    old["Condition"]["NumericLessThan"]["s3:TlsVersion"] = "9"
    zone.s3.put_bucket_policy(Bucket=zone.bucket, Policy=json.dumps(policy))
    with pytest.raises(ClientError, match="explicit deny"):
        zone.as_(zone.writer).list_objects_v2(Bucket=zone.bucket)
