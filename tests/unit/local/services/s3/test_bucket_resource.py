"""Each property of a bucket in a template reaches S3, follows updates, and goes when it is removed."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ClientError

_KEY_POLICY = {
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kms:*",
            "Resource": "*",
            "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        }
    ]
}


def _bucket(**properties):
    return {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}


@pytest.fixture
def deployed(aws):
    """Deploys a bucket and gives its name and an S3 client."""

    def deploy(stack=None, **properties):
        stack = aws.deploy(_bucket(**properties), stack=stack)
        return stack, aws.resource(stack, "Bucket"), aws.client("s3")

    return deploy


def test_default_encryption_names_key_and_bucket_key(aws, deployed):
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": default}
    stack, bucket, s3 = deployed(BucketEncryption={"ServerSideEncryptionConfiguration": [rule]})
    found = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert found == {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}

    put = s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == (
        "aws:kms",
        key,
        True,
    )
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"], head["BucketKeyEnabled"]) == (
        "aws:kms",
        key,
        True,
    )

    deployed(stack, Tags=[{"Key": "a", "Value": "b"}])
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ServerSideEncryption"] == "AES256"


def test_a_write_with_kms_and_no_key_takes_the_key_of_aws(aws, deployed):
    _, bucket, s3 = deployed()
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"1", ServerSideEncryption="aws:kms")
    assert put["SSEKMSKeyId"].endswith("alias/aws/s3")


def test_lifecycle_keeps_every_field(deployed):
    rules = [
        {
            "Id": "raw",
            "Status": "Enabled",
            "Prefix": "flights/",
            "TagFilters": [{"Key": "kind", "Value": "raw"}],
            "ObjectSizeGreaterThan": "1024",
            "Transitions": [
                {"StorageClass": "GLACIER_IR", "TransitionInDays": 90},
                {"StorageClass": "GLACIER", "TransitionInDays": 365},
            ],
            "ExpirationInDays": 2555,
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3},
            "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER_IR", "TransitionInDays": 7}],
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {"Id": "markers", "Status": "Disabled", "ExpiredObjectDeleteMarker": True},
    ]
    stack, bucket, s3 = deployed(LifecycleConfiguration={"Rules": rules})
    raw, markers = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert raw["Filter"]["And"]["Prefix"] == "flights/"
    assert raw["Filter"]["And"]["Tags"] == [{"Key": "kind", "Value": "raw"}]
    assert raw["Filter"]["And"]["ObjectSizeGreaterThan"] == 1024
    assert raw["Transitions"] == [
        {"Days": 90, "StorageClass": "GLACIER_IR"},
        {"Days": 365, "StorageClass": "GLACIER"},
    ]
    assert raw["Expiration"] == {"Days": 2555}
    assert raw["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3}
    assert raw["NoncurrentVersionTransitions"] == [{"NoncurrentDays": 7, "StorageClass": "GLACIER_IR"}]
    assert raw["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert (markers["Status"], markers["Expiration"]) == ("Disabled", {"ExpiredObjectDeleteMarker": True})

    deployed(stack, Tags=[{"Key": "a", "Value": "b"}])
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_object_lock_alone_implies_versioning(deployed):
    _, bucket, s3 = deployed(ObjectLockEnabled=True)
    found = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert found == {"ObjectLockEnabled": "Enabled"}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_default_retention_locks_what_is_put(deployed):
    retention = {"Mode": "GOVERNANCE", "Days": 1}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    _, bucket, s3 = deployed(ObjectLockEnabled=True, ObjectLockConfiguration=configuration)
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="k", VersionId=version)


def test_object_lock_cannot_be_disabled(aws, deployed):
    stack, _, _ = deployed(ObjectLockEnabled=True)
    with pytest.raises(AssertionError, match="UPDATE_ROLLBACK_COMPLETE"):
        deployed(stack, VersioningConfiguration={"Status": "Enabled"})
    assert any("cannot be disabled" in reason for reason in aws.reasons(stack))


def test_removed_versioning_becomes_suspended(deployed):
    stack, bucket, s3 = deployed(VersioningConfiguration={"Status": "Enabled"})
    deployed(stack, Tags=[{"Key": "a", "Value": "b"}])
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"


def test_ownership_public_access_and_tags_are_set(deployed):
    blocked = dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    _, bucket, s3 = deployed(
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        PublicAccessBlockConfiguration=blocked,
        Tags=[{"Key": "zone", "Value": "raw & <more>"}],
    )
    ownership = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert ownership == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == blocked
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "zone", "Value": "raw & <more>"}]


def test_events_go_to_eventbridge(aws, deployed):
    _, bucket, s3 = deployed(
        NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    )
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_a_bucket_with_objects_is_not_deleted(aws, deployed):
    stack, bucket, s3 = deployed()
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    with pytest.raises(AssertionError, match="still holds objects"):
        aws.delete(stack)
    s3.delete_object(Bucket=bucket, Key="k")
    aws.delete(stack)
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=bucket)


def test_a_refusal_of_s3_fails_the_resource_and_leaves_no_bucket(aws):
    name = f"left-over-{uuid.uuid4().hex[:8]}"
    rule = {"Status": "Enabled", "ExpirationInDays": 0}
    with pytest.raises(AssertionError, match="must be a positive integer"):
        aws.deploy(_bucket(BucketName=name, LifecycleConfiguration={"Rules": [rule]}))
    with pytest.raises(ClientError, match="404"):
        aws.client("s3").head_bucket(Bucket=name)


def test_access_logging_names_target_prefix_and_key_format(aws, deployed):
    _, target, s3 = deployed()
    key_format = {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}
    logging = {"DestinationBucketName": target, "LogFilePrefix": "raw/", "TargetObjectKeyFormat": key_format}
    stack, bucket, _ = deployed(LoggingConfiguration=logging)
    found = s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
    assert (found["TargetBucket"], found["TargetPrefix"]) == (target, "raw/")
    assert found["TargetObjectKeyFormat"] == key_format
    deployed(stack, Tags=[{"Key": "a", "Value": "b"}])
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
