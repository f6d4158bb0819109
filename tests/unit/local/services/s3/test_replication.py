"""Replication: copies by the rule's role, under the rule's key and the target's lock."""

from __future__ import annotations

import uuid

import pytest


@pytest.fixture
def buckets(secured_aws):
    """A bucket that replicates into a locked one, by a role with or without the right to."""

    def make(*, allowed):
        name = uuid.uuid4().hex[:8]
        source, target = f"source-{name}", f"target-{name}"
        actions = ["s3:ReplicateObject"] if allowed else ["s3:ListBucket"]
        role = secured_aws.role(
            {"Effect": "Allow", "Action": actions, "Resource": "*"}, service="s3.amazonaws.com"
        )
        kms = secured_aws.client("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        rule = {
            "Id": "all",
            "Status": "Enabled",
            "Priority": 0,
            "Filter": {"Prefix": "logs/"},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            "Destination": {
                "Bucket": {"Fn::GetAtt": ["Target", "Arn"]},
                "EncryptionConfiguration": {"ReplicaKmsKeyID": key},
            },
        }
        lock = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
        secured_aws.deploy(
            {
                "Target": {
                    "Type": "AWS::S3::Bucket",
                    "Properties": {
                        "BucketName": target,
                        "ObjectLockEnabled": True,
                        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": lock},
                    },
                },
                "Source": {
                    "Type": "AWS::S3::Bucket",
                    "Properties": {
                        "BucketName": source,
                        "VersioningConfiguration": {"Status": "Enabled"},
                        "ReplicationConfiguration": {"Role": role, "Rules": [rule]},
                    },
                },
            }
        )
        return secured_aws.client("s3"), source, target, key

    return make


def test_a_copy_is_under_the_rules_key_and_the_targets_lock(buckets):
    s3, source, target, key = buckets(allowed=True)
    s3.put_object(Bucket=source, Key="logs/a", Body=b"1")
    copy = s3.head_object(Bucket=target, Key="logs/a")
    assert (copy["ServerSideEncryption"], copy["SSEKMSKeyId"]) == ("aws:kms", key)
    assert copy["ObjectLockMode"] == "COMPLIANCE"
    assert s3.head_object(Bucket=source, Key="logs/a")["ReplicationStatus"] == "COMPLETED"


def test_what_no_rule_covers_is_not_copied(buckets):
    s3, source, target, _ = buckets(allowed=True)
    s3.put_object(Bucket=source, Key="other/a", Body=b"1")
    assert "Contents" not in s3.list_objects_v2(Bucket=target)


def test_without_the_right_nothing_is_copied_and_the_source_says_so(buckets):
    s3, source, target, _ = buckets(allowed=False)
    s3.put_object(Bucket=source, Key="logs/a", Body=b"1")
    assert s3.head_object(Bucket=source, Key="logs/a")["ReplicationStatus"] == "FAILED"
    assert "Contents" not in s3.list_objects_v2(Bucket=target)


def test_a_rule_is_returned_as_it_was_written(buckets):
    s3, source, _, key = buckets(allowed=True)
    (rule,) = s3.get_bucket_replication(Bucket=source)["ReplicationConfiguration"]["Rules"]
    assert rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"] == key
    assert rule["Filter"] == {"Prefix": "logs/"}
